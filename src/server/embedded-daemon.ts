/** A daemon with its store inside: the store is there before the daemon and goes after it. */
import type {ServerConfig} from '../config/index.ts';
import {startEmbeddedStore} from '../embedded/index.ts';
import type {EmbeddedStore, EmbeddedStoreOptions} from '../embedded/index.ts';
import {SmError} from '../model/errors.ts';
import type {ClusterQuota} from '../model/quota.ts';
import {Credentials} from './credentials.ts';
import {RunningDaemon} from './daemon.ts';
import type {Daemon} from './daemon.ts';
import {DaemonMetrics} from './metrics/daemon-metrics.ts';
import type {DaemonOptions} from './daemon-options.ts';

/** Addresses that mean all of a machine's: nobody can call them. */
const WILDCARD = /^(0\.0\.0\.0|\[::\]):(\d+)$/;

/**
 * @throws SmError INVALID_CONFIG (data directory that cannot be written or is of a newer version), CONFLICT (in use),
 * STORE_CORRUPT, PORT_TAKEN (of the store or of the daemon).
 */
export async function startWithStore(options: DaemonOptions): Promise<Daemon> {
  const {config, logger} = options;
  const metrics = options.metrics ?? new DaemonMetrics();
  const store = await openStore(config, logger, metrics);
  metrics.watchStore(() => store.figures());
  const endpoint = store.endpoint.replace(WILDCARD, (_all, host: string, port: string) =>
    host === '0.0.0.0' ? `127.0.0.1:${port}` : `[::1]:${port}`,
  );
  try {
    const daemon = await RunningDaemon.start({
      ...options,
      metrics,
      config: {...config, endpoints: [endpoint]},
      readyFields: {store: store.endpoint, dataDir: config.embedded?.dataDir},
    });
    return new DaemonWithStore(daemon, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

class DaemonWithStore implements Daemon {
  readonly address: string;
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  private readonly daemon: Daemon;
  private readonly store: EmbeddedStore;

  constructor(daemon: Daemon, store: EmbeddedStore) {
    this.daemon = daemon;
    this.store = store;
    this.address = daemon.address;
    this.ready = daemon.ready;
    const lost = store.lost.then(async (error) => {
      await daemon.abandon();
      throw error;
    });
    this.ended = Promise.race([daemon.ended, lost]).finally(() => store.close());
    this.ended.catch(() => undefined);
    lost.catch(() => undefined);
  }

  async shutdown(): Promise<void> {
    await this.daemon.shutdown();
    await this.store.close();
  }

  reloadCredentials(): void {
    this.daemon.reloadCredentials();
  }

  setQuota(quota: ClusterQuota): void {
    this.daemon.setQuota(quota);
  }

  changedForEtcd(): string[] {
    return this.daemon.changedForEtcd();
  }

  async abandon(): Promise<void> {
    await this.daemon.abandon();
    await this.store.close();
  }
}

async function openStore(
  config: ServerConfig,
  logger: DaemonOptions['logger'],
  metrics: DaemonMetrics,
): Promise<EmbeddedStore> {
  try {
    const onSync = metrics.storeSyncs();
    return await startEmbeddedStore({...storeOptions(config), logger, onSync});
  } catch (error) {
    if (!(error instanceof SmError) || error.code !== 'PORT_TAKEN') throw error;
    throw new SmError('PORT_TAKEN', error.message, {
      hint: 'an etcd may run there: stop it, name it as endpoints instead of --embedded, or set embedded.port',
      cause: error.cause,
    });
  }
}

function storeOptions(config: ServerConfig): EmbeddedStoreOptions {
  const {embedded} = config;
  if (embedded === undefined) throw new Error('the configuration has no embedded store');
  const {username, password} = new Credentials(config).forEtcd();
  return {
    ...embedded,
    ...(username === undefined || password === undefined ? {} : {user: {name: username, password}}),
  };
}
