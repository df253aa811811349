/** A container that speaks only the origin's protocol, written without the SDK: a session key in etcd and two HTTP paths. */
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {IncomingMessage, Server, ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {Etcd3} from 'etcd3';
import {OPERATOR} from '../support/least-rights.ts';

export interface PushContainerOptions {
  readonly endpoint: string;
  readonly app: string;
  /** Decimal digits; default: etcd chooses. */
  readonly leaseId?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Shards it remembers from before its restart. */
  readonly remembers?: readonly string[];
  readonly beatEveryMs?: number;
}

interface Held {
  disp: boolean;
  drop: boolean;
}

export interface Received {
  readonly op: 'add' | 'drop';
  readonly id: string;
  /** The body as it came: JSON.parse would lose digits. */
  readonly body: string;
}

/** The application takes so long to start or stop a shard. */
const SETTLE_MS = 50;
const BEAT_MS = 300;

export class PushContainer {
  id = '';
  readonly received: Received[] = [];
  /** Answers adds with this status and keeps nothing. */
  refuseAddsWith = 0;
  /** Never answers adds, and keeps nothing; everything else is answered. */
  hangsInAdds = false;
  /** Accepts drops and goes on. */
  liesAboutDrops = false;
  private readonly options: PushContainerOptions;
  private readonly etcd: Etcd3;
  private readonly server: Server;
  private readonly held = new Map<string, Held>();
  private guardLeaseId = '';
  private lease = '';
  private timer: NodeJS.Timeout | undefined;
  private dead = false;

  constructor(options: PushContainerOptions) {
    this.options = options;
    this.etcd = new Etcd3({hosts: options.endpoint, ...OPERATOR});
    this.server = createServer((request, response) => void this.serve(request, response));
    for (const shard of options.remembers ?? []) this.held.set(shard, {disp: true, drop: false});
  }

  /** Shards the application runs. */
  get running(): string[] {
    return [...this.held].filter(([, {disp}]) => disp).map(([shard]) => shard);
  }

  get isDead(): boolean {
    return this.dead;
  }

  get leaseId(): string {
    return this.lease;
  }

  /** Resolves when it has its id and its first heartbeat is written. */
  async start(): Promise<this> {
    this.server.listen(this.options.port ?? 0, '127.0.0.1');
    await once(this.server, 'listening');
    this.id = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    const guard = await this.etcd.get(`/sm/app/${this.options.app}/lease/guard`).string();
    this.guardLeaseId = /^\{"id":(\d+),/.exec(guard ?? '')?.[1] ?? '';
    if (this.guardLeaseId === '') throw new Error(`no guard lease: ${String(guard)}`);
    const grant = {TTL: 120, ...(this.options.leaseId ? {ID: this.options.leaseId} : {})};
    this.lease = (await this.etcd.leaseClient.leaseGrant(grant)).ID;
    await this.put('');
    while (!(await this.isFirst())) await new Promise((resolve) => setTimeout(resolve, 50));
    await this.beat();
    return this;
  }

  /** The process dies: its session is gone at once, and so is everything it ran. */
  async die(): Promise<void> {
    if (this.dead) return;
    this.stop();
    await this.etcd.leaseClient.leaseRevoke({ID: this.lease}).catch(() => undefined);
    await this.closeHttp();
    this.etcd.close();
  }

  /** Answers nothing by HTTP any more, but lives on in etcd. */
  async closeHttp(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private stop(): void {
    this.dead = true;
    clearTimeout(this.timer);
    this.held.clear();
  }

  private get prefix(): string {
    return `/sm/app/${this.options.app}/containerhb/${this.id}/`;
  }

  private get key(): string {
    return this.prefix + BigInt(this.lease).toString(16);
  }

  private async put(value: string): Promise<void> {
    await this.etcd.put(this.key).value(value).lease(this.lease);
  }

  private async isFirst(): Promise<boolean> {
    const {kvs} = await this.etcd.getAll().prefix(this.prefix).sort('Create', 'Ascend').exec();
    return kvs[0]?.key.toString() === this.key;
  }

  private async beat(): Promise<void> {
    const shards = [...this.held].map(
      ([id, {disp, drop}]) =>
        `{"spec":{"id":${JSON.stringify(id)},"lease":{"id":${this.guardLeaseId},"expire":9223372036854775777}},"disp":${disp},"drop":${drop}}`,
    );
    const timestamp = Math.floor(Date.now() / 1_000);
    try {
      await this.put(`{"timestamp":${timestamp},"shards":[${shards.join(',')}]}`);
    } catch {
      // The origin's containers close when their session ends.
      this.stop();
    }
    if (!this.dead)
      this.timer = setTimeout(() => void this.beat(), this.options.beatEveryMs ?? BEAT_MS);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    if (this.hangsInAdds && request.method === 'POST' && request.url === '/sm/admin/add-shard')
      return;
    const status = request.method === 'POST' ? this.handle(request.url ?? '', body) : 404;
    response.writeHead(status, {'content-type': 'application/json'});
    response.end(status === 200 ? '{}' : '{"error":"refused"}');
  }

  private handle(path: string, body: string): number {
    const op = path === '/sm/admin/add-shard' ? 'add' : 'drop';
    if (op === 'drop' && path !== '/sm/admin/drop-shard') return 404;
    const {id, spec} = JSON.parse(body) as {id: string; spec?: Record<string, unknown>};
    this.received.push({op, id, body});
    if (op === 'drop') {
      if (!this.liesAboutDrops) this.letGo(id);
      return 200;
    }
    if (this.refuseAddsWith !== 0) return this.refuseAddsWith;
    if (spec?.['service'] !== this.options.app || !(Number(spec['updateTime']) > 0)) return 400;
    if (spec['manualContainerId'] !== '' && spec['manualContainerId'] !== this.id) return 400;
    if (!body.includes(`"lease":{"id":${this.guardLeaseId},`)) return 500;
    this.hold(id);
    return 200;
  }

  /** As the origin: a shard that is known, even one on its way out, is not added again. */
  private hold(id: string): void {
    if (this.held.has(id)) return;
    const held = {disp: false, drop: false};
    this.held.set(id, held);
    setTimeout(() => {
      if (this.held.get(id) === held && !held.drop) held.disp = true;
    }, SETTLE_MS);
  }

  private letGo(id: string): void {
    const held = this.held.get(id);
    if (held === undefined) return;
    Object.assign(held, {disp: false, drop: true});
    setTimeout(() => this.held.get(id) === held && this.held.delete(id), SETTLE_MS);
  }
}
