/** Daemons and containers in the process of the test, on a real etcd, under a prefix of their own. */
import {randomUUID} from 'node:crypto';
import {afterAll, beforeAll} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import type {AdminAnswer} from '../../src/admin/index.ts';
import {parseConfig} from '../../src/config/index.ts';
import {joinApp} from '../../src/container/index.ts';
import type {Container, JoinOptions, Shard, ShardHooks} from '../../src/container/index.ts';
import {Keys} from '../../src/etcd/keys.ts';
import type {Logger} from '../../src/runtime/logger.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {serve} from '../../src/server/index.ts';
import type {Daemon, ServeDependencies} from '../../src/server/index.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import type {Store} from '../../src/store/port.ts';
import {startEtcd} from './etcd-process.ts';
import {freePorts} from './free-ports.ts';
import type {EtcdProcess} from './etcd-process.ts';
import {containerRights, daemonLogin, loginLines} from './least-rights.ts';
import type {RoleLogin} from './least-rights.ts';
import {OwnershipLog} from './ownership-log.ts';
import {LONG_MS, patiently, until} from './until.ts';

export {LONG_MS};
/** The shortest T there is, so that outages and evictions take seconds. */
export const TTL_MS = 3_000;
/** For containers that are not to lose their right to act, however rarely a busy machine lets them beat. */
export const STEADY_TTL_MS = 10 * TTL_MS;
const SERVICE = 'sm.test';

export interface ClusterOptions {
  readonly etcd: EtcdProcess;
  /** Default 1. */
  readonly daemons?: number;
  readonly logger?: Logger;
  /** Of the planning threads of its daemons. */
  readonly planners?: Pick<ServeDependencies, 'plansBesideFrom' | 'beginThread'>;
}

export interface TestDaemon {
  readonly daemon: Daemon;
  readonly admin: AdminClient;
  /** Ends it without a word to the store, as a crash would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export type PartialHooks = Partial<ShardHooks>;

type Rights = Awaited<ReturnType<typeof containerRights>>;

/** Ids s0, s1, ... */
export function shardIds(count: number, prefix = 's'): string[] {
  return Array.from({length: count}, (_, index) => `${prefix}${index}`);
}

export class Cluster {
  readonly prefix = `/t-${randomUUID().slice(0, 8)}`;
  readonly keys = new Keys(this.prefix, SERVICE);
  readonly log = new OwnershipLog();
  readonly store: Store;
  readonly etcd: EtcdProcess;
  daemons: TestDaemon[] = [];
  private readonly logger: Logger;
  private readonly planners: ClusterOptions['planners'];
  private readonly rights = new Map<string, Promise<Rights>>();
  private daemonLogin: RoleLogin | undefined;
  private readonly containers = new Set<Container>();
  private readonly ended = new Set<string>();

  private constructor(options: ClusterOptions) {
    this.etcd = options.etcd;
    this.logger = options.logger ?? silentLogger;
    this.planners = options.planners;
    this.store = openEtcdStore({endpoints: options.etcd.endpoints});
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options);
    cluster.daemonLogin = await daemonLogin(options.etcd, cluster.prefix, SERVICE);
    for (let count = options.daemons ?? 1; count > 0; count -= 1) await cluster.addDaemon();
    return cluster;
  }

  /** Client of the first daemon that lives. */
  get admin(): AdminClient {
    const [first] = this.daemons;
    if (first === undefined) throw new Error('no daemon lives');
    return first.admin;
  }

  /** The text of a configuration file for a daemon of this cluster. */
  configText(port: number): string {
    const endpoints = this.etcd.endpoints.map((endpoint) => JSON.stringify(endpoint)).join(', ');
    return [
      `service: ${SERVICE}`,
      `port: ${port}`,
      `endpoints: [${endpoints}]`,
      `etcdPrefix: ${this.prefix}`,
      `heartbeat: {ttlMs: ${TTL_MS}}`,
      'compaction: off',
      ...loginLines(this.daemonLogin),
      '',
    ].join('\n');
  }

  async addDaemon(): Promise<TestDaemon> {
    const [port = 0] = await freePorts(1);
    const config = parseConfig(this.configText(port), 'test.yml');
    const daemon = await serve(config, {
      ...{logger: this.logger, version: 'test', longestTtlMs: TTL_MS},
      ...this.planners,
    });
    const admin = new AdminClient({server: `http://${daemon.address}`});
    const forget = (): void => {
      this.daemons = this.daemons.filter((other) => other !== made);
      admin.close();
    };
    const made: TestDaemon = {
      daemon,
      admin,
      kill: async () => {
        forget();
        await daemon.abandon();
      },
      stop: async () => {
        forget();
        await daemon.shutdown();
      },
    };
    this.daemons.push(made);
    await daemon.ready;
    return made;
  }

  /** The daemon that governs the app by its status; waits until one does. */
  async governorOf(app: string): Promise<TestDaemon> {
    return until(
      async () => {
        const {app: view} = await this.admin.call('getApp', {service: app});
        return this.daemons.find(({daemon}) => daemon.address === view.governor);
      },
      LONG_MS,
      `a living daemon governs ${app}`,
    );
  }

  /** The daemon that leads; waits until one does. */
  async leader(): Promise<TestDaemon> {
    return until(
      async () => {
        const {leader} = await this.admin.call('status', {});
        return this.daemons.find(({daemon}) => daemon.address === leader?.container);
      },
      LONG_MS,
      'a living daemon leads',
    );
  }

  async createApp(
    app: string,
    limits: {maxShardCount?: number; maxRecoveryTime?: number; maxMoving?: number} = {},
  ): Promise<void> {
    await patiently(() =>
      this.admin.call('addSpec', {service: app, maxRecoveryTime: 0, ...limits}),
    );
  }

  async addShards(app: string, ids: readonly string[]): Promise<void> {
    const shards = ids.map((shardId) => ({shardId, task: `task of ${shardId}`}));
    const answer = await patiently(() => this.admin.call('addShards', {service: app, shards}));
    if (answer.failed > 0) throw new Error(`shards were not added: ${JSON.stringify(answer)}`);
  }

  /** How a container of the app joins, in this process or another: under SM_TEST_RIGHTS=least as its role, and as nobody else. */
  async joinOptions(
    app: string,
    id: string,
    options: Partial<JoinOptions> = {},
  ): Promise<JoinOptions> {
    return {
      ...{app, id, endpoints: this.etcd.endpoints, etcdPrefix: this.prefix, ttlMs: TTL_MS},
      ...options,
      ...(await this.rightsOf(app)),
    };
  }

  /** Joins a container whose hooks are written down; resolves when it is ready. */
  async join(
    app: string,
    id: string,
    hooks: PartialHooks = {},
    options: Partial<JoinOptions> = {},
  ): Promise<Container> {
    const container = await this.joinOnly(app, id, hooks, options);
    await container.ready;
    return container;
  }

  /** The same without waiting until it is ready. */
  async joinOnly(
    app: string,
    id: string,
    hooks: PartialHooks = {},
    options: Partial<JoinOptions> = {},
  ): Promise<Container> {
    // A hook can only run after the session has begun, which is after joinApp has made the container.
    const joined: Container[] = [];
    // Without a logger it writes warnings into the output of the tests.
    const logged = {logger: silentLogger, ...(await this.joinOptions(app, id, options))};
    const container = await joinApp(logged, {
      add: async (shard: Shard) => {
        this.log.handed(id, joined[0]?.incarnation ?? id, shard);
        await hooks.add?.(shard);
        this.log.note('added', id, shard);
      },
      drop: async (shard, reason) => {
        this.log.note('drop', id, shard, reason);
        await hooks.drop?.(shard, reason);
        this.log.note('dropped', id, shard);
      },
    });
    joined.push(container);
    this.containers.add(container);
    const noteEnd = (): void => void this.ended.add(id);
    void container.ended.then(noteEnd, noteEnd);
    return container;
  }

  private rightsOf(app: string): Promise<Rights> {
    const rights = this.rights.get(app) ?? containerRights(this.etcd, this.prefix, SERVICE, app);
    this.rights.set(app, rights);
    return rights;
  }

  /** Waits until every shard is ready and nothing more will move. */
  async settled(app: string, timeoutMs = LONG_MS): Promise<void> {
    for (const goal of ['ready', 'balanced'] as const) {
      let last: AdminAnswer<'waitCheck'> | undefined;
      await until(
        async () => {
          const query = {service: app, kind: 'app', for: goal, timeoutMs: 2_000} as const;
          last = await this.admin.call('waitCheck', query).catch(() => undefined);
          return last?.met === true;
        },
        timeoutMs,
        () => `${app} is ${goal}: ${JSON.stringify(last)}`,
      );
    }
  }

  /** Whether a container of this id has ended, whatever for. */
  hasEnded(id: string): boolean {
    return this.ended.has(id);
  }

  /** Every shard's view by its id. */
  async shards(app: string): Promise<Map<string, ShardRow>> {
    const {shards} = await patiently(() => this.admin.call('getShards', {service: app}));
    return new Map(shards.map((shard) => [shard.id, shard]));
  }

  /** Container by shard. */
  async placement(app: string): Promise<Map<string, string>> {
    return new Map([...(await this.shards(app))].map(([id, {container}]) => [id, container]));
  }

  /** Keys that name the app. */
  async keysOf(app: string): Promise<string[]> {
    const {entries} = await this.store.list([`${this.prefix}/`]);
    return entries.map(({key}) => key).filter((key) => key.split('/').includes(app));
  }

  /** Ends all; throws when a shard had two owners at once or a token went back. */
  async stop(): Promise<void> {
    const {violations} = this.log;
    await Promise.all([...this.containers].map((container) => container.abandon()));
    await Promise.all(this.daemons.map(({kill}) => kill()));
    this.log.close();
    await this.store.close();
    if (violations.length > 0) throw new Error(`ownership: ${violations.slice(0, 5).join('; ')}`);
  }
}

export type ShardRow = AdminAnswer<'getShards'>['shards'][number];

/** Starts daemons on the etcd under a fresh prefix; stop it after the test. */
export function startCluster(options: ClusterOptions): Promise<Cluster> {
  return Cluster.start(options);
}

/** For tests that run side by side: a cluster of their own each. */
export async function withCluster(
  options: ClusterOptions,
  work: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  const cluster = await Cluster.start(options);
  await work(cluster).catch(async (error: unknown) => {
    await cluster.stop().catch(() => undefined);
    throw error;
  });
  await cluster.stop();
}

/** For the tests of one file: an etcd and a cluster on it, from before the first test until after the last. */
export function clusterOfFile(): () => Cluster {
  let etcd: EtcdProcess | undefined;
  let cluster: Cluster | undefined;
  beforeAll(async () => {
    etcd = await startEtcd();
    cluster = await startCluster({etcd});
  });
  afterAll(async () => {
    await cluster?.stop();
    await etcd?.stop();
  });
  return () => {
    if (cluster === undefined) throw new Error('the cluster has not been started');
    return cluster;
  };
}
