/** Which shards leave and where they go, by load, where the counts say only how many. */
import type {Table} from '../table.ts';
import {Heap} from './heap.ts';
import {sortByValue} from './members.ts';
import type {Utilisation} from './utilisation.ts';

/** Behind all containers that have a share of load. */
const LAST = 1e300;

export class LoadChooser {
  readonly utilisation: Utilisation;
  private readonly table: Table;
  /** Per shard: the greatest share of a metric's load that it is. */
  private readonly sizes: Float32Array;
  /** The load that the coldest container lacks, per metric. */
  private readonly lack: Float64Array;

  /** `utilisation` counts all that runs where it may stay. */
  constructor(table: Table, utilisation: Utilisation) {
    this.table = table;
    this.utilisation = utilisation;
    this.sizes = sizesOf(table, utilisation);
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
    const {cooling} = utilisation.loads;
    const metric = utilisation.hottestMetric(container);
    const load = (shard: number): number => utilisation.ofShard(shard, metric);
    const {movedAt} = table;
    const sorted = members
      .slice()
      .sort((a, b) => load(a) - load(b) || (movedAt?.[a] ?? 0) - (movedAt?.[b] ?? 0));
    const calm = sorted.filter((shard) => cooling[shard] === 0);
    const list = calm.length >= leaving ? calm : sorted;
    const at = container * utilisation.metrics + metric;
    const excess = Math.max(0, (utilisation.load[at] ?? 0) - (utilisation.share[at] ?? 0));
    const first = this.windowOf(list, leaving, load, excess, this.lack[metric] ?? 0);
    const leavers = new Set(list.subarray(first, first + leaving));
    for (const shard of leavers) utilisation.remove(shard, container);
    return Int32Array.from([...leavers, ...sorted.filter((shard) => !leavers.has(shard))]);
  }

  /** The movers in the order in which they choose: the greatest load first. */
  greatestFirst(movers: readonly number[]): readonly number[] {
    if (movers.length < 2) return movers;
    return [...sortByValue(Int32Array.from(movers), this.sizes)].reverse();
  }

  /** Takers with the coolest first. */
  coolestFirst(takers: readonly number[]): CoolestTakers {
    return new CoolestTakers(this.utilisation, takers);
  }

  private windowOf(
    list: Int32Array,
    size: number,
    load: (shard: number) => number,
    excess: number,
    most: number,
  ): number {
    let end = list.length;
    while (end > size && load(list[end - 1] ?? 0) > most) end -= 1;
    let sum = 0;
    for (let at = 0; at < size; at += 1) sum += load(list[at] ?? 0);
    let [best, distance] = [0, Math.abs(sum - excess)];
    for (let at = size; at < end; at += 1) {
      sum += load(list[at] ?? 0) - load(list[at - size] ?? 0);
      if (Math.abs(sum - excess) >= distance) continue;
      [best, distance] = [at - size + 1, Math.abs(sum - excess)];
    }
    return best;
  }
}

function sizesOf({n}: Table, utilisation: Utilisation): Float32Array {
  const {metrics} = utilisation;
  const sums = new Float64Array(metrics);
  for (let at = 0; at < n * metrics; at += 1)
    sums[at % metrics] = (sums[at % metrics] ?? 0) + (utilisation.loads.ofShards[at] ?? 0);
  const sizes = new Float32Array(n);
  for (let shard = 0; shard < n; shard += 1)
    for (let metric = 0; metric < metrics; metric += 1)
      if ((sums[metric] ?? 0) > 0)
        sizes[shard] = Math.max(
          sizes[shard] ?? 0,
          utilisation.ofShard(shard, metric) / (sums[metric] ?? 1),
        );
  return sizes;
}

/** Containers that lack shards of one bucket. */
export class CoolestTakers {
  private readonly utilisation: Utilisation;
  private readonly heap = new Heap();

  constructor(utilisation: Utilisation, takers: readonly number[]) {
    this.utilisation = utilisation;
    for (const taker of takers) this.put(taker);
  }

  /** The coolest taker but the avoided one, that one only when it is alone; taken out. */
  next(avoided: number): number {
    const first = this.heap.pop();
    if (first !== avoided || this.heap.size === 0) return first;
    const second = this.heap.pop();
    this.put(first);
    return second;
  }

  put(taker: number): void {
    const {utilisation} = this;
    this.heap.push(taker, utilisation.takes[taker] === 1 ? utilisation.highest(taker) : LAST);
  }
}
