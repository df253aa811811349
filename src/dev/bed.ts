/**
 * What `sm dev` runs: a store in memory and a daemon in this process, containers as child processes, one app. Nothing of it
 * touches the disk, and nothing outlives this process.
 */
import {once} from 'node:events';
import {AdminClient} from '../admin/admin-client.ts';
import {numbered} from '../cli/shard-batches.ts';
import type {ServerConfig} from '../config/index.ts';
import {startEmbeddedStore} from '../embedded/index.ts';
import type {EmbeddedStore} from '../embedded/index.ts';
import {ETCD_PREFIX_DEFAULT} from '../model/etcd-prefix.ts';
import {SmError} from '../model/errors.ts';
import type {Logger} from '../runtime/logger.ts';
import {serve} from '../server/index.ts';
import type {Daemon} from '../server/index.ts';
import {createApp} from './demo-app.ts';
import type {Emit} from './events.ts';
import {Fleet} from './fleet.ts';
import {MoveReporter} from './move-reporter.ts';
import {openAtPort} from './ports.ts';
import type {WantedPort} from './ports.ts';
import {DEMO_TTL_MS} from './limits.ts';

const DEMO_APP = 'demo';
const SERVICE = 'sm.dev';

export interface DevOptions {
  readonly containers: number;
  readonly shards: number;
  /** Of the admin API. */
  readonly port: WantedPort;
  readonly storePort: WantedPort;
  readonly version: string;
  readonly logger: Logger;
  readonly emit: Emit;
  /** Ends the start, too, when it resolves. Default: never. */
  readonly end?: Promise<void>;
  /** Program of the containers; tests give one that breaks the rules. */
  readonly program?: string;
}

export class DevBed {
  readonly fleet: Fleet;
  readonly app = DEMO_APP;
  readonly ttlMs = DEMO_TTL_MS;
  private readonly options: DevOptions;
  private store: EmbeddedStore | undefined;
  private daemon: Daemon | undefined;
  private client: AdminClient | undefined;
  private moves: MoveReporter | undefined;
  private stopping: Promise<void> | undefined;
  private readonly given = new AbortController();

  private constructor(options: DevOptions) {
    this.options = options;
    const {shards, emit, program} = options;
    this.fleet = new Fleet({shards, emit, program});
  }

  /** Resolves when containers and shards are on their way to each other; `placed` is called when they have met. @throws SmError PORT_TAKEN; TIMEOUT when a signal ends it before. */
  static async start(options: DevOptions): Promise<DevBed> {
    const bed = new DevBed(options);
    void options.end?.then(() => bed.given.abort());
    try {
      await bed.open();
      return bed;
    } catch (error) {
      await bed.stop();
      throw bed.given.signal.aborted ? endedBeforeUp() : error;
    }
  }

  get admin(): AdminClient {
    if (this.client === undefined) throw new Error('sm dev has not been opened');
    return this.client;
  }

  /** Ends all of it; nothing is kept. */
  stop(): Promise<void> {
    this.stopping ??= this.stopOnce();
    return this.stopping;
  }

  private async stopOnce(): Promise<void> {
    await this.moves?.stop();
    await this.fleet.stop();
    await this.daemon?.abandon();
    await this.store?.close();
  }

  /** Step by step: what has been opened is known to `stop` before the next begins, and no step begins once the start is given up. */
  private async open(): Promise<void> {
    const {containers, emit, shards} = this.options;
    const {signal} = this.given;
    // Their programs load while the daemon starts.
    for (let number = 1; number <= containers; number += 1) this.fleet.prepare(`demo-${number}`);
    const taken: number[] = [];
    const store = (this.store = await this.openStore(taken));
    signal.throwIfAborted();
    const daemon = (this.daemon = await this.openDaemon(store.endpoint, taken));
    signal.throwIfAborted();
    const admin = (this.client = new AdminClient({server: `http://${daemon.address}`}));
    emit({event: 'listening', server: admin.server, store: store.endpoint, taken});
    await createApp(admin, {app: DEMO_APP, shards: numbered('s', shards)}, signal);
    signal.throwIfAborted();
    const endpoints = [store.endpoint];
    this.fleet.joinAll({
      app: DEMO_APP,
      endpoints,
      etcdPrefix: ETCD_PREFIX_DEFAULT,
      ttlMs: DEMO_TTL_MS,
    });
    this.moves = new MoveReporter(admin, DEMO_APP, emit);
    await Promise.race([daemon.ready, once(signal, 'abort')]);
    signal.throwIfAborted();
  }

  private async openStore(taken: number[]): Promise<EmbeddedStore> {
    const {logger, storePort} = this.options;
    const open = (port: number): Promise<EmbeddedStore> => startEmbeddedStore({port, logger});
    return note(await openAtPort(storePort, open), taken);
  }

  private async openDaemon(endpoint: string, taken: number[]): Promise<Daemon> {
    const {port, logger, version} = this.options;
    const open = (number: number): Promise<Daemon> =>
      serve(configOf(number, endpoint), {logger, version, signal: this.given.signal});
    return note(await openAtPort(port, open), taken);
  }
}

function note<T>({opened, taken}: {opened: T; taken?: number}, all: number[]): T {
  if (taken !== undefined) all.push(taken);
  return opened;
}

/** Nothing was shown, so nothing can be said of two owners. */
export function endedBeforeUp(): SmError {
  return new SmError('TIMEOUT', 'sm dev was ended, by --timeout or a signal, before it was up', {
    hint: 'run it again, with a longer --timeout',
    retryable: true,
  });
}

function configOf(port: number, endpoint: string): ServerConfig {
  return {
    service: SERVICE,
    port,
    endpoints: [endpoint],
    etcdPrefix: ETCD_PREFIX_DEFAULT,
    host: '127.0.0.1',
    advertise: `127.0.0.1:${port}`,
    etcd: {},
    auth: 'none',
    filePermissions: 'strict',
    log: {level: 'error', format: 'text'},
    heartbeat: {ttlMs: DEMO_TTL_MS},
    shutdownTimeoutMs: 0,
    compaction: 'auto',
  };
}
