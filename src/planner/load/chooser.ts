/** Which shards leave and where they go, by load, where the counts say only how many. */
import type {Table} from '../table.ts';
import {Heap} from './heap.ts';
import {sortByValue, sortedBy} from './movable-shards.ts';
import type {Utilisation} from './utilisation.ts';
import {LAST_UTILISATION} from './limits.ts';

/** Places in a heap that are looked at besides the first. */
const NEXT = [1, 2] as const;

export class LoadChooser {
  readonly utilisation: Utilisation;
  private readonly table: Table;
  /** Per shard: the greatest share of a metric's load that it is. */
  private readonly sizes: Float32Array;
  private readonly sums: Float64Array;
  /** The load that the coldest container lacks, per metric. */
  private readonly lack: Float64Array;

  /** `utilisation` counts all that runs where it may stay. */
  constructor(table: Table, utilisation: Utilisation) {
    this.table = table;
    this.utilisation = utilisation;
    const {metrics, loads} = utilisation;
    this.sums = sumsOf(loads.ofShards, metrics);
    this.sizes = sizesOf(loads.ofShards, metrics, this.sums);
    this.lack = new Float64Array(utilisation.metrics);
    for (let at = 0; at < utilisation.share.length; at += 1) {
      const metric = at % utilisation.metrics;
      const lack = (utilisation.share[at] ?? 0) - (utilisation.load[at] ?? 0);
      this.lack[metric] = Math.max(this.lack[metric] ?? 0, lack);
    }
  }

  /**
   * The members with those first that leave: a window of the list by load that carries what the container has too much, and
   * nothing that no container lacks. Of equal load those leave that have not moved for longest; who moved lately stays if it can.
   */
  leaversFirst(members: Int32Array, container: number, leaving: number): Int32Array {
    const {utilisation, table} = this;
    const {loads, metrics} = utilisation;
    const metric = utilisation.hottestMetric(container);
    const sorted = sortedBy(members, loads.ofShards, metrics, metric, table.movedAt);
    const calm = sorted.filter((shard) => loads.cooling[shard] === 0);
    const list = calm.length >= leaving ? calm : sorted;
    const first = this.windowOf(list, leaving, container, metric);
    const leavers = list.subarray(first, first + leaving);
    for (const shard of leavers) utilisation.remove(shard, container);
    const isLeaver = new Set(leavers);
    const order = new Int32Array(members.length);
    order.set(leavers);
    let at = leaving;
    for (const shard of sorted) {
      if (isLeaver.has(shard)) continue;
      order[at] = shard;
      at += 1;
    }
    return order;
  }

  /** The movers in the order in which they choose: the greatest load first. */
  greatestFirst(movers: Int32Array): Int32Array {
    return sortByValue(movers, this.sizes).reverse();
  }

  /** Takers with the coolest first. */
  coolestFirst(takers: readonly number[]): CoolestTakers {
    return new CoolestTakers(this.utilisation, this.sums, takers);
  }

  /** Where the window of the list begins that comes nearest to what the container has too much, over all metrics. */
  private windowOf(list: Int32Array, size: number, container: number, metric: number): number {
    const {utilisation} = this;
    const {metrics} = utilisation;
    const loads = utilisation.loads.ofShards;
    const most = this.lack[metric] ?? 0;
    let end = list.length;
    while (end > size && (loads[(list[end - 1] ?? 0) * metrics + metric] ?? 0) > most) end -= 1;
    const sums = new Float64Array(metrics);
    const count = (shard: number, by: number): void => {
      for (let own = 0; own < metrics; own += 1)
        sums[own] = (sums[own] ?? 0) + by * (loads[shard * metrics + own] ?? 0);
    };
    for (let at = 0; at < size; at += 1) count(list[at] ?? 0, 1);
    let [best, distance] = [0, this.distanceTo(sums, container)];
    for (let at = size; at < end; at += 1) {
      count(list[at] ?? 0, 1);
      count(list[at - size] ?? 0, -1);
      const own = this.distanceTo(sums, container);
      if (own >= distance) continue;
      [best, distance] = [at - size + 1, own];
    }
    return best;
  }

  /** How far the sums are from what the container has above its shares. */
  private distanceTo(sums: Float64Array, container: number): number {
    const {metrics, load, share} = this.utilisation;
    let distance = 0;
    for (let metric = 0; metric < metrics; metric += 1) {
      const at = container * metrics + metric;
      const whole = share[at] ?? 0;
      const excess = Math.max(0, (load[at] ?? 0) - whole);
      distance += Math.abs((sums[metric] ?? 0) - excess) / (whole > 0 ? whole : 1);
    }
    return distance;
  }
}

/** Per metric: the load of all shards. */
function sumsOf(ofShards: Float64Array, metrics: number): Float64Array {
  const sums = new Float64Array(metrics);
  for (let at = 0; at < ofShards.length;)
    for (let metric = 0; metric < metrics; metric += 1, at += 1)
      sums[metric] = (sums[metric] ?? 0) + (ofShards[at] ?? 0);
  return sums;
}

function sizesOf(ofShards: Float64Array, metrics: number, sums: Float64Array): Float32Array {
  const sizes = new Float32Array(ofShards.length / metrics);
  for (let shard = 0, at = 0; shard < sizes.length; shard += 1) {
    let size = 0;
    for (let metric = 0; metric < metrics; metric += 1, at += 1) {
      const sum = sums[metric] ?? 0;
      if (sum > 0) size = Math.max(size, (ofShards[at] ?? 0) / sum);
    }
    sizes[shard] = size;
  }
  return sizes;
}

/** Containers that lack shards of one bucket: a heap for each metric. */
class CoolestTakers {
  private readonly utilisation: Utilisation;
  private readonly sums: Float64Array;
  private readonly heaps: readonly Heap[];
  /** 1 for a taker that is full. */
  private readonly isFull: Uint8Array;
  private left: number;

  constructor(utilisation: Utilisation, sums: Float64Array, takers: readonly number[]) {
    this.utilisation = utilisation;
    this.sums = sums;
    this.isFull = new Uint8Array(utilisation.takes.length);
    this.left = takers.length;
    this.heaps = Array.from(sums, (_, metric) => {
      const heap = new Heap();
      for (const taker of takers) heap.push(taker, this.keyOf(taker, metric));
      return heap;
    });
  }

  /**
   * Of the takers that are coolest in the metric of which the shard has most the one that is coolest with the shard, in whichever
   * metric; the avoided one only when it is alone. -1 for none.
   */
  for(shard: number, avoided: number): number {
    if (this.left === 0) return -1;
    const metric = this.metricOf(shard);
    const heap = this.heaps[metric] ?? new Heap();
    this.freshen(heap, metric);
    if (heap.first === avoided && this.left > 1) return this.second(heap, metric);
    let best = heap.first;
    let least = this.highestWith(shard, best);
    for (const at of NEXT) {
      const taker = heap.near(at);
      if (taker < 0 || taker === avoided || this.isFull[taker] === 1) continue;
      const highest = this.highestWith(shard, taker);
      if (highest >= least) continue;
      best = taker;
      least = highest;
    }
    return best;
  }

  /** It lacks no more. */
  close(taker: number): void {
    this.isFull[taker] = 1;
    this.left -= 1;
  }

  /** The first is not full, and where it belongs. Keys only grow. */
  private freshen(heap: Heap, metric: number): void {
    while (heap.size > 0) {
      const taker = heap.first;
      const key = this.keyOf(taker, metric);
      if (this.isFull[taker] === 1) heap.pop();
      else if (heap.firstKey !== key) heap.change(key);
      else return;
    }
  }

  private second(heap: Heap, metric: number): number {
    const first = heap.pop();
    this.freshen(heap, metric);
    const second = heap.first;
    heap.push(first, this.keyOf(first, metric));
    return second;
  }

  private metricOf(shard: number): number {
    const {metrics, loads} = this.utilisation;
    let most = 0;
    let share = -1;
    for (let metric = 0; metric < metrics; metric += 1) {
      const sum = this.sums[metric] ?? 0;
      const own = sum > 0 ? (loads.ofShards[shard * metrics + metric] ?? 0) / sum : 0;
      if (own <= share) continue;
      most = metric;
      share = own;
    }
    return most;
  }

  private keyOf(taker: number, metric: number): number {
    return this.utilisation.takes[taker] === 1
      ? this.utilisation.of(taker, metric)
      : LAST_UTILISATION;
  }

  private highestWith(shard: number, taker: number): number {
    const {metrics, loads, load, share, takes} = this.utilisation;
    if (takes[taker] !== 1) return LAST_UTILISATION;
    let highest = 0;
    for (let metric = 0; metric < metrics; metric += 1) {
      const at = taker * metrics + metric;
      const whole = share[at] ?? 0;
      if (whole === 0) continue;
      const more = loads.ofShards[shard * metrics + metric] ?? 0;
      highest = Math.max(highest, ((load[at] ?? 0) + more) / whole);
    }
    return highest;
  }
}
