/** A daemon with its store inside: the store is there before the daemon and goes after it. */
import type {SmError} from '../model/errors.ts';
import {RunningDaemon} from './daemon.ts';
import type {Daemon} from './daemon.ts';
import {DaemonMetrics} from './metrics/daemon-metrics.ts';
import type {DaemonOptions} from './daemon-options.ts';
import {openOwnStore} from './own-store.ts';
import type {OwnStore} from './own-store.ts';

/** Addresses that mean all of a machine's: nobody can call them. */
const WILDCARD = /^(0\.0\.0\.0|\[::\]):(\d+)$/;

/**
 * @throws SmError INVALID_CONFIG (data directory that cannot be written or is of a newer version), CONFLICT (in use),
 * STORE_CORRUPT, PORT_TAKEN (of the store or of the daemon).
 */
export async function startWithStore(options: DaemonOptions): Promise<Daemon> {
  const {config, logger} = options;
  const metrics = options.metrics ?? new DaemonMetrics();
  const own = await openOwnStore(config, logger, metrics.storeSyncs());
  const {store, login} = own;
  metrics.watchStore(() => store.figures());
  const endpoint = store.endpoint.replace(WILDCARD, (_all, host: string, port: string) =>
    host === '0.0.0.0' ? `127.0.0.1:${port}` : `[::1]:${port}`,
  );
  try {
    const daemon = await RunningDaemon.start({
      ...options,
      metrics,
      storeQuotaBytes: store.figures().quotaBytes,
      config: {...config, endpoints: [endpoint], etcd: {...config.etcd, ...login}},
      readyFields: {store: store.endpoint, dataDir: config.embedded?.dataDir},
    });
    return withStore(daemon, own);
  } catch (error) {
    await own.close();
    throw error;
  }
}

/** When the daemon has ended, and its store is closed. */
async function withStoreClosed(ended: Promise<void>, store: OwnStore): Promise<void> {
  try {
    await ended;
  } finally {
    await store.close();
  }
}

function withStore(daemon: Daemon, own: OwnStore): Daemon {
  const ended = withStoreClosed(endedWith(daemon, own.store.lost), own);
  ended.catch(() => undefined);
  const {address, ready} = daemon;
  return {
    ...{address, ready, ended},
    shutdown: () => withStoreClosed(daemon.shutdown(), own),
    reloadCredentials: () => daemon.reloadCredentials(),
    setQuota: (quota) => daemon.setQuota(quota),
    renewEtcd: () => daemon.renewEtcd(),
    abandon: () => withStoreClosed(daemon.abandon(), own),
  };
}

/** When the daemon has ended. @throws what `lost` says, once the daemon has let go of all it has. */
export async function endedWith(
  daemon: Pick<Daemon, 'ended' | 'abandon'>,
  lost: Promise<SmError>,
): Promise<void> {
  const error = await Promise.race([daemon.ended.then(() => undefined), lost]);
  if (error === undefined) return;
  // It ends by that, too, with a reason that says nothing.
  await daemon.abandon();
  throw error;
}
