/** Moves for load in the order in which they bring most: a round that ends in the middle has cooled whoever was hottest. */
import type {Table} from '../table.ts';
import {Heap} from './heap.ts';
import type {Utilisation} from './utilisation.ts';

/**
 * The hottest container gives its largest shard first, and at once gets the smallest of those that come to it, so that counts stay as even as they are.
 * `after`: with all moves made. Returns `moved` without the shards that end where they run.
 */
export function inOrderOfGain(
  table: Table,
  after: Utilisation,
  target: Int32Array,
  moved: Iterable<number>,
): Set<number> {
  const fleet = new MovingFleet(table, after, target, moved);
  const hot = new Heap();
  for (const container of fleet.givers()) hot.push(container, -fleet.heat(container));
  while (hot.size > 0) {
    const container = hot.first;
    const key = -fleet.heat(container);
    const leaver = fleet.nextFrom(container);
    if (leaver === undefined) hot.pop();
    else if (hot.firstKey !== key) hot.change(key);
    else {
      for (const shard of [leaver, fleet.nextTo(container)]) {
        if (shard === undefined) continue;
        const to = fleet.move(shard);
        // It became hotter than its key says.
        hot.push(to, -fleet.heat(to));
      }
    }
  }
  return fleet.order;
}

/** Containers by rank, with the load that they have before the moves, then between them. */
export class MovingFleet {
  readonly order = new Set<number>();
  private readonly table: Table;
  private readonly target: Int32Array;
  private readonly after: Utilisation;
  private readonly load: Float64Array;
  /** Shards by the container that they leave, and by the one that they come to; what is next comes last. */
  private readonly leaving = new Map<number, number[]>();
  private readonly coming = new Map<number, number[]>();

  constructor(table: Table, after: Utilisation, target: Int32Array, moved: Iterable<number>) {
    this.table = table;
    this.target = target;
    this.after = after;
    this.load = after.load.slice();
    for (const shard of moved) {
      if (target[shard] === table.current[shard]) continue;
      const [from, to] = [this.rankOf(table.current, shard), this.rankOf(target, shard)];
      this.count(shard, to, -1);
      this.count(shard, from, 1);
      push(this.leaving, from, shard);
      push(this.coming, to, shard);
    }
    for (const [container, shards] of this.leaving) this.sort(shards, container, 1);
    for (const [container, shards] of this.coming) this.sort(shards, container, -1);
  }

  givers(): Iterable<number> {
    return this.leaving.keys();
  }

  /** The highest load over the metrics, as a multiple of the share. */
  heat(container: number): number {
    return this.loadIn(container, this.hottestMetric(container));
  }

  nextFrom(container: number): number | undefined {
    return this.next(this.leaving.get(container));
  }

  nextTo(container: number): number | undefined {
    return this.next(this.coming.get(container));
  }

  /** Returns the container that the shard comes to. */
  move(shard: number): number {
    this.order.add(shard);
    const to = this.rankOf(this.target, shard);
    this.count(shard, this.rankOf(this.table.current, shard), -1);
    this.count(shard, to, 1);
    return to;
  }

  private next(shards: number[] | undefined): number | undefined {
    while (shards !== undefined && this.order.has(shards.at(-1) ?? -1)) shards.pop();
    return shards?.at(-1);
  }

  private rankOf(where: Int32Array, shard: number): number {
    return this.table.containerRank[where[shard] ?? 0] ?? 0;
  }

  private count(shard: number, container: number, sign: 1 | -1): void {
    const {metrics} = this.after;
    for (let metric = 0; metric < metrics; metric += 1) {
      const at = container * metrics + metric;
      this.load[at] = (this.load[at] ?? 0) + sign * this.after.ofShard(shard, metric);
    }
  }

  private loadIn(container: number, metric: number): number {
    const at = container * this.after.metrics + metric;
    const share = this.after.share[at] ?? 0;
    return share > 0 ? (this.load[at] ?? 0) / share : 0;
  }

  private hottestMetric(container: number): number {
    let hottest = 0;
    for (let metric = 1; metric < this.after.metrics; metric += 1)
      if (this.loadIn(container, metric) > this.loadIn(container, hottest)) hottest = metric;
    return hottest;
  }

  /** By the metric of which the container has most before the moves: the largest last, or the smallest. Of equal ones that last which was found first. */
  private sort(shards: number[], container: number, sign: 1 | -1): void {
    const metric = this.hottestMetric(container);
    const key = (shard: number): number => sign * this.after.ofShard(shard, metric);
    shards.reverse().sort((a, b) => key(a) - key(b));
  }
}

function push(lists: Map<number, number[]>, container: number, shard: number): void {
  const list = lists.get(container);
  if (list === undefined) lists.set(container, [shard]);
  else list.push(shard);
}
