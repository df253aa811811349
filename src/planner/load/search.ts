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
import {Members} from './members.ts';
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

/** How much load is to change its container: at least and at most so much, best the goal. */
interface Range {
  readonly least: number;
  readonly goal: number;
  readonly most: number;
}

export class LoadSearch {
  private readonly task: LoadTask;
  private readonly metrics: number;
  private readonly members: (Members | undefined)[];
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
  /** Of the step that is looked for: what the hotter one may have at most afterwards, as `heat`. */
  private most = 0;

  constructor(task: LoadTask) {
    this.task = task;
    this.metrics = task.utilisation.metrics;
    this.members = new Array<Members | undefined>(this.metrics);
    this.closed = new Uint8Array(task.table.m);
    this.wide = new Uint8Array(task.table.m);
    const {takes} = task.utilisation;
    this.containers = Array.from(takes.keys()).filter((at) => takes[at] === 1);
  }

  /** Returns the shards that were moved. `place`, bounds, utilisation and occupants are as they are afterwards. */
  run(): ReadonlySet<number> {
    if (!this.isNeeded()) return this.moved;
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

  private isNeeded(): boolean {
    const {utilisation, bands} = this.task;
    return this.containers.some((container) =>
      bands.some(({upper}, metric) => utilisation.of(container, metric) > upper),
    );
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

  private membersOf(metric: number): Members {
    const {table, place, utilisation} = this.task;
    const known = this.members[metric];
    if (known !== undefined) return known;
    const made = new Members(table, place, (shard) => utilisation.ofShard(shard, metric));
    this.members[metric] = made;
    return made;
  }

  private cool(hot: number): void {
    const metric = this.hottestMetric(hot);
    const count = this.wide[hot] === 1 ? limits.COLDEST_LAST : limits.COLDEST_FIRST;
    const coldest = this.coldest(metric, hot, count);
    this.best = undefined;
    const {lower = 1} = this.task.bands[metric] ?? {};
    const excess = this.task.utilisation.of(hot, metric) - 1;
    const margin = Math.max(limits.LOAD_MARGIN_LEAST_SHARE, limits.LOAD_MARGIN_SHARE * excess);
    this.most = this.heat(hot) - margin / lower;
    for (const cold of coldest) this.compare(metric, hot, cold, margin);
    for (const cold of coldest)
      this.cold[metric]?.push(cold, this.task.utilisation.of(cold, metric));
    if (this.best !== undefined) this.take(hot, this.best);
    else if (this.wide[hot] === 1 || coldest.length < count) this.closed[hot] = 1;
    else this.wide[hot] = 1;
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

  /** Looks for the best step between both. Loads here are multiples of a mean share, as members are sorted by. */
  private compare(metric: number, hot: number, cold: number, margin: number): void {
    const {utilisation} = this.task;
    const members = this.membersOf(metric);
    const [own, other] = [this.unitsOf(metric, hot), this.unitsOf(metric, cold)];
    const excess = utilisation.of(hot, metric) - 1;
    const lack = 1 - utilisation.of(cold, metric);
    const least = margin * own;
    const most = (excess + lack - margin) * other;
    if (most < least || own === 0 || other === 0) return;
    const goal = (lack > 0 ? Math.min(excess, lack) : (excess - lack) / 2) * own;
    const range = {least, goal, most};
    this.lookForMove(members, hot, cold, range);
    this.lookForSwap(members, hot, cold, range);
  }

  /** A container's share in the unit of `Members.values`. */
  private unitsOf(metric: number, container: number): number {
    const {utilisation} = this.task;
    const at = container * this.metrics + metric;
    return (utilisation.share[at] ?? 0) / this.membersOf(metric).mean;
  }

  private lookForMove(
    members: Members,
    hot: number,
    cold: number,
    {least, goal, most}: Range,
  ): void {
    const {values} = members;
    const from = members.of(hot);
    const middle = members.firstFrom(from, goal);
    const isMeant = (shard: number): boolean => {
      const value = values[shard] ?? 0;
      return value >= least && value <= most;
    };
    for (let at = middle; at < from.length && at < middle + limits.LOAD_NEIGHBOURS; at += 1) {
      const shard = from[at] ?? 0;
      if (!isMeant(shard)) break;
      this.consider(shard, NOBODY, hot, cold);
    }
    for (let at = middle - 1, left = limits.LOAD_NEIGHBOURS; at >= 0 && left > 0; left -= 1) {
      // Of equal load the first one.
      const first = members.firstFrom(from, values[from[at] ?? 0] ?? 0);
      const shard = from[first] ?? 0;
      if (!isMeant(shard)) break;
      this.consider(shard, NOBODY, hot, cold);
      at = first - 1;
    }
  }

  private lookForSwap(
    members: Members,
    hot: number,
    cold: number,
    {least, goal, most}: Range,
  ): void {
    const {values} = members;
    const [from, to] = [members.of(hot), members.of(cold)];
    if (to.length === 0) return;
    const stride = Math.ceil(from.length / limits.LOAD_CANDIDATES);
    let at = 0;
    const lowest = (values[to[0] ?? 0] ?? 0) + least;
    for (let index = members.firstFrom(from, lowest); index < from.length; index += stride) {
      const shard = from[index] ?? 0;
      const value = values[shard] ?? 0;
      while (at < to.length && value - (values[to[at] ?? 0] ?? 0) > goal) at += 1;
      this.looks += 1;
      const nearest = this.metrics === 1 ? 1 : limits.LOAD_NEIGHBOURS;
      for (
        let near = Math.max(0, at - nearest);
        near < Math.min(to.length, at + nearest);
        near += 1
      ) {
        const other = to[near] ?? 0;
        const less = value - (values[other] ?? 0);
        if (less >= least && less <= most) this.consider(shard, other, hot, cold);
      }
    }
    this.looks += at;
  }

  private consider(shard: number, other: number, hot: number, cold: number): void {
    this.looks += 1;
    const gain = this.gainOf(shard, other, hot, cold);
    const paid = this.paidFor(shard, hot, cold) + (other < 0 ? 0 : this.paidFor(other, cold, hot));
    const score = gain / (Math.max(0, paid) + limits.LOAD_STEP_PRICE_SHARE);
    if (gain <= 0 || score <= (this.best?.score ?? 0)) return;
    if (this.isAllowed(shard, other, hot, cold)) this.best = {shard, other, to: cold, score};
  }

  /** How much nearer both come to their shares; 0 or less when one of them would be too hot. */
  private gainOf(shard: number, other: number, hot: number, cold: number): number {
    const {utilisation, bands} = this.task;
    let gain = 0;
    for (let metric = 0; metric < this.metrics; metric += 1) {
      const own = utilisation.share[hot * this.metrics + metric] ?? 0;
      const its = utilisation.share[cold * this.metrics + metric] ?? 0;
      if (own === 0 || its === 0) continue;
      const less =
        utilisation.ofShard(shard, metric) - (other < 0 ? 0 : utilisation.ofShard(other, metric));
      const [before, there] = [utilisation.of(hot, metric), utilisation.of(cold, metric)];
      const [after, then] = [before - less / own, there + less / its];
      const top = this.most * (bands[metric]?.lower ?? 1);
      if (after > top || then > top) return 0;
      gain += Math.abs(before - 1) + Math.abs(there - 1) - Math.abs(after - 1) - Math.abs(then - 1);
      gain += 1e-3 * (before * before + there * there - after * after - then * then);
    }
    return gain;
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
    const [from, to] = [table.containerOrder[hot] ?? 0, table.containerOrder[cold] ?? 0];
    if (other < 0)
      return bounds.allowsMove(bucket, hot, cold) && (occupants?.fits(shard, to) ?? true);
    const back = table.bucket[other] ?? 0;
    if (!this.isInPool(back, hot) || !bounds.allowsSwap(bucket, back, hot, cold)) return false;
    if (occupants === undefined) return true;
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
    for (const members of this.members) {
      members?.drop(shard, from);
      members?.put(shard, to);
    }
  }
}
