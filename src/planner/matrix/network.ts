/**
 * The target matrix as a flow network. Units are shards; they pass from a container to a bucket (the container gives one of
 * the bucket away), from a bucket to a container, and by the slack node, which moves a container's bound instead of its
 * total, and takes shards that stay without a container. Where zones count, each bucket has a node for each zone between it
 * and the containers. Without a binding limit all bounds are hard. With one, everything but the count of shards is soft and
 * has its price.
 */
import type {Cells} from './cells.ts';
import {costsFor} from './costs.ts';
import type {Costs} from './costs.ts';
import type {ContainerClass, Demand} from './demand.ts';
import type {Levels} from './levels.ts';
import type {ZoneShares} from './zone-shares.ts';

/** The price of what is not allowed. */
export const FORBIDDEN = Number.POSITIVE_INFINITY;

type Reach = (to: number, cost: number) => void;

export class Network {
  readonly demand: Demand;
  readonly levels: Levels;
  readonly cells: Cells;
  readonly zones: ZoneShares | undefined;
  /** Per container: most shards, where that binds somewhere; undefined: bounds are hard. */
  readonly caps: Int32Array | undefined;
  readonly containers: number;
  readonly buckets: number;
  /** Nodes: containers, then buckets, then slack, then a node for each bucket and zone. */
  readonly slack: number;
  readonly nodes: number;
  /** Per container: what it may hold without further price, as of now. More is to be passed on, less to be filled. */
  readonly bound: Int32Array;
  /** Per bucket: shards without a container. */
  readonly unplaced: Int32Array;
  /** Units the slack node has to pass on; below 0: has to get. */
  spill = 0;
  /** Per pool: buckets whose level is above zero somewhere. */
  readonly levelled: readonly number[][];
  /** Per container: its pools. */
  readonly poolsOf: readonly number[][];
  /** Containers that take part, ascending. */
  readonly open: Int32Array;
  private readonly costs: Costs;

  constructor(
    demand: Demand,
    levels: Levels,
    cells: Cells,
    zones: ZoneShares | undefined,
    caps: Int32Array | undefined,
  ) {
    this.demand = demand;
    this.levels = levels;
    this.cells = cells;
    this.zones = zones;
    this.caps = caps;
    this.containers = demand.containers;
    this.buckets = demand.buckets;
    this.slack = demand.containers + demand.buckets;
    this.nodes = this.slack + 1 + (zones === undefined ? 0 : demand.buckets * demand.zoneCount);
    const ranks = 1 + (demand.priorityRanks?.reduce((most, rank) => Math.max(most, rank), 0) ?? 0);
    this.costs = costsFor(demand.containers, demand.shards.length, zones !== undefined, ranks);
    this.unplaced = new Int32Array(demand.buckets);
    this.bound = Int32Array.from(levels.totals, (total, container) =>
      Math.min(levels.most[container] ?? 0, Math.max(levels.least[container] ?? 0, total)),
    );
    for (const [container, bound] of this.bound.entries())
      this.spill += bound - (levels.totals[container] ?? 0);
    this.levelled = levelledOf(demand, levels);
    this.poolsOf = Array.from({length: demand.containers}, () => []);
    for (const [pool, members] of demand.pools.entries())
      for (const container of members) this.poolsOf[container]?.push(pool);
    this.open = Int32Array.from(this.poolsOf.keys()).filter(
      (container) => (this.poolsOf[container]?.length ?? 0) > 0,
    );
  }

  /** Whether all bounds have prices instead of being hard. */
  get isSoft(): boolean {
    return this.caps !== undefined;
  }

  /** The node to which a container passes a shard of the bucket. */
  nodeOf(bucket: number, container: number): number {
    if (this.zones === undefined) return this.containers + bucket;
    return this.slack + 1 + this.zones.at(bucket, container);
  }

  /** The bucket of a node that is neither a container nor slack. */
  bucketOf(node: number): number {
    if (node < this.slack) return node - this.containers;
    return Math.floor((node - this.slack - 1) / this.demand.zoneCount);
  }

  /** The node's zone; -1 for a bucket's own node. */
  zoneOf(node: number): number {
    return node < this.slack ? -1 : (node - this.slack - 1) % this.demand.zoneCount;
  }

  /** Whether the containers of the class hang on the node: it is a bucket's, or its zone's where zones count. */
  hasClass(node: number, {zone}: ContainerClass): boolean {
    return this.zones === undefined || this.zoneOf(node) === zone;
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
    if (!this.isSoft && want >= even) return FORBIDDEN;
    return this.priceOf(cell, want);
  }

  /** Price of one shard less in the cell. */
  removeCost(cell: number): number {
    const want = (this.cells.want[cell] ?? 0) - 1;
    if (want < 0 || (!this.isSoft && want < (this.cells.least[cell] ?? 0))) return FORBIDDEN;
    return -this.priceOf(cell, want);
  }

  /** Price of one shard more of the bucket on a container of the class whose cell is not stored. */
  impliedAddCost(bucket: number, {weight}: ContainerClass): number {
    if (this.levels.mostOf(bucket, weight) > this.levels.leastOf(bucket, weight)) return 0;
    return this.isSoft ? this.costs.cell : FORBIDDEN;
  }

  /** Price of one shard less of a bucket on a container whose cell is not stored. */
  impliedRemoveCost(bucket: number, container: number): number {
    if (!this.isSoft) return FORBIDDEN;
    const weight = this.demand.weights[this.demand.poolOf[bucket] ?? 0]?.[container] ?? 0;
    return this.levels.leastOf(bucket, weight) > 0 ? this.costs.cell : FORBIDDEN;
  }

  /** Price of letting a container hold one more in all. */
  raiseCost(container: number): number {
    const bound = this.bound[container] ?? 0;
    if (!this.isSoft && bound >= (this.levels.most[container] ?? 0)) return FORBIDDEN;
    return this.priceOfTotal(container, bound);
  }

  /** Price of making a container hold one less in all. */
  lowerCost(container: number): number {
    const bound = (this.bound[container] ?? 0) - 1;
    if (bound < 0 || (!this.isSoft && bound < (this.levels.least[container] ?? 0)))
      return FORBIDDEN;
    return -this.priceOfTotal(container, bound);
  }

  /** Price of one shard of the bucket less that gets a container. */
  leaveOutCost(bucket: number): number {
    const out = this.unplaced[bucket] ?? 0;
    if (!this.isSoft || out >= (this.demand.waiting[bucket] ?? 0)) return FORBIDDEN;
    return this.priceOfUnplaced(bucket, out);
  }

  /** Price of one shard of the bucket more that gets a container. */
  takeInCost(bucket: number): number {
    const out = (this.unplaced[bucket] ?? 0) - 1;
    return out < 0 ? FORBIDDEN : -this.priceOfUnplaced(bucket, out);
  }

  /** Price of one shard more of the bucket in the zone. `at`: as `ZoneShares` has it. */
  zoneAddCost(at: number): number {
    return this.priceOfZone(at, this.zones?.counts[at] ?? 0);
  }

  /** Price of one shard less of the bucket in the zone. */
  zoneRemoveCost(at: number): number {
    const count = (this.zones?.counts[at] ?? 0) - 1;
    return count < 0 ? FORBIDDEN : -this.priceOfZone(at, count);
  }

  /** Calls `reach` for every arc out of the node but those to cells that are not stored. */
  arcsOf(node: number, reach: Reach): void {
    if (node === this.slack) this.arcsOfSlack(reach);
    else if (node < this.containers) this.arcsOfContainer(node, reach);
    else if (node < this.slack) this.arcsOfBucket(node, reach);
    else {
      reach(this.containers + this.bucketOf(node), this.zoneRemoveCost(node - this.slack - 1));
      this.arcsToCells(node, reach);
    }
  }

  private arcsOfSlack(reach: Reach): void {
    for (const container of this.open) reach(container, this.lowerCost(container));
    if (!this.isSoft) return;
    for (let bucket = 0; bucket < this.buckets; bucket += 1)
      reach(this.containers + bucket, this.takeInCost(bucket));
  }

  private arcsOfContainer(container: number, reach: Reach): void {
    const {cells} = this;
    for (let cell = cells.firstOfContainer[container] ?? -1; cell >= 0;) {
      reach(this.nodeOf(cells.bucket[cell] ?? 0, container), this.removeCost(cell));
      cell = cells.nextOfContainer[cell] ?? -1;
    }
    reach(this.slack, this.raiseCost(container));
    if (!this.isSoft) return;
    for (const pool of this.poolsOf[container] ?? [])
      for (const bucket of this.levelled[pool] ?? [])
        if (cells.find(bucket, container) < 0)
          reach(this.nodeOf(bucket, container), this.impliedRemoveCost(bucket, container));
  }

  private arcsOfBucket(node: number, reach: Reach): void {
    const bucket = node - this.containers;
    reach(this.slack, this.leaveOutCost(bucket));
    if (this.zones === undefined) this.arcsToCells(node, reach);
    else
      for (let zone = 0; zone < this.zones.zones; zone += 1) {
        const at = bucket * this.zones.zones + zone;
        reach(this.slack + 1 + at, this.zoneAddCost(at));
      }
  }

  private arcsToCells(node: number, reach: Reach): void {
    const {cells, zones} = this;
    const bucket = this.bucketOf(node);
    const visit = (cell: number): void => {
      const container = cells.container[cell] ?? 0;
      if (zones === undefined || this.nodeOf(bucket, container) === node)
        reach(container, this.addCost(cell));
    };
    const end = cells.row[bucket + 1] ?? 0;
    for (let cell = cells.row[bucket] ?? 0; cell < end; cell += 1) visit(cell);
    for (let cell = cells.firstOfBucket[bucket] ?? -1; cell >= 0;) {
      visit(cell);
      cell = cells.nextOfBucket[cell] ?? -1;
    }
  }

  private priceOf(cell: number, want: number): number {
    const least = this.cells.least[cell] ?? 0;
    const even = least + (this.cells.spare[cell] ?? 0);
    const move = want < (this.cells.now[cell] ?? 0) ? -this.costs.move : 0;
    return move + this.costs.cell * this.distance(want, least, even);
  }

  private priceOfZone(at: number, count: number): number {
    const distance = this.distance(count, this.zones?.least[at] ?? 0, this.zones?.most[at] ?? 0);
    return !this.isSoft && distance !== 0 ? FORBIDDEN * distance : this.costs.zone * distance;
  }

  private priceOfTotal(container: number, total: number): number {
    const {least, most} = this.levels;
    const price =
      this.costs.total * this.distance(total, least[container] ?? 0, most[container] ?? 0);
    const cap = this.caps?.[container] ?? FORBIDDEN;
    return total >= cap ? price + this.costs.overfull : price;
  }

  private priceOfUnplaced(bucket: number, out: number): number {
    if (out < (this.demand.mayStay[bucket] ?? 0)) return this.costs.stranded;
    const {priorityRanks, start, waiting, shards} = this.demand;
    if (priorityRanks === undefined) return this.costs.unplaced;
    // The last one that waits is left out first.
    const at = (start[bucket] ?? 0) + (waiting[bucket] ?? 0) - 1 - out;
    const rank = priorityRanks[shards[at] ?? 0] ?? 0;
    return this.costs.unplaced + this.costs.priority * rank;
  }

  /** How much farther from even one more makes: below 0 nearer. */
  private distance(count: number, least: number, most: number): number {
    if (count < least) return -Math.min(this.costs.steps, least - count);
    return count < most ? 0 : Math.min(this.costs.steps, count - most + 1);
  }
}

function levelledOf(demand: Demand, levels: Levels): number[][] {
  const levelled: number[][] = demand.pools.map(() => []);
  const heaviest = demand.classes.map((classes) =>
    classes.reduce((most, {weight}) => Math.max(most, weight), 0),
  );
  for (let bucket = 0; bucket < demand.buckets; bucket += 1) {
    const pool = demand.poolOf[bucket] ?? 0;
    if (levels.leastOf(bucket, heaviest[pool] ?? 0) > 0) levelled[pool]?.push(bucket);
  }
  return levelled;
}
