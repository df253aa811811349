/**
 * A process of several containers: `container-group ORDER-AS-JSON`. Each shard appends to the resources every few ms behind its guard.
 * The stamp comes before the guard, and what was left of the right right after it.
 */
import {connect} from 'node:net';
import type {Socket} from 'node:net';
import {createInterface} from 'node:readline';
import {joinApp} from '../../src/container/index.ts';
import type {Container, Shard} from '../../src/container/index.ts';
import type {AppendItem, FromJudge, GroupOrder, StallOrder, ToJudge} from './messages.ts';
import {nowUs} from './messages.ts';

const REJOIN_MS = 1_000;
/** Letting go of a shard takes up to so long, and it goes on acting meanwhile, as it may. */
const DROP_MS = 300;

/** The connection to the judge and its resources: a unix socket, never under a fault. */
class Desk {
  private readonly socket: Socket;
  private readonly fences = new Map<number, (n: number | null) => void>();
  private nextFence = 1;
  onAck: (id: number, refused: readonly string[]) => void = () => undefined;

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.on('error', () => process.exit(3));
    this.socket.on('close', () => process.exit(0));
    const lines = createInterface({input: this.socket});
    lines.on('error', () => process.exit(3));
    lines.on('line', (line) => this.heard(JSON.parse(line) as FromJudge));
  }

  tell(message: ToJudge): void {
    this.socket.write(`${JSON.stringify(message)}\n`);
  }

  /** Shows the token, then loads: the number of the last append. */
  fence(shard: string, token: string): Promise<number | null> {
    const id = this.nextFence;
    this.nextFence += 1;
    return new Promise((resolve) => {
      this.fences.set(id, resolve);
      this.tell({type: 'fence', id, shard, token});
    });
  }

  private heard(message: FromJudge): void {
    if (message.type === 'ack') return this.onAck(message.id, message.refused);
    this.fences.get(message.id)?.(message.n);
    this.fences.delete(message.id);
  }
}

/** Every so many-th shard takes its time between guard and effect: a process stopped just then lets an effect through late (A3). */
const SLOW_EACH = 4;
/** Below the 100 ms that an effect may take. */
const SLOW_MS = 80;

interface Work {
  readonly shard: Shard;
  readonly name: string;
  readonly slow: boolean;
  n: number;
  /** A slow effect is on its way. */
  busy: boolean;
}

let batches = 0;
function nextBatch(): number {
  batches += 1;
  return batches;
}

/** One container: joins, works, and joins again when it has ended without having been told to. */
class Worker {
  private readonly order: GroupOrder;
  private readonly app: string;
  private readonly id: string;
  private readonly desk: Desk;
  private readonly works = new Map<Shard, Work>();
  /** Handles that are let go: asked until they refuse, without an effect. A fence that never fires is not tested. */
  private readonly gone = new Set<Shard>();
  private readonly batches = new Set<number>();
  private container: Container | undefined;
  private refusals = 0;
  private acked = 0;

  constructor(
    order: GroupOrder,
    {app, id}: {readonly app: string; readonly id: string},
    desk: Desk,
  ) {
    this.order = order;
    this.app = app;
    this.id = id;
    this.desk = desk;
  }

  get owner(): string {
    return `${this.id}@${this.order.name}#${process.pid}`;
  }

  /** Resolves when it has left in order. */
  async run(): Promise<void> {
    for (;;) {
      const left = await this.live().catch((error: unknown) => {
        process.stderr.write(`${this.owner}: ${String(error)}\n`);
        return false;
      });
      if (left) return;
      await new Promise((resolve) => setTimeout(resolve, REJOIN_MS));
    }
  }

  private async live(): Promise<boolean> {
    const {order, app, id} = this;
    const {endpoints, etcdPrefix, ttlMs, host, bind, port, watchdog} = order;
    const where = {endpoints, etcdPrefix, host, bind, port};
    this.container = await joinApp(
      {
        app,
        id,
        ttlMs,
        ...where,
        watchdog,
        signals: true,
        waitForApp: true,
        leaveTimeoutMs: 4 * ttlMs,
      },
      {add: (shard) => this.add(shard), drop: (shard, reason) => this.drop(shard, reason)},
    );
    await this.container.ended;
    return true;
  }

  private async add(shard: Shard): Promise<void> {
    const name = `${this.app}/${shard.id}`;
    const n = await this.desk.fence(name, shard.token);
    if (n === null) throw new Error(`the resource has seen a newer token than ${shard.token}`);
    const slow = Number(/\d+$/.exec(shard.id)?.[0] ?? 1) % SLOW_EACH === 0;
    if (shard.owned) this.works.set(shard, {shard, name, slow, n, busy: false});
  }

  private async drop(shard: Shard, reason: string): Promise<void> {
    const name = `${this.app}/${shard.id}`;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * DROP_MS));
    this.works.delete(shard);
    this.gone.add(shard);
    const {owner, desk} = this;
    desk.tell({type: 'ended', owner, shard: name, token: shard.token, atUs: nowUs(), reason});
  }

  /** A round of effects, one for each shard. */
  round(): void {
    const items: AppendItem[] = [];
    for (const shard of this.gone) {
      if (shard.owned) continue;
      this.refusals += 1;
      this.gone.delete(shard);
    }
    for (const work of this.works.values()) {
      if (work.slow) this.slowly(work);
      else items.push(...this.attempt(work));
    }
    if (items.length > 0 || this.refusals > 0) this.send(items);
  }

  /** The stamp is taken before the guard. */
  private attempt(work: Work): AppendItem[] {
    const atUs = nowUs();
    try {
      work.shard.guard();
    } catch {
      this.refusals += 1;
      return [];
    }
    work.n += 1;
    return [[work.name, work.shard.token, work.n, atUs, leftUs(work.shard)]];
  }

  /** One at a time; the shard is not let go before it has left. */
  private slowly(work: Work): void {
    if (work.busy) return;
    work.busy = true;
    const effect = async (): Promise<void> => {
      const items = this.attempt(work);
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      if (items.length > 0) this.send(items);
    };
    work.shard
      .run(effect)
      .catch(() => (this.refusals += 1))
      .finally(() => (work.busy = false));
  }

  private send(items: readonly AppendItem[]): void {
    const {owner, acked, refusals} = this;
    const id = nextBatch();
    this.batches.add(id);
    this.refusals = 0;
    this.desk.tell({type: 'batch', id, owner, acked, refusals, items});
  }

  acknowledged(id: number, refused: readonly string[]): void {
    if (!this.batches.delete(id)) return;
    this.acked = id;
    const names = new Set(refused);
    for (const work of this.works.values()) if (names.has(work.name)) void this.loadAgain(work);
  }

  /** The resource has refused an effect: somebody newer is there, or one of before came late. It says which. */
  private async loadAgain(work: Work): Promise<void> {
    const n = await this.desk.fence(work.name, work.shard.token);
    if (n === null) this.works.delete(work.shard);
    else work.n = n;
  }
}

/** How long the right lasts from now on, as the handle's owner knows it, µs. */
function leftUs(shard: Shard): number {
  const {owner} = shard as unknown as {owner: {remainingMs(): number}};
  return Math.max(0, Math.floor(1_000 * owner.remainingMs()));
}

const order = JSON.parse(process.argv[2] ?? '{}') as GroupOrder;
const desk = new Desk(order.judge);
const workers = order.containers.map((one) => new Worker(order, one, desk));
desk.onAck = (id, refused) => {
  for (const worker of workers) worker.acknowledged(id, refused);
};
setInterval(() => {
  for (const worker of workers) worker.round();
}, order.everyMs);
process.on('disconnect', () => process.exit(0));
process.on('message', ({stallMs}: StallOrder) => {
  const endMs = performance.now() + stallMs;
  while (performance.now() < endMs);
});
// A fault of the network must never end the process by an accident of the workload.
await Promise.all(workers.map((worker) => worker.run()));
process.exit(0);
