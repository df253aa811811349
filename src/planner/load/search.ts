/**
 * Evens out load inside the target matrix: the hottest container against the coldest ones, by single moves where the matrix
 * allows them, else by swaps. Every step makes the hotter of both cooler by a margin, so the sorted utilisation falls
 * lexicographically and the search ends.
 */
import * as limits from './limits.ts';
import type {Occupants} from '../hard/occupants.ts';
import type {MatrixBounds} from '../matrix/bounds.ts';
import type {Table} from '../table.ts';
import {Heap} from './heap.ts';
import {MovableShards} from './movable-shards.ts';
import {Pair} from './pair.ts';
import type {Band, Utilisation} from './utilisation.ts';

const NOBODY = -1;

export interface LoadTask {
  readonly table: Table;
  readonly bounds: MatrixBounds;
  readonly utilisation: Utilisation;
  /** Undefined where nothing but counts is limited. */
  readonly occupants: Occupants | undefined;
  /** Per shard: rank of its container, -1 for one that is not to be moved. */
  readonly place: Int32Array;
  /** Per metric. */
  readonly bands: readonly Band[];
}

/** One exchange: `shard` goes from `from` to `to`, `other` the other way; -1 for nobody. */
interface Step {
  readonly shard: number;
  readonly other: number;
  readonly to: number;
  readonly score: number;
}

export class LoadSearch {
  private readonly task: LoadTask;
  private readonly metrics: number;
  private readonly loads: Float64Array;
  private readonly movable: MovableShards;
  private readonly pair: Pair;
  /** Per metric; keys may be stale until they come first. */
  private cold: readonly Heap[] = [];
  private hot = new Heap();
  private readonly closed: Uint8Array;
  private readonly wide: Uint8Array;
  private readonly containers: readonly number[];
  /** Shards that were moved, in the order of their first step. */
  private readonly moved = new Set<number>();
  private looks = 0;
  private best: Step | undefined;
  /** A step with that score is taken without a look at others. */
  private enough = 0;

  constructor(task: LoadTask) {
    this.task = task;
    this.metrics = task.utilisation.metrics;
    this.loads = task.utilisation.loads.ofShards;
    this.movable = new MovableShards(task.table, task.place, this.loads, this.metrics);
    this.pair = new Pair(task.utilisation, task.bands);
    this.closed = new Uint8Array(task.table.m);
    this.wide = new Uint8Array(task.table.m);
    const {takes} = task.utilisation;
    this.containers = Array.from(takes.keys()).filter((at) => takes[at] === 1);
  }

  /** Returns the shards that were moved. `place`, bounds, utilisation and occupants are as they are afterwards. */
  run(): ReadonlySet<number> {
    this.fillHeaps();
    const most = limits.LOAD_LOOKS + limits.LOAD_LOOKS_PER_SHARD * this.task.table.n;
    let retries = 0;
    let before = 0;
    while (this.looks < most) {
      const hottest = this.nextHot();
      if (hottest !== undefined) {
        this.cool(hottest);
        continue;
      }
      if (this.moved.size === before || retries === limits.LOAD_RETRIES) break;
      before = this.moved.size;
      retries += 1;
      this.closed.fill(0);
      this.wide.fill(0);
      this.fillHeaps();
    }
    return this.moved;
  }

  /** The greatest utilisation as a multiple of its lower bound: above 1 there is something to do. */
  private heat(container: number): number {
    let heat = 0;
    for (const [metric, {lower}] of this.task.bands.entries())
      heat = Math.max(heat, this.task.utilisation.of(container, metric) / lower);
    return heat;
  }

  private hottestMetric(container: number): number {
    const {bands, utilisation} = this.task;
    let hottest = 0;
    let heat = 0;
    for (const [metric, {lower}] of bands.entries()) {
      const own = utilisation.of(container, metric) / lower;
      if (own > heat) [heat, hottest] = [own, metric];
    }
    return hottest;
  }

  private fillHeaps(): void {
    this.cold = this.task.bands.map((_, metric) => {
      const heap = new Heap();
      for (const container of this.containers)
        heap.push(container, this.task.utilisation.of(container, metric));
      return heap;
    });
    this.hot = new Heap();
    for (const container of this.containers) {
      const heat = this.heat(container);
      if (heat > 1) this.hot.push(container, -heat);
    }
  }

  private nextHot(): number | undefined {
    while (this.hot.size > 0) {
      const container = this.hot.first;
      const key = -this.heat(container);
      if (this.closed[container] === 1 || key >= -1) this.hot.pop();
      else if (this.hot.firstKey !== key) this.hot.change(key);
      else return container;
    }
    return undefined;
  }

  private cool(hot: number): void {
    const metric = this.hottestMetric(hot);
    const count = this.wide[hot] === 1 ? limits.COLDEST_LAST : limits.COLDEST_FIRST;
    const coldest = this.coldest(metric, hot, count);
    this.best = undefined;
    this.enough = Number.POSITIVE_INFINITY;
    const {lower = 1} = this.task.bands[metric] ?? {};
    const excess = this.task.utilisation.of(hot, metric) - 1;
    const margin = Math.max(limits.LOAD_MARGIN_LEAST_SHARE, limits.LOAD_MARGIN_SHARE * excess);
    const most = this.heat(hot) - margin / lower;
    for (const cold of coldest) {
      if (!this.pair.begin(hot, cold, metric, most, margin)) continue;
      if (cold === coldest[0])
        this.enough = (limits.LOAD_ENOUGH_SHARE * this.pair.bound) / limits.LOAD_STEP_PRICE_SHARE;
      this.lookForMove(metric);
      this.lookForSwap(metric);
      if (this.hasEnough()) break;
    }
    for (const cold of coldest)
      this.cold[metric]?.push(cold, this.task.utilisation.of(cold, metric));
    if (this.best !== undefined) this.take(hot, this.best);
    else if (this.wide[hot] === 1 || coldest.length < count) this.closed[hot] = 1;
    else this.wide[hot] = 1;
  }

  private hasEnough(): boolean {
    return (this.best?.score ?? 0) >= this.enough;
  }

  /** Takes them out of the heap. */
  private coldest(metric: number, hot: number, count: number): number[] {
    const heap = this.cold[metric] ?? new Heap();
    const found: number[] = [];
    let isOut = false;
    while (heap.size > 0 && found.length < count) {
      const container = heap.first;
      const key = this.task.utilisation.of(container, metric);
      if (heap.firstKey !== key) heap.change(key);
      else if (heap.pop() === hot) isOut = true;
      else found.push(container);
    }
    if (isOut) heap.push(hot, this.task.utilisation.of(hot, metric));
    return found;
  }

  private loadOf(shard: number, metric: number): number {
    return this.loads[shard * this.metrics + metric] ?? 0;
  }

  /** The shards whose load is nearest the goal. */
  private lookForMove(metric: number): void {
    const {movable} = this;
    const {hot, least, goal, most} = this.pair;
    const from = movable.of(hot, metric);
    const middle = movable.firstFrom(from, metric, goal);
    for (let at = middle; at < from.length && at < middle + limits.LOAD_NEIGHBOURS; at += 1) {
      const shard = from[at] ?? 0;
      if (this.loadOf(shard, metric) > most) break;
      if (this.loadOf(shard, metric) >= least) this.consider(shard, NOBODY);
    }
    for (let at = middle - 1, left = limits.LOAD_NEIGHBOURS; at >= 0 && left > 0; left -= 1) {
      // Of equal load the first one.
      const load = this.loadOf(from[at] ?? 0, metric);
      const first = movable.firstFrom(from, metric, load);
      if (load < least) break;
      if (load <= most) this.consider(from[first] ?? 0, NOBODY);
      at = first - 1;
    }
  }

  /** For each shard of the hotter one those of the colder one that leave a difference near the goal. */
  private lookForSwap(metric: number): void {
    const {movable} = this;
    const {hot, cold, least, goal} = this.pair;
    const [from, to] = [movable.of(hot, metric), movable.of(cold, metric)];
    if (to.length === 0) return;
    const stride = Math.ceil(from.length / limits.LOAD_CANDIDATES);
    let at = 0;
    const lowest = this.loadOf(to[0] ?? 0, metric) + least;
    const first = movable.firstFrom(from, metric, lowest);
    for (let index = first; index < from.length; index += stride) {
      const shard = from[index] ?? 0;
      const load = this.loadOf(shard, metric);
      while (at < to.length && load - this.loadOf(to[at] ?? 0, metric) > goal) at += 1;
      this.compare(shard, load, to, at, metric);
      if (this.hasEnough()) return;
    }
    this.looks += at + from.length - first;
  }

  /** The shard against those beside index `at`. */
  private compare(
    shard: number,
    load: number,
    to: readonly number[],
    at: number,
    metric: number,
  ): void {
    const {least, most} = this.pair;
    const nearest = this.metrics === 1 ? 1 : limits.LOAD_NEIGHBOURS;
    const end = Math.min(to.length, at + nearest);
    for (let near = at; near < end; near += 1) {
      const other = to[near] ?? 0;
      if (load - this.loadOf(other, metric) < least) break;
      if (load - this.loadOf(other, metric) <= most) this.consider(shard, other);
    }
    for (let near = at - 1; near >= 0 && near >= at - nearest; near -= 1) {
      const other = to[near] ?? 0;
      if (load - this.loadOf(other, metric) > most) break;
      if (load - this.loadOf(other, metric) >= least) this.consider(shard, other);
    }
  }

  private consider(shard: number, other: number): void {
    this.looks += 1;
    const gain = this.pair.gain(shard, other);
    const best = this.best?.score ?? 0;
    if (gain <= 0 || gain / limits.LOAD_STEP_PRICE_SHARE <= best) return;
    const {hot, cold} = this.pair;
    const paid = this.paidFor(shard, hot, cold) + (other < 0 ? 0 : this.paidFor(other, cold, hot));
    const score = gain / (Math.max(0, paid) + limits.LOAD_STEP_PRICE_SHARE);
    if (score <= best) return;
    if (this.isAllowed(shard, other, hot, cold)) this.best = {shard, other, to: cold, score};
  }

  /** Moves that it costs: a shard that leaves where it runs costs one, one that comes back saves one. */
  private paidFor(shard: number, from: number, to: number): number {
    const {table} = this.task;
    const current = table.current[shard] ?? -1;
    if (current < 0) return 0;
    const rank = table.containerRank[current] ?? 0;
    return (rank === from ? 1 : 0) - (rank === to ? 1 : 0);
  }

  private isAllowed(shard: number, other: number, hot: number, cold: number): boolean {
    const {table, bounds, occupants} = this.task;
    const bucket = table.bucket[shard] ?? 0;
    if (!this.isInPool(bucket, cold)) return false;
    const to = table.containerOrder[cold] ?? 0;
    if (other < 0)
      return bounds.allowsMove(bucket, hot, cold) && (occupants?.fits(shard, to) ?? true);
    const back = table.bucket[other] ?? 0;
    if (!this.isInPool(back, hot) || !bounds.allowsSwap(bucket, back, hot, cold)) return false;
    if (occupants === undefined) return true;
    const from = table.containerOrder[hot] ?? 0;
    if (occupants.isFull(from) && occupants.isFull(to)) return false;
    return occupants.fits(shard, to, other) && occupants.fits(other, from, shard);
  }

  private isInPool(bucket: number, rank: number): boolean {
    const {table} = this.task;
    const pool = table.pools[table.bucketPool[bucket] ?? 0];
    return pool?.has[table.containerOrder[rank] ?? 0] === 1;
  }

  private take(hot: number, {shard, other, to}: Step): void {
    this.move(shard, hot, to);
    if (other >= 0) this.move(other, to, hot);
    this.wide[hot] = 0;
    this.closed[to] = 0;
    const heat = this.heat(to);
    if (heat > 1) this.hot.push(to, -heat);
  }

  private move(shard: number, from: number, to: number): void {
    const {table, bounds, utilisation, occupants, place} = this.task;
    place[shard] = to;
    this.moved.add(shard);
    bounds.move(table.bucket[shard] ?? 0, from, to);
    utilisation.remove(shard, from);
    utilisation.add(shard, to);
    occupants?.remove(shard, table.containerOrder[from] ?? 0);
    occupants?.add(shard, table.containerOrder[to] ?? 0);
    this.movable.move(shard, from, to);
  }
}
