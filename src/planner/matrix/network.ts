/**
 * The target matrix as a flow network. Units are shards; they pass from a container to a bucket (the container gives one of
 * the bucket away), from a bucket to a container, and by the slack node, which moves a container's bound instead of its
 * total, and takes shards that stay without a container. Without a binding limit all bounds are hard. With one, everything
 * but the count of shards is soft and has its price.
 */
import type {Cells} from './cells.ts';
import {costsFor} from './costs.ts';
import type {Costs} from './costs.ts';
import type {Demand} from './demand.ts';
import type {Levels} from './levels.ts';

/** The price of what is not allowed. */
export const FORBIDDEN = Number.POSITIVE_INFINITY;

export class Network {
  readonly demand: Demand;
  readonly levels: Levels;
  readonly cells: Cells;
  /** Most shards of a container where that binds; 0: bounds are hard. */
  readonly limit: number;
  readonly containers: number;
  readonly buckets: number;
  /** Nodes: containers, then buckets, then slack. */
  readonly slack: number;
  /** Per container: what it may hold without further price, as of now. More is to be passed on, less to be filled. */
  readonly bound: Int32Array;
  /** Per bucket: shards without a container. */
  readonly unplaced: Int32Array;
  /** Units the slack node has to pass on; below 0: has to get. */
  spill = 0;
  /** Per pool: buckets whose level is above zero. */
  readonly levelled: readonly number[][];
  /** Per container: its pools. */
  readonly poolsOf: readonly number[][];
  /** Containers that take part, ascending. */
  readonly open: Int32Array;
  private readonly costs: Costs;

  constructor(demand: Demand, levels: Levels, cells: Cells, limit: number) {
    this.demand = demand;
    this.levels = levels;
    this.cells = cells;
    this.limit = limit;
    this.containers = demand.containers;
    this.buckets = demand.buckets;
    this.slack = demand.containers + demand.buckets;
    this.costs = costsFor(demand.containers, demand.shards.length);
    this.unplaced = new Int32Array(demand.buckets);
    this.bound = Int32Array.from(levels.totals, (total, container) =>
      Math.min(levels.most[container] ?? 0, Math.max(levels.least[container] ?? 0, total)),
    );
    for (const [container, bound] of this.bound.entries())
      this.spill += bound - (levels.totals[container] ?? 0);
    this.levelled = demand.pools.map(() => []);
    for (let bucket = 0; bucket < demand.buckets; bucket += 1)
      if ((levels.level[bucket] ?? 0) > 0) this.levelled[demand.poolOf[bucket] ?? 0]?.push(bucket);
    this.poolsOf = Array.from({length: demand.containers}, () => []);
    for (const [pool, members] of demand.pools.entries())
      for (const container of members) this.poolsOf[container]?.push(pool);
    this.open = Int32Array.from(this.poolsOf.keys()).filter(
      (container) => (this.poolsOf[container]?.length ?? 0) > 0,
    );
  }

  /** Whether the node has units to pass on. */
  isSource(node: number): boolean {
    if (node === this.slack) return this.spill > 0;
    return node < this.containers && (this.levels.totals[node] ?? 0) > (this.bound[node] ?? 0);
  }

  /** Whether the node lacks units. */
  isSink(node: number): boolean {
    if (node === this.slack) return this.spill < 0;
    return node < this.containers && (this.levels.totals[node] ?? 0) < (this.bound[node] ?? 0);
  }

  /** Price of one shard more in the cell. */
  addCost(cell: number): number {
    const want = this.cells.want[cell] ?? 0;
    const even = (this.cells.least[cell] ?? 0) + (this.cells.spare[cell] ?? 0);
    if (this.limit === 0 && want >= even) return FORBIDDEN;
    return this.priceOf(cell, want);
  }

  /** Price of one shard less in the cell. */
  removeCost(cell: number): number {
    const want = (this.cells.want[cell] ?? 0) - 1;
    if (want < 0 || (this.limit === 0 && want < (this.cells.least[cell] ?? 0))) return FORBIDDEN;
    return -this.priceOf(cell, want);
  }

  /** Price of one shard more of the bucket on a container whose cell is not stored. */
  impliedAddCost(bucket: number): number {
    if ((this.levels.extras[bucket] ?? 0) > 0) return 0;
    return this.limit === 0 ? FORBIDDEN : this.costs.cell;
  }

  /** Price of one shard less of a bucket on a container whose cell is not stored. */
  impliedRemoveCost(): number {
    return this.limit === 0 ? FORBIDDEN : this.costs.cell;
  }

  /** Price of letting a container hold one more in all. */
  raiseCost(container: number): number {
    const bound = this.bound[container] ?? 0;
    if (this.limit === 0 && bound >= (this.levels.most[container] ?? 0)) return FORBIDDEN;
    return this.priceOfTotal(container, bound);
  }

  /** Price of making a container hold one less in all. */
  lowerCost(container: number): number {
    const bound = (this.bound[container] ?? 0) - 1;
    if (bound < 0 || (this.limit === 0 && bound < (this.levels.least[container] ?? 0)))
      return FORBIDDEN;
    return -this.priceOfTotal(container, bound);
  }

  /** Price of one shard of the bucket less that gets a container. */
  leaveOutCost(bucket: number): number {
    const out = this.unplaced[bucket] ?? 0;
    if (this.limit === 0 || out >= (this.demand.waiting[bucket] ?? 0)) return FORBIDDEN;
    return this.priceOfUnplaced(bucket, out);
  }

  /** Price of one shard of the bucket more that gets a container. */
  takeInCost(bucket: number): number {
    const out = (this.unplaced[bucket] ?? 0) - 1;
    return out < 0 ? FORBIDDEN : -this.priceOfUnplaced(bucket, out);
  }

  /** Calls `reach` for every arc out of the node but those to cells that are not stored. */
  arcsOf(node: number, reach: (to: number, cost: number) => void): void {
    if (node === this.slack) this.arcsOfSlack(reach);
    else if (node < this.containers) this.arcsOfContainer(node, reach);
    else this.arcsOfBucket(node - this.containers, reach);
  }

  private arcsOfSlack(reach: (to: number, cost: number) => void): void {
    for (const container of this.open) reach(container, this.lowerCost(container));
    if (this.limit === 0) return;
    for (let bucket = 0; bucket < this.buckets; bucket += 1)
      reach(this.containers + bucket, this.takeInCost(bucket));
  }

  private arcsOfContainer(container: number, reach: (to: number, cost: number) => void): void {
    const {cells} = this;
    for (let cell = cells.firstOfContainer[container] ?? -1; cell >= 0;) {
      reach(this.containers + (cells.bucket[cell] ?? 0), this.removeCost(cell));
      cell = cells.nextOfContainer[cell] ?? -1;
    }
    reach(this.slack, this.raiseCost(container));
    if (this.limit === 0) return;
    for (const pool of this.poolsOf[container] ?? [])
      for (const bucket of this.levelled[pool] ?? [])
        if (cells.find(bucket, container) < 0)
          reach(this.containers + bucket, this.impliedRemoveCost());
  }

  private arcsOfBucket(bucket: number, reach: (to: number, cost: number) => void): void {
    const {cells} = this;
    const end = cells.row[bucket + 1] ?? 0;
    for (let cell = cells.row[bucket] ?? 0; cell < end; cell += 1)
      reach(cells.container[cell] ?? 0, this.addCost(cell));
    for (let cell = cells.firstOfBucket[bucket] ?? -1; cell >= 0;) {
      reach(cells.container[cell] ?? 0, this.addCost(cell));
      cell = cells.nextOfBucket[cell] ?? -1;
    }
    reach(this.slack, this.leaveOutCost(bucket));
  }

  private priceOf(cell: number, want: number): number {
    const least = this.cells.least[cell] ?? 0;
    const even = least + (this.cells.spare[cell] ?? 0);
    const move = want < (this.cells.held[cell] ?? 0) ? -this.costs.move : 0;
    return move + this.costs.cell * this.distance(want, least, even);
  }

  private priceOfTotal(container: number, total: number): number {
    const {least, most} = this.levels;
    const price =
      this.costs.total * this.distance(total, least[container] ?? 0, most[container] ?? 0);
    return this.limit > 0 && total >= this.limit ? price + this.costs.overfull : price;
  }

  private priceOfUnplaced(bucket: number, out: number): number {
    const mayStay = out < (this.demand.mayStay[bucket] ?? 0);
    return mayStay ? this.costs.stranded : this.costs.unplaced;
  }

  /** How much farther from even one more makes: below 0 nearer. */
  private distance(count: number, least: number, most: number): number {
    if (count < least) return -Math.min(this.costs.steps, least - count);
    return count < most ? 0 : Math.min(this.costs.steps, count - most + 1);
  }
}
