/** etcd, daemons in this process, push containers and what is asked of them. */
import {mkdtemp, writeFile} from 'node:fs/promises';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {Etcd3} from 'etcd3';
import {silentLogger} from '../../src/runtime/logger.ts';
import {RunningDaemon} from '../../src/server/daemon.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {LONG_MS, until} from '../support/until.ts';
import {OPERATOR, daemonLogin} from '../support/least-rights.ts';
import {freePorts} from '../support/free-ports.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {PushContainer} from './push-container.ts';
import type {PushContainerOptions} from './push-container.ts';

/** Smallest T there is: evictions are what these tests wait for. */
export const TTL_MS = 3_000;

export interface Row {
  readonly state: string;
  readonly container: string;
  readonly incarnation: string;
  readonly ready: boolean;
  readonly token: string;
}

export class PushBed {
  readonly etcd: EtcdProcess;
  readonly raw: Etcd3;
  readonly daemons: RunningDaemon[] = [];
  private readonly containers: PushContainer[] = [];
  /** Shards seen to run in two push containers at once. */
  readonly doubles = new Set<string>();
  private readonly watcher: NodeJS.Timeout;
  private readonly ttlMs: number;

  private constructor(etcd: EtcdProcess, ttlMs: number) {
    this.etcd = etcd;
    this.ttlMs = ttlMs;
    this.raw = new Etcd3({hosts: etcd.endpoint, ...OPERATOR});
    this.watcher = setInterval(() => this.look(), 5);
  }

  static async start(ttlMs = TTL_MS): Promise<PushBed> {
    const bed = new PushBed(await startEtcd(), ttlMs);
    await bed.startDaemon();
    return bed;
  }

  static async withoutDaemon(): Promise<PushBed> {
    return new PushBed(await startEtcd(), TTL_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.watcher);
    await Promise.all(this.containers.map((container) => container.die()));
    await Promise.all(this.daemons.map((daemon) => daemon.shutdown()));
    this.raw.close();
    await this.etcd.stop();
  }

  async startDaemon(): Promise<RunningDaemon> {
    const [port = 0] = await freePorts(1);
    const address = `127.0.0.1:${port}`;
    const daemon = await RunningDaemon.start({
      config: {
        ...{service: 'sm.test', port, endpoints: [this.etcd.endpoint], etcdPrefix: '/sm'},
        ...{
          host: '127.0.0.1',
          advertise: address,
          etcd: await this.login(),
          auth: 'none',
          filePermissions: 'strict',
        },
        ...{log: {level: 'info', format: 'json'}, heartbeat: {ttlMs: this.ttlMs}},
        ...{shutdownTimeoutMs: 2_000, compaction: 'off'},
      },
      logger: silentLogger,
      version: 'test',
    });
    await daemon.ready;
    this.daemons.push(daemon);
    return daemon;
  }

  private async login(): Promise<{username?: string; passwordFile?: string}> {
    const login = await daemonLogin(this.etcd, '/sm', 'sm.test');
    return login === undefined ? {} : {username: login.username, passwordFile: login.passwordFile};
  }

  /** Configuration of its daemons, for commands that work on the store itself. */
  async configFile(): Promise<string> {
    const file = join(await mkdtemp(join(homedir(), 'sm-push-bed-')), 'sm.yml');
    const settings = ['service: sm.test', 'port: 8801', `endpoints: [${this.etcd.endpoint}]`];
    await writeFile(file, [...settings, 'etcdPrefix: /sm', ''].join('\n'));
    return file;
  }

  async stopDaemons(): Promise<void> {
    await Promise.all(this.daemons.splice(0).map((daemon) => daemon.shutdown()));
  }

  async container(options: Omit<PushContainerOptions, 'endpoint'>): Promise<PushContainer> {
    const container = new PushContainer({endpoint: this.etcd.endpoint, ...options});
    this.containers.push(container);
    return container.start();
  }

  /** Checks of the first daemon, as doctor shows them. */
  async checks(): Promise<{name: string; verdict: string; text: string}[]> {
    const [daemon] = this.daemons;
    const reply = await fetch(`http://${daemon?.address ?? ''}/sm/server/checks`);
    return ((await reply.json()) as {checks: {name: string; verdict: string; text: string}[]})
      .checks;
  }

  async post(path: string, body: object): Promise<Record<string, unknown>> {
    const [daemon] = this.daemons;
    const reply = await fetch(`http://${daemon?.address ?? ''}/sm/server/${path}`, {
      method: 'POST',
      headers: {'content-type': 'application/json'},
      body: JSON.stringify(body),
    });
    const answer = (await reply.json()) as Record<string, unknown>;
    if (!reply.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async createApp(service: string, shardIds: readonly string[]): Promise<void> {
    await this.post('add-spec', {service, maxShardCount: 0, maxRecoveryTime: 0});
    const shards = shardIds.map((shardId) => ({shardId, task: `task of ${shardId}`}));
    await this.post('add-shards', {service, shards});
  }

  async rows(app: string): Promise<Map<string, Row>> {
    const found = await this.raw.getAll().prefix(`/sm/app/${app}/own/`).strings();
    const rows = Object.entries(found).map(([key, value]): [string, Row] => [
      decodeURIComponent(key.slice(key.lastIndexOf('/') + 1)),
      JSON.parse(value) as Row,
    ]);
    return new Map(rows);
  }

  /** Shards that are owned and ready, by container. */
  async ready(app: string): Promise<Map<string, string[]>> {
    const byContainer = new Map<string, string[]>();
    for (const [shard, {state, ready, container}] of await this.rows(app)) {
      if (state !== 'owned' || !ready) continue;
      byContainer.set(container, [...(byContainer.get(container) ?? []), shard]);
    }
    return byContainer;
  }

  /** Waits until each of these has so many ready shards and runs exactly them; others are not looked at. */
  async untilSpread(app: string, wanted: ReadonlyMap<PushContainer, number>): Promise<void> {
    await this.until(`spread of ${app}`, async () => {
      const ready = await this.ready(app);
      return [...wanted].every(([container, count]) => {
        const shards = [...(ready.get(container.id) ?? [])].sort();
        const runs = [...container.running].sort();
        return shards.length === count && runs.join('\n') === shards.join('\n');
      });
    });
  }

  async alarms(app: string): Promise<string[]> {
    const text = await this.raw.get(`/sm/app/${app}/status`).string();
    const {alarms} = JSON.parse(text ?? '{"alarms":[]}') as {alarms: {code: string}[]};
    return alarms.map(({code}) => code);
  }

  async until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
    await until(holds, LONG_MS, what);
  }

  private look(): void {
    const seen = new Set<string>();
    for (const container of this.containers) {
      for (const shard of container.running) {
        if (seen.has(shard)) this.doubles.add(shard);
        seen.add(shard);
      }
    }
  }
}
