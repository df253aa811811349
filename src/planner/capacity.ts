/**
 * Placement while the shard limit binds: keeps what runs, places as many of the rest as can be placed at all (augmenting
 * paths: a shard is never left out while moving others would make room), then evens what can be evened.
 */
import type {Sorted} from './sorting.ts';
import {OPEN} from './table.ts';
import type {Pool, Table} from './table.ts';

/** Rounds of evening, per shard: every round lowers the spread, so this is only a stop for the unforeseen. */
const ROUNDS_PER_SHARD = 4;
/** Up to so many pairs of bucket and container are counted in 16 MB, at ten times the speed of a map. */
const DENSE_CELLS = 4_000_000;

export function placeUnderCap(table: Table, sorted: Sorted, target: Int32Array): void {
  const room = new CapacityPlacer(table, sorted, target);
  room.keepRunning();
  room.relieve();
  room.placePins();
  room.placeRest();
  room.even();
}

class CapacityPlacer {
  private readonly table: Table;
  private readonly sorted: Sorted;
  private readonly target: Int32Array;
  private readonly totals: Int32Array;
  /** Shards per (bucket, container): the one while all cells fit, else the other. */
  private readonly dense: Int32Array;
  private readonly sparse = new Map<number, number>();
  /** Free shards per container. */
  private readonly members: Set<number>[];
  /** Open containers with room. */
  private roomy = 0;
  /** Pools no path leads out of: all they reach is full, and nothing that is placed later frees any of it. */
  private readonly hopeless = new Set<Pool>();

  constructor(table: Table, sorted: Sorted, target: Int32Array) {
    this.table = table;
    this.sorted = sorted;
    this.target = target;
    this.totals = new Int32Array(table.m);
    const cells = table.bucketPool.length * table.m;
    this.dense = new Int32Array(cells <= DENSE_CELLS ? cells : 0);
    this.members = Array.from({length: table.m}, () => new Set<number>());
    for (let container = 0; container < table.m; container += 1)
      if (this.isRoomy(container)) this.roomy += 1;
    for (let shard = 0; shard < table.n; shard += 1) {
      const container = target[shard] ?? -1;
      if (container < 0) continue;
      // A pin that is not there yet has to find room like everybody else: nothing that runs makes way for it.
      if (table.current[shard] === container) this.count(shard, container, 1);
      else target[shard] = -1;
    }
  }

  /** Whatever runs on an open container that may hold it stays there for now, above the limit or not. */
  keepRunning(): void {
    for (const shard of this.sorted.free) {
      const current = this.table.current[shard] ?? -1;
      if (
        current >= 0 &&
        this.table.mode[current] === OPEN &&
        this.poolOf(shard).has[current] === 1
      )
        this.put(shard, current);
    }
  }

  /** Containers above a lowered limit give away what finds room elsewhere. */
  relieve(): void {
    for (const container of this.table.containerOrder) {
      if (this.table.mode[container] !== OPEN) continue;
      for (const shard of [...(this.members[container] ?? [])]) {
        if ((this.totals[container] ?? 0) <= this.table.cap) break;
        const to = this.best(shard, container);
        if (to >= 0) this.move(shard, to);
      }
    }
  }

  /** Pins that are not there yet: where there is room, or others can be moved to make some. */
  placePins(): void {
    for (const shard of this.table.shardOrder) {
      const pin = this.sorted.fixed[shard] ?? -1;
      if (pin < 0 || this.target[shard] === pin) continue;
      if (this.hasRoom(pin)) this.settle(shard, pin);
      else this.augment(shard, [pin]);
    }
  }

  /** Who runs nowhere comes before who leaves a draining container: the latter can stay there. */
  placeRest(): void {
    const waiting = [...this.sorted.free].filter((shard) => (this.target[shard] ?? -1) < 0);
    const urgent = waiting.filter((shard) => !this.mayStay(shard));
    for (const shard of [...urgent, ...waiting.filter((one) => this.mayStay(one))]) {
      const pool = this.poolOf(shard);
      if (this.hopeless.has(pool)) continue;
      const to = this.best(shard, -1);
      if (to >= 0) this.put(shard, to);
      else if (!this.augment(shard, pool.open)) this.hopeless.add(pool);
    }
  }

  private mayStay(shard: number): boolean {
    const current = this.table.current[shard] ?? -1;
    return current >= 0 && this.poolOf(shard).has[current] === 1;
  }

  /** Buckets first, totals second; only towards room. */
  even(): void {
    let rounds = ROUNDS_PER_SHARD * this.table.n;
    for (let moved = true; moved && rounds > 0;) {
      moved = false;
      for (const lower of [this.lowerBucket, this.lowerTotal]) {
        for (const shard of this.sorted.free) {
          while (rounds > 0 && lower.call(this, shard)) {
            rounds -= 1;
            moved = true;
          }
        }
      }
    }
  }

  /** Breadth first over full containers: a path of moves that ends where there is room. */
  private augment(shard: number, starts: readonly number[]): boolean {
    const before = new Map<number, {from: number; shard: number}>();
    const queue: number[] = [];
    const looked = new Set<Pool>();
    for (const container of starts) {
      before.set(container, {from: -1, shard});
      queue.push(container);
    }
    for (let at = 0; at < queue.length; at += 1) {
      const container = queue[at] ?? 0;
      for (const member of this.members[container] ?? []) {
        const pool = this.poolOf(member);
        if (looked.has(pool)) continue;
        looked.add(pool);
        for (const to of pool.open) {
          if (before.has(to)) continue;
          before.set(to, {from: container, shard: member});
          if (this.hasRoom(to)) {
            this.follow(before, to);
            return true;
          }
          queue.push(to);
        }
      }
    }
    return false;
  }

  private follow(before: ReadonlyMap<number, {from: number; shard: number}>, end: number): void {
    for (let to = end; to >= 0;) {
      const step = before.get(to);
      if (step === undefined) return;
      if (step.from >= 0) this.move(step.shard, to);
      else if (this.sorted.fixed[step.shard] === to) this.settle(step.shard, to);
      else this.put(step.shard, to);
      to = step.from;
    }
  }

  /** The container with room that is best for the shard: fewest of its bucket, then fewest in all; -1 when none has room. */
  private best(shard: number, except: number): number {
    let best = -1;
    let least = 0;
    if (this.roomy === 0) return best;
    for (const container of this.poolOf(shard).open) {
      if (container === except || !this.hasRoom(container)) continue;
      const count = this.countOf(shard, container);
      if (best >= 0 && (count > least || (count === least && !this.beats(shard, container, best))))
        continue;
      best = container;
      least = count;
    }
    return best;
  }

  /** Whether `a` is better than `b`, which holds as many of the bucket. */
  private beats(shard: number, a: number, b: number): boolean {
    const byTotal = (this.totals[a] ?? 0) - (this.totals[b] ?? 0);
    if (byTotal !== 0) return byTotal < 0;
    const wish = this.table.prefer[shard] ?? -1;
    const avoid = this.table.avoid[shard] ?? -1;
    if (wish === a || wish === b) return wish === a;
    return avoid === b;
  }

  private lowerBucket(shard: number): boolean {
    const at = this.target[shard] ?? -1;
    if (at < 0) return false;
    const to = this.best(shard, at);
    if (to < 0 || this.countOf(shard, at) - this.countOf(shard, to) < 2) return false;
    this.move(shard, to);
    return true;
  }

  private lowerTotal(shard: number): boolean {
    const at = this.target[shard] ?? -1;
    if (at < 0 || this.roomy === 0) return false;
    const mine = this.countOf(shard, at);
    let best = -1;
    for (const container of this.poolOf(shard).open) {
      if (!this.hasRoom(container) || mine - this.countOf(shard, container) < 1) continue;
      if ((this.totals[at] ?? 0) - (this.totals[container] ?? 0) < 2) continue;
      if (best < 0 || (this.totals[container] ?? 0) < (this.totals[best] ?? 0)) best = container;
    }
    if (best < 0) return false;
    this.move(shard, best);
    return true;
  }

  private hasRoom(container: number): boolean {
    return (this.totals[container] ?? 0) < this.table.cap;
  }

  private isRoomy(container: number): boolean {
    return this.table.mode[container] === OPEN && this.hasRoom(container);
  }

  private poolOf(shard: number): Pool {
    const pool = this.table.pools[this.table.bucketPool[this.table.bucket[shard] ?? 0] ?? 0];
    if (pool === undefined) throw new Error('a shard without a pool');
    return pool;
  }

  /** A pinned shard comes in; it is no member that could be moved on. */
  private settle(shard: number, container: number): void {
    this.target[shard] = container;
    this.count(shard, container, 1);
  }

  private put(shard: number, container: number): void {
    this.target[shard] = container;
    this.members[container]?.add(shard);
    this.count(shard, container, 1);
  }

  private move(shard: number, to: number): void {
    const from = this.target[shard] ?? -1;
    this.members[from]?.delete(shard);
    this.count(shard, from, -1);
    this.put(shard, to);
  }

  private count(shard: number, container: number, by: number): void {
    const cell = (this.table.bucket[shard] ?? 0) * this.table.m + container;
    if (this.dense.length > 0) this.dense[cell] = (this.dense[cell] ?? 0) + by;
    else this.sparse.set(cell, (this.sparse.get(cell) ?? 0) + by);
    if (this.isRoomy(container)) this.roomy -= 1;
    this.totals[container] = (this.totals[container] ?? 0) + by;
    if (this.isRoomy(container)) this.roomy += 1;
  }

  private countOf(shard: number, container: number): number {
    const cell = (this.table.bucket[shard] ?? 0) * this.table.m + container;
    return (this.dense.length > 0 ? this.dense[cell] : this.sparse.get(cell)) ?? 0;
  }
}
