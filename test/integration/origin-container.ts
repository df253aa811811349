/**
 * A container with the rules of the Go project's SDK and its etcd storage, written anew from what it does: it takes a guard lease over by the
 * bridge only, runs whatever stands under `s/<id>/` when it starts, and drops what is on another lease. What the application is told is logged.
 */
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {IncomingMessage, Server, ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {Etcd3} from 'etcd3';
import type {Watcher} from 'etcd3';
import {encodeRecord, parseJson} from '../../src/protocol/records.ts';

interface Lease {
  id: number | bigint;
  expire: number | bigint;
}

interface Stored {
  spec: {id: string; lease: Lease | null; [field: string]: unknown};
  disp: boolean;
  drop: boolean;
}

export interface Told {
  readonly op: 'add' | 'drop';
  readonly shard: string;
  readonly atMs: number;
}

export interface OriginContainerOptions {
  readonly endpoint: string;
  readonly app: string;
  /** Default: a free one. */
  readonly port?: number;
}

const SYNC_MS = 300;
const BEAT_MS = 500;
const SESSION_TTL_S = 5;
const FOREVER = 9_223_372_036_854_775_777n;
const NONE = '0';

export class OriginContainer {
  id = '';
  /** What the application was told, in order. */
  readonly told: Told[] = [];
  /** The application refuses every add. */
  refusesAdds = false;
  private readonly options: OriginContainerOptions;
  private readonly etcd: Etcd3;
  private readonly server: Server;
  private readonly stored = new Map<string, Stored>();
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
    this.etcd = new Etcd3({hosts: options.endpoint});
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  /** Shards that the application runs. */
  get running(): string[] {
    return [...this.applied];
  }

  get isDead(): boolean {
    return this.dead;
  }

  count(op: Told['op']): number {
    return this.told.filter((one) => one.op === op).length;
  }

  async start(): Promise<this> {
    this.server.listen(this.options.port ?? 0, '127.0.0.1');
    await once(this.server, 'listening');
    this.id = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    this.session = (await this.etcd.leaseClient.leaseGrant({TTL: SESSION_TTL_S})).ID;
    await this.loadStored();
    const revision = await this.loadGuard();
    await this.lock();
    await this.beat();
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
    this.timers = [
      setInterval(() => this.inTurn(() => this.sync()), SYNC_MS),
      setInterval(() => this.inTurn(() => this.beat()), BEAT_MS),
      setInterval(() => void this.keepAlive(), 1_000),
    ];
    return this;
  }

  /** The process dies: what it ran has stopped, its session ends when its lease does. */
  async kill(): Promise<void> {
    if (this.dead) return;
    this.dead = true;
    for (const timer of this.timers) clearInterval(timer);
    this.applied.clear();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await this.watcher?.cancel().catch(() => undefined);
    this.etcd.close();
  }

  private get leasePrefix(): string {
    return `/sm/app/${this.options.app}/lease`;
  }

  private storedKey(shard: string): string {
    return `/sm/app/${this.options.app}/s/${this.id}/${shard}`;
  }

  /** One thing after the other, as its one goroutine does. */
  private inTurn(work: () => Promise<unknown> | unknown): void {
    this.busy = this.busy.then(async () => {
      if (!this.dead) await work();
    });
    this.busy.catch(() => (this.dead = true));
  }

  private async loadStored(): Promise<void> {
    const found = await this.etcd.getAll().prefix(this.storedKey('')).strings();
    for (const [key, value] of Object.entries(found)) {
      const stored = parseJson(value) as Stored;
      this.stored.set(key.slice(this.storedKey('').length), {...stored, disp: false});
    }
  }

  /** It takes a guard only where that is the one key there. */
  private async loadGuard(): Promise<number> {
    const {kvs, header} = await this.etcd.getAll().prefix(this.leasePrefix).exec();
    if (kvs.length === 0) throw new Error('guard lease does not exist');
    if (kvs.length === 1) this.guard = leaseOf(kvs[0]?.value.toString() ?? '');
    return Number(header.revision);
  }

  private async lock(): Promise<void> {
    const prefix = `/sm/app/${this.options.app}/containerhb/${this.id}/`;
    await this.etcd.put(this.sessionKey).value('').lease(this.session);
    for (;;) {
      const {kvs} = await this.etcd.getAll().prefix(prefix).sort('Create', 'Ascend').exec();
      if (kvs[0]?.key.toString() === this.sessionKey) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  private get sessionKey(): string {
    const {app} = this.options;
    return `/sm/app/${app}/containerhb/${this.id}/${BigInt(this.session).toString(16)}`;
  }

  private async beat(): Promise<void> {
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
        if (Number(TTL) <= 0) this.dead = true;
        else await this.renew();
      })
      .catch(() => undefined);
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
        await this.etcd.put(this.storedKey(shard)).value(encodeRecord(stored));
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
        this.tell('drop', shard);
        this.stored.delete(shard);
        await this.etcd.delete().key(this.storedKey(shard));
      } else if (!stored.disp && !this.refusesAdds) {
        this.tell('add', shard);
        stored.disp = true;
        await this.etcd.put(this.storedKey(shard)).value(encodeRecord(stored));
      }
    }
  }

  private tell(op: Told['op'], shard: string): void {
    this.told.push({op, shard, atMs: performance.now()});
    if (op === 'add') this.applied.add(shard);
    else this.applied.delete(shard);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const status = await this.handle(request.url ?? '', Buffer.concat(chunks).toString());
    response.writeHead(status, {'content-type': 'application/json'});
    response.end(status === 200 ? '{}' : '{"error":"lease mismatch"}');
  }

  private async handle(path: string, body: string): Promise<number> {
    const {id, spec} = parseJson(body === '' ? '{}' : body) as {id: string; spec?: Stored['spec']};
    if (path === '/sm/admin/drop-shard') {
      this.drop(id);
      return 200;
    }
    if (path !== '/sm/admin/add-shard' || spec === undefined) return 404;
    if (leaseId(spec.lease) !== this.guard) return 500;
    const stored = {spec: {...spec, id}, disp: false, drop: false};
    await this.etcd.put(this.storedKey(id)).value(encodeRecord(stored));
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
