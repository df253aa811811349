/**
 * A container with the rules of the Go project's SDK, written anew from what it does: it takes a guard lease over by the bridge only, runs
 * whatever its storage keeps when it starts, also while it still waits for its id, and drops what is on another lease. Drops of all shards
 * when its session ends. What the application is told is logged. The application, and what reaches it, can be made to behave badly.
 */
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {IncomingMessage, Server, ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {Etcd3} from 'etcd3';
import type {Watcher} from 'etcd3';
import {parseJson} from '../../src/protocol/foreign-json.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import {OPERATOR} from '../support/least-rights.ts';
import {pause} from '../support/until.ts';
import {EtcdStorage, FileStorage} from './origin-storage.ts';
import type {Lease, OriginStorage, Stored} from './origin-storage.ts';

/** An add is logged before the application begins, a drop when it has ended. */
export interface HookCall {
  readonly op: 'add' | 'drop';
  readonly shard: string;
  /** The machine's monotonic clock, the same for all processes. */
  readonly atMs: number;
}

export const BEHAVIOURS = [
  'normal',
  /** A drop takes 2 s. */
  'slowDrop',
  /** A drop does not end; meanwhile there are no heartbeats, and no call is answered. */
  'hungDrop',
  /** Every add-shard is answered with 500. */
  'refusedCall',
  /** Calls are accepted; the application refuses every add. */
  'refusedAdd',
  /** Drops are answered with 200, and the shard goes on. */
  'lies',
  /** The session's value is not JSON. */
  'garbage',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

export interface OriginContainerOptions {
  readonly endpoint: string;
  readonly app: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Shards are kept in this file, as bolt storage does. Default: in etcd. */
  readonly file?: string;
  /** Another process has the port. Default false. */
  readonly withoutPort?: boolean;
  /** Seconds that its session outlives the last renewal. Default 5, as the Go project has it. */
  readonly sessionTtlS?: number;
  /** Each time that the application was told something. */
  readonly onHookCall?: (calls: HookCall) => void;
  /** What it did by itself or was called for, in words, for who looks for the cause of something. */
  readonly onStep?: (step: string) => void;
  /** Its session has ended, and so has it. */
  readonly onEnd?: () => void;
}

/** Of a call's body. */
const STEP_BODY = 40;
const SLOW_DROP_MS = 2_000;
const SYNC_MS = 300;
const BEAT_MS = 500;
const SESSION_TTL_S = 5;
const FOREVER = 9_223_372_036_854_775_777n;
const NONE = '0';
const NS_PER_MS = 1e6;

export class OriginContainer {
  id = '';
  /** What the application was told, in order. */
  readonly calls: HookCall[] = [];
  behaviour: Behaviour = 'normal';
  private readonly options: OriginContainerOptions;
  private readonly etcd: Etcd3;
  private readonly server: Server;
  private stored = new Map<string, Stored>();
  private storage: OriginStorage | undefined;
  private readonly applied = new Set<string>();
  private guard = NONE;
  private bridge = NONE;
  private session = '';
  private watcher: Watcher | undefined;
  private timers: NodeJS.Timeout[] = [];
  private busy: Promise<unknown> = Promise.resolve();
  private dead = false;

  constructor(options: OriginContainerOptions) {
    this.options = options;
    this.etcd = new Etcd3({hosts: options.endpoint, ...OPERATOR});
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  /** Shards that the application runs. */
  get running(): string[] {
    return [...this.applied];
  }

  get isDead(): boolean {
    return this.dead;
  }

  /** Lease of its session, as etcd names it. */
  get sessionLease(): string {
    return this.session;
  }

  count(op: HookCall['op']): number {
    return this.calls.filter((one) => one.op === op).length;
  }

  async start(): Promise<this> {
    if (this.options.withoutPort !== true) {
      this.server.listen(this.options.port ?? 0, '127.0.0.1');
      await once(this.server, 'listening');
    }
    const port = (this.server.address() as AddressInfo | null)?.port ?? this.options.port ?? 0;
    this.id = `127.0.0.1:${port}`;
    const {app, file} = this.options;
    this.storage =
      file === undefined
        ? new EtcdStorage(this.etcd, `/sm/app/${app}/s/${this.id}/`)
        : new FileStorage(file);
    const {sessionTtlS = SESSION_TTL_S} = this.options;
    this.session = (await this.etcd.leaseClient.leaseGrant({TTL: sessionTtlS})).ID;
    this.timers.push(setInterval(() => void this.keepAlive(), 1_000));
    this.stored = await this.storage.load();
    this.step(`loads ${[...this.stored.keys()].join(',')}`);
    const revision = await this.loadGuard();
    this.timers.push(setInterval(() => this.inTurn(() => this.sync()), SYNC_MS));
    await this.lock();
    this.step('has its id');
    await this.beat();
    await this.watchLeases(revision);
    this.timers.push(setInterval(() => this.inTurn(() => this.beat()), BEAT_MS));
    return this;
  }

  private async watchLeases(revision: number): Promise<void> {
    this.watcher = await this.etcd
      .watch()
      .prefix(this.leasePrefix)
      .withPreviousKV()
      .startRevision(String(revision + 1))
      .create();
    this.watcher.on('put', (entry, previous) =>
      this.inTurn(() => this.leaseWritten(entry.key.toString(), entry.value.toString(), previous)),
    );
    this.watcher.on('delete', (entry, previous) =>
      this.inTurn(() => this.leaseDeleted(entry.key.toString(), previous?.value.toString() ?? '')),
    );
  }

  /** The process dies: what it ran has stopped, its session ends when its lease does. */
  async kill(): Promise<void> {
    if (this.dead) return;
    this.dead = true;
    for (const timer of this.timers) clearInterval(timer);
    this.applied.clear();
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
    await this.watcher?.cancel().catch(() => undefined);
    this.etcd.close();
  }

  /** In order: all shards are dropped, and its session ends. */
  async leave(): Promise<void> {
    if (this.dead) return;
    for (const shard of this.running) this.tell('drop', shard);
    await this.etcd.leaseClient.leaseRevoke({ID: this.session}).catch(() => undefined);
    await this.kill();
  }

  private get leasePrefix(): string {
    return `/sm/app/${this.options.app}/lease`;
  }

  /** One thing after the other, as its one goroutine does. */
  private inTurn(work: () => Promise<unknown> | unknown): void {
    this.busy = this.busy.then(async () => {
      if (!this.dead) await work();
    });
    this.busy.catch(() => this.ended());
  }

  private step(text: string): void {
    this.options.onStep?.(text);
  }

  /** It takes a guard only where that is the one key there. */
  private async loadGuard(): Promise<number> {
    const {kvs, header} = await this.etcd.getAll().prefix(this.leasePrefix).exec();
    if (kvs.length === 0) throw new Error('guard lease does not exist');
    if (kvs.length === 1) this.guard = leaseOf(kvs[0]?.value.toString() ?? '');
    this.step(`guard ${this.guard} of ${kvs.length} keys`);
    return Number(header.revision);
  }

  private async lock(): Promise<void> {
    const prefix = `/sm/app/${this.options.app}/containerhb/${this.id}/`;
    if (this.dead) return;
    await this.etcd.put(this.sessionKey).value('').lease(this.session);
    for (;;) {
      const {kvs} = await this.etcd.getAll().prefix(prefix).sort('Create', 'Ascend').exec();
      if (this.dead || kvs[0]?.key.toString() === this.sessionKey) return;
      await pause(100);
    }
  }

  private get sessionKey(): string {
    const {app} = this.options;
    return `/sm/app/${app}/containerhb/${this.id}/${BigInt(this.session).toString(16)}`;
  }

  private async beat(): Promise<void> {
    if (this.behaviour === 'garbage')
      return void (await this.etcd.put(this.sessionKey).value('not JSON').lease(this.session));
    const shards = [...this.stored.values()].filter(({spec}) => leaseId(spec.lease) !== NONE);
    const timestamp = Math.floor(Date.now() / 1_000);
    const load = {virtualMemoryStat: {usedPercent: 41.5}, cpuUsedPercent: 12.5};
    await this.etcd
      .put(this.sessionKey)
      .value(encodeRecord({timestamp, ...load, shards: shards.length === 0 ? null : shards}))
      .lease(this.session);
  }

  private async keepAlive(): Promise<void> {
    if (this.dead) return;
    await this.etcd.leaseClient
      .leaseTimeToLive({ID: this.session})
      .then(async ({TTL}) => {
        if (Number(TTL) <= 0) this.ended();
        else await this.renew();
      })
      .catch(() => undefined);
  }

  /** Its session has ended: all shards are dropped. */
  private ended(): void {
    if (this.dead) return;
    for (const shard of this.running) this.tell('drop', shard);
    void this.kill().then(() => this.options.onEnd?.());
  }

  private async renew(): Promise<void> {
    const stream = await this.etcd.leaseClient.leaseKeepAlive();
    stream.on('error', () => undefined);
    stream.on('data', () => stream.end());
    stream.write({ID: this.session});
  }

  private async leaseWritten(key: string, text: string, previous: unknown): Promise<void> {
    const name = key.slice(this.leasePrefix.length + 1);
    const isCreate = previous === undefined || previous === null;
    if (name === 'bridge') await this.toBridge(text, isCreate);
    if (name === 'guard' && !isCreate) await this.toGuard(text);
  }

  private async leaseDeleted(key: string, before: string): Promise<void> {
    const name = key.slice(this.leasePrefix.length + 1);
    if (name !== 'bridge' && !name.startsWith('session/')) return;
    this.markDropped((id) => id === leaseOf(before));
    await Promise.resolve();
  }

  private async toBridge(text: string, isCreate: boolean): Promise<void> {
    if (!isCreate) return;
    const value = parseJson(text) as Lease & {
      guardLeaseID: number | bigint;
      assignment: {drops: string[] | null};
    };
    for (const shard of value.assignment.drops ?? []) this.drop(shard);
    await this.migrate(String(value.guardLeaseID), String(value.id));
    this.bridge = String(value.id);
  }

  private async toGuard(text: string): Promise<void> {
    if (this.bridge === NONE) return;
    this.guard = leaseOf(text);
    await this.migrate(this.bridge, this.guard);
    this.markDropped((id) => id !== this.guard);
    const {app} = this.options;
    await this.etcd
      .put(`/sm/app/${app}/lease/session/${this.id}`)
      .value(text)
      .lease(this.guard)
      .catch(() => undefined);
    this.bridge = NONE;
  }

  private async migrate(from: string, to: string): Promise<void> {
    for (const [shard, stored] of this.stored) {
      const id = leaseId(stored.spec.lease);
      if (id === to) continue;
      if (id !== from) Object.assign(stored, {disp: false, drop: true});
      else {
        stored.spec.lease = {id: BigInt(to), expire: FOREVER};
        await this.storage?.put(shard, stored);
      }
    }
  }

  private markDropped(isMeant: (lease: string) => boolean): void {
    for (const stored of this.stored.values())
      if (isMeant(leaseId(stored.spec.lease))) Object.assign(stored, {disp: false, drop: true});
  }

  private drop(shard: string): void {
    const stored = this.stored.get(shard);
    if (stored !== undefined) Object.assign(stored, {disp: false, drop: true});
  }

  private async sync(): Promise<void> {
    for (const [shard, stored] of [...this.stored]) {
      const id = leaseId(stored.spec.lease);
      const isForeign = id !== this.guard && id !== this.bridge;
      if (isForeign || stored.drop) {
        await this.dropped(shard);
        if (this.dead) return;
        this.stored.delete(shard);
        await this.storage?.remove(shard);
      } else if (!stored.disp && this.behaviour !== 'refusedAdd') {
        this.tell('add', shard);
        stored.disp = true;
        await this.storage?.put(shard, stored);
      }
    }
  }

  /** The application's drop. */
  private async dropped(shard: string): Promise<void> {
    if (this.behaviour === 'slowDrop') await pause(SLOW_DROP_MS);
    while (this.behaviour === 'hungDrop' && !this.dead) await pause(SYNC_MS);
    if (!this.dead) this.tell('drop', shard);
  }

  private tell(op: HookCall['op'], shard: string): void {
    const calls = {op, shard, atMs: Number(process.hrtime.bigint()) / NS_PER_MS};
    this.calls.push(calls);
    this.options.onHookCall?.(calls);
    if (op === 'add') this.applied.add(shard);
    else this.applied.delete(shard);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const status = await this.handle(request.url ?? '', body);
    this.step(`${request.url ?? ''} ${status} ${body.slice(0, STEP_BODY)}`);
    response.writeHead(status, {'content-type': 'application/json'});
    response.end(status === 200 ? '{}' : '{"error":"lease mismatch"}');
  }

  private async handle(path: string, body: string): Promise<number> {
    const {id, spec} = parseJson(body === '' ? '{}' : body) as {id: string; spec?: Stored['spec']};
    // Its storage is locked while an application's drop runs.
    while (this.behaviour === 'hungDrop') await pause(SYNC_MS);
    if (path === '/sm/admin/drop-shard') {
      if (this.behaviour !== 'lies') this.drop(id);
      return 200;
    }
    if (path !== '/sm/admin/add-shard' || spec === undefined) return 404;
    if (this.behaviour === 'refusedCall' || leaseId(spec.lease) !== this.guard) return 500;
    const stored = {spec: {...spec, id}, disp: false, drop: false};
    await this.storage?.put(id, stored);
    this.stored.set(id, stored);
    return 200;
  }
}

function leaseId(lease: Lease | null | undefined): string {
  return String(lease?.id ?? NONE);
}

function leaseOf(text: string): string {
  return leaseId(parseJson(text) as Lease);
}
