/** Where one daemon process runs: on a data directory of its own or on an etcd, with containers in the process of the test. */
import {silentLogger} from '../../src/runtime/logger.ts';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {AdminClient} from '../../src/admin/index.ts';
import {joinApp} from '../../src/container/index.ts';
import type {Container, JoinOptions} from '../../src/container/index.ts';
import {DaemonProcess} from './daemon-process.ts';
import type {EtcdProcess} from './etcd-process.ts';
import {freePorts} from './free-ports.ts';
import {containerRights, daemonLogin, loginLines} from './least-rights.ts';
import type {RoleLogin} from './least-rights.ts';
import type {OwnershipLog} from './ownership-log.ts';
import {LONG_MS, patiently, until} from './until.ts';

const DAEMON_TTL_MS = 3_000;
const SERVICE = 'sm.test';

/** An etcd, where daemon and containers have the rights of their roles when there are users; or a data directory of the daemon. */
export type SiteStore = {readonly etcd: EtcdProcess} | {readonly dataDir: string};

export class Site {
  readonly prefix: string;
  readonly endpoint: string;
  readonly store: SiteStore;
  readonly admin: AdminClient;
  daemon: DaemonProcess | undefined;
  private readonly port: number;
  private readonly login: RoleLogin | undefined;

  private constructor(
    store: SiteStore,
    prefix: string,
    [port = 0, storePort = 0]: readonly number[],
    login: RoleLogin | undefined,
  ) {
    this.store = store;
    this.prefix = prefix;
    this.port = port;
    this.login = login;
    this.endpoint = 'etcd' in store ? store.etcd.endpoint : `127.0.0.1:${storePort}`;
    this.admin = new AdminClient({server: `http://127.0.0.1:${port}`});
  }

  static async of(store: SiteStore, prefix = '/sm'): Promise<Site> {
    const login = 'etcd' in store ? await daemonLogin(store.etcd, prefix, SERVICE) : undefined;
    return new Site(store, prefix, await freePorts(2), login);
  }

  get configText(): string {
    const where =
      'etcd' in this.store
        ? `endpoints: ["${this.endpoint}"]`
        : `embedded: {port: ${new URL(`http://${this.endpoint}`).port}}`;
    return [
      `service: ${SERVICE}`,
      `port: ${this.port}`,
      where,
      `etcdPrefix: ${this.prefix}`,
      `heartbeat: {ttlMs: ${DAEMON_TTL_MS}}`,
      ...loginLines(this.login),
      '',
    ].join('\n');
  }

  /** Starts the daemon and returns; it may be unable to go on. */
  launch(descriptors?: number): DaemonProcess {
    const args = 'etcd' in this.store ? [] : ['--embedded', '--data-dir', this.store.dataDir];
    const config = this.configText;
    this.daemon = new DaemonProcess(
      descriptors === undefined ? config : {config, descriptors},
      ...args,
    );
    return this.daemon;
  }

  /** Starts the daemon and waits until it is ready. */
  async start(descriptors?: number): Promise<DaemonProcess> {
    const daemon = this.launch(descriptors);
    const ready = async (): Promise<boolean> =>
      fetch(`${this.admin.server}/readyz`).then(
        ({status}) => status === 200 && daemon.lines.some(({msg}) => msg === 'ready'),
        () => false,
      );
    await until(ready, LONG_MS, () => `the daemon is ready: ${daemon.output}`);
    return daemon;
  }

  /** Ends the daemon; its exit code, null when the signal killed it. */
  async end(name: NodeJS.Signals): Promise<number | null> {
    return (await this.daemon?.end(name)) ?? null;
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    this.admin.close();
  }

  /** An app with shards; they have nobody yet. */
  async createApp(app: string, shards: readonly string[]): Promise<void> {
    await patiently(() => this.admin.call('addSpec', {service: app, maxRecoveryTime: 0}));
    await this.addShards(app, shards);
  }

  async addShards(app: string, shards: readonly string[]): Promise<void> {
    const rows = shards.map((shardId) => ({shardId, task: `task of ${shardId}`}));
    await patiently(() => this.admin.call('addShards', {service: app, shards: rows}));
  }

  /** Resolves when the container is ready. */
  async join(app: string, id: string, log: OwnershipLog, ttlMs: number): Promise<Container> {
    const options = {
      app,
      id,
      ttlMs,
      endpoints: [this.endpoint],
      etcdPrefix: this.prefix,
      logger: silentLogger,
      ...(await this.rightsOf(app)),
    };
    const joined: Container[] = [];
    const container = await joinApp(options, {
      add: (shard) => log.handed(id, joined[0]?.incarnation ?? id, shard),
      drop: (shard, reason) => log.note('drop', id, shard, reason),
    });
    joined.push(container);
    await container.ready;
    return container;
  }

  private async rightsOf(app: string): Promise<Pick<JoinOptions, 'service' | 'etcd'>> {
    if (!('etcd' in this.store)) return {};
    return containerRights(this.store.etcd, this.prefix, SERVICE, app);
  }

  /** Waits until all shards are ready; token by shard. */
  async settled(app: string, container: string): Promise<Map<string, string>> {
    let last = '';
    return until(
      async () => {
        const answer = await this.admin
          .call('getShards', {service: app})
          .catch((error: unknown) => String(error));
        last = JSON.stringify(answer);
        if (typeof answer === 'string') return undefined;
        const {shards} = answer;
        const all = shards.every((one) => one.state === 'ready' && one.container === container);
        return all ? new Map(shards.map(({id, token}) => [id, token])) : undefined;
      },
      LONG_MS,
      () => `${container} has all shards of ${app}: ${last}`,
    );
  }
}

/** A folder that is gone after the work. */
export async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sm-site-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}
