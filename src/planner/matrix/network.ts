/**
 * The target matrix as a flow network. Units are shards; they pass from a container to a bucket (the container gives one of
 * the bucket away), from a bucket to a container, and by the slack node, which moves a container's bound instead of its
 * total, and takes shards that stay without a container. Where zones count, each bucket has a node for each zone between it
 * and the containers. Without a binding limit all bounds are hard. With one, everything but the count of shards is soft and
 * has its price.
 */
import {Adjacency} from './adjacency.ts';
import type {Cells} from './cells.ts';
import {costsFor} from './costs.ts';
import type {Costs} from './costs.ts';
import type {ContainerClass, Demand} from './demand.ts';
import {levelledOf} from './levels.ts';
import type {Levels} from './levels.ts';
import {FIRST_ARCS} from './limits.ts';
import {pricesFor} from './prices.ts';
import type {ZoneShares} from './zone-shares.ts';

/** The price of what is not allowed. */
export const FORBIDDEN = Number.POSITIVE_INFINITY;

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
  /** Per bucket: shards without a container; undefined where bounds are hard: then all get one. */
  readonly unplaced: Int32Array | undefined;
  /** Units the slack node has to pass on; below 0: has to get. */
  spill = 0;
  /** Per pool: buckets whose level is above zero somewhere. */
  readonly levelled: readonly number[][];
  /** Per container: its pools. */
  readonly poolsOf: readonly number[][];
  /** Containers that take part, ascending. */
  readonly open: Int32Array;
  readonly adjacency: Adjacency;
  /** The arcs that `arcsOf` found last, each to another node: where they lead, and their prices. */
  to = new Int32Array(FIRST_ARCS);
  prices = new Float64Array(FIRST_ARCS);
  private arcs = 0;
  /** Per container: the last hub whose cells were listed and that has one stored for the container. */
  private readonly storedBy: Int32Array;
  /** The hub whose cells were listed last and that has got no cell since; -1: none. */
  private listed = -1;
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
    if (caps !== undefined) this.unplaced = new Int32Array(demand.buckets);
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
    const hubs = demand.buckets * demand.zoneCount;
    const prices = [pricesFor(this, cells.count), pricesFor(this, cells.count)] as const;
    this.adjacency = new Adjacency(cells, this.containers, this.hubsOfCells(), hubs, prices);
    cells.linkLater();
    for (let cell = 0; cell < cells.count; cell += 1) this.recost(cell);
    this.storedBy = new Int32Array(demand.containers).fill(-1);
  }

  /** Whether all bounds have prices instead of being hard. */
  get isSoft(): boolean {
    return this.caps !== undefined;
  }

  /** So many shards more of the bucket get no container. */
  leaveOut(bucket: number, count: number): void {
    if (this.unplaced !== undefined) this.unplaced[bucket] = (this.unplaced[bucket] ?? 0) + count;
  }

  /** The node to which a container passes a shard of the bucket. */
  nodeOf(bucket: number, container: number): number {
    if (this.zones === undefined) return this.containers + bucket;
    return this.slack + 1 + this.zones.at(bucket, container);
  }

  /** The node of the first hub; the others follow. */
  get firstHub(): number {
    return this.zones === undefined ? this.containers : this.slack + 1;
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

  /** The cell wants another number of shards. */
  recost(cell: number): void {
    this.adjacency.setCosts(cell, this.addCost(cell), this.removeCost(cell));
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
    if (!this.isSoft) return FORBIDDEN;
    return weight === 0 ? this.costs.weightless : this.costs.cell;
  }

  /** Price of one shard less of a bucket on a container whose cell is not stored. */
  impliedRemoveCost(bucket: number, container: number): number {
    if (!this.isSoft) return FORBIDDEN;
    return this.levels.leastOf(bucket, this.weightOf(bucket, container)) > 0
      ? this.costs.cell
      : FORBIDDEN;
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
    const out = this.unplaced?.[bucket] ?? 0;
    if (!this.isSoft || out >= (this.demand.waiting[bucket] ?? 0)) return FORBIDDEN;
    return this.priceOfUnplaced(bucket, out);
  }

  /** Price of one shard of the bucket more that gets a container. */
  takeInCost(bucket: number): number {
    const out = (this.unplaced?.[bucket] ?? 0) - 1;
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

  /**
   * Finds the arcs out of the node, but for those that are forbidden, those to cells that are not stored, and those to closed nodes. They are in `to` and `prices`
   * until the next call. Returns how many there are.
   */
  arcsOf(node: number, closed: Uint8Array): number {
    this.arcs = 0;
    if (node === this.slack) this.addArcsOfSlack(closed);
    else if (node < this.containers) this.addArcsOfContainer(node, closed);
    else if (node < this.slack) this.addArcsOfBucket(node, closed);
    else {
      const bucket = this.containers + this.bucketOf(node);
      if (closed[bucket] === 0) this.addArc(bucket, this.zoneRemoveCost(node - this.slack - 1));
      this.addArcsToCells(node, closed);
    }
    return this.arcs;
  }

  private addArc(to: number, price: number): void {
    if (price === FORBIDDEN) return;
    if (this.arcs === this.to.length) this.growArcs();
    this.to[this.arcs] = to;
    this.prices[this.arcs] = price;
    this.arcs += 1;
  }

  private growArcs(): void {
    const {to, prices} = this;
    this.to = new Int32Array(2 * to.length);
    this.to.set(to);
    this.prices = new Float64Array(2 * prices.length);
    this.prices.set(prices);
  }

  private addArcsOfSlack(closed: Uint8Array): void {
    for (const container of this.open)
      if (closed[container] === 0) this.addArc(container, this.lowerCost(container));
    if (!this.isSoft) return;
    for (let bucket = 0; bucket < this.buckets; bucket += 1)
      if (closed[this.containers + bucket] === 0)
        this.addArc(this.containers + bucket, this.takeInCost(bucket));
  }

  private addArcsOfContainer(container: number, closed: Uint8Array): void {
    const {cells, adjacency, firstHub} = this;
    const {hubs, removeCosts} = adjacency;
    if (closed[this.slack] === 0) this.addArc(this.slack, this.raiseCost(container));
    for (let cell = cells.firstOfContainer[container] ?? -1; cell >= adjacency.count;) {
      const node = this.nodeOf(cells.bucket[cell] ?? 0, container);
      if (closed[node] === 0) this.addArc(node, this.removeCost(cell));
      cell = cells.nextOfContainer(cell);
    }
    const end = adjacency.ofContainer[container + 1] ?? 0;
    for (let at = adjacency.ofContainer[container] ?? 0; at < end; at += 1) {
      const node = firstHub + (hubs[at] ?? 0);
      if (closed[node] === 0) this.addArc(node, removeCosts[at] ?? 0);
    }
    if (this.isSoft) this.addArcsToLevelled(container, closed);
  }

  private addArcsToLevelled(container: number, closed: Uint8Array): void {
    for (const pool of this.poolsOf[container] ?? [])
      for (const bucket of this.levelled[pool] ?? []) {
        const node = this.nodeOf(bucket, container);
        if (closed[node] === 0 && this.cells.find(bucket, container) < 0)
          this.addArc(node, this.impliedRemoveCost(bucket, container));
      }
  }

  private addArcsOfBucket(node: number, closed: Uint8Array): void {
    const bucket = node - this.containers;
    if (closed[this.slack] === 0) this.addArc(this.slack, this.leaveOutCost(bucket));
    if (this.zones === undefined) this.addArcsToCells(node, closed);
    else
      for (let zone = 0; zone < this.zones.zones; zone += 1) {
        const at = bucket * this.zones.zones + zone;
        if (closed[this.slack + 1 + at] === 0)
          this.addArc(this.slack + 1 + at, this.zoneAddCost(at));
      }
  }

  private addArcsToCells(node: number, closed: Uint8Array): void {
    const {cells, adjacency} = this;
    const {containers, cellsOfHub, addCosts} = adjacency;
    const bucket = this.bucketOf(node);
    for (let cell = cells.firstOfBucket[bucket] ?? -1; cell >= adjacency.count;) {
      const container = cells.container[cell] ?? 0;
      if (closed[container] === 0 && this.nodeOf(bucket, container) === node)
        this.addArc(container, this.addCost(cell));
      cell = cells.nextOfBucket(cell);
    }
    const hub = node - this.firstHub;
    const end = adjacency.ofHub[hub + 1] ?? 0;
    for (let at = adjacency.ofHub[hub] ?? 0; at < end; at += 1) {
      const container = containers[at] ?? 0;
      if (closed[container] === 0) this.addArc(container, addCosts[cellsOfHub[at] ?? 0] ?? 0);
    }
  }

  /** Whether a cell of the hub's bucket is stored for the container, which is linked to the hub. `node`: of the hub. */
  isStored(node: number, container: number): boolean {
    if (this.listed !== node) this.listStored(node);
    return this.storedBy[container] === node;
  }

  /** The cell of the pair, stored from now on. */
  addCell(bucket: number, container: number): number {
    this.listed = -1;
    return this.cells.add(bucket, container);
  }

  private listStored(node: number): void {
    const {cells, adjacency, storedBy} = this;
    this.listed = node;
    const bucket = this.bucketOf(node);
    for (let cell = cells.firstOfBucket[bucket] ?? -1; cell >= adjacency.count;) {
      storedBy[cells.container[cell] ?? 0] = node;
      cell = cells.nextOfBucket(cell);
    }
    const hub = node - this.firstHub;
    const end = adjacency.ofHub[hub + 1] ?? 0;
    for (let at = adjacency.ofHub[hub] ?? 0; at < end; at += 1)
      storedBy[adjacency.containers[at] ?? 0] = node;
  }

  /** Per stored cell: its hub. */
  private hubsOfCells(): Int32Array {
    const {count, bucket, container} = this.cells;
    if (this.zones === undefined) return bucket;
    const hubs = new Int32Array(count);
    for (let cell = 0; cell < count; cell += 1)
      hubs[cell] = this.zones.at(bucket[cell] ?? 0, container[cell] ?? 0);
    return hubs;
  }

  private weightOf(bucket: number, container: number): number {
    return this.demand.weights[this.demand.poolOf[bucket] ?? 0]?.[container] ?? 0;
  }

  private priceOf(cell: number, want: number): number {
    const least = this.cells.least[cell] ?? 0;
    const even = least + (this.cells.spare[cell] ?? 0);
    const move = want < (this.cells.now[cell] ?? 0) ? -this.costs.move : 0;
    if (
      this.isSoft &&
      this.weightOf(this.cells.bucket[cell] ?? 0, this.cells.container[cell] ?? 0) === 0
    )
      return move + this.costs.weightless;
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
    if (out < (this.demand.mayStay?.[bucket] ?? 0)) return this.costs.stranded;
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
