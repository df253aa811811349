/**
 * Passes as many units as possible along paths that cost nothing after the search (Dinic): levels by breadth first, then
 * depth first with a cursor per node, so that no arc is tried twice.
 */
import {IntList, NONE} from '../int-list.ts';
import type {ContainerClass} from './demand.ts';
import {FORBIDDEN} from './network.ts';
import type {Network} from './network.ts';
import {ADDED, CLASSES, REST, ROW} from './node-columns.ts';
import type {NodeColumns} from './node-columns.ts';
import type {Prices} from './prices.ts';
import {SkipList} from './skip-list.ts';
import type {ZoneShares} from './zone-shares.ts';

/** Stages of a container: cells stored since the first search, those stored before, and those not stored. */
const [LATER, BEFORE, IMPLIED] = [0, 1, 2];

/** One round: all paths over the levels. */
export class BlockingFlow {
  private readonly network: Network;
  private readonly potential: Prices;
  private readonly level: Int32Array;
  private readonly end: number;
  private readonly dead: Uint8Array;
  /** Per node: which kind of arc is being tried, and how far. */
  private readonly stage: NodeColumns['stage'];
  private readonly cursor: Int32Array;
  /** The path that is being tried, node by node, and the stored cell over which each of them was reached. */
  private readonly path = new IntList();
  private readonly cellsOfPath = new IntList();
  /** The stored cell of the arc that was found last. */
  private cell = NONE;
  /** By class, level and potential. */
  private readonly lists = new Map<ContainerClass, Map<number, SkipList>[]>();

  /** `end`: level of the nearest sinks. */
  constructor(
    network: Network,
    {potential, level, marks, stage, numbers}: NodeColumns,
    end: number,
  ) {
    this.network = network;
    this.potential = potential;
    this.level = level;
    this.end = end;
    this.dead = marks.fill(0);
    this.stage = stage.fill(0);
    this.cursor = numbers.fill(0);
    this.cursor.set(network.cells.firstOfContainer);
    for (let node = network.containers; node < network.nodes; node += 1)
      if (node !== network.slack)
        this.cursor[node] = network.adjacency.ofHub[node - network.firstHub] ?? 0;
  }

  /** Returns how many units were passed. */
  run(sources: readonly number[]): number {
    let units = 0;
    for (const source of sources)
      while (this.network.isSource(source) && this.passOne(source)) units += 1;
    return units;
  }

  private passOne(source: number): boolean {
    const {path, cellsOfPath} = this;
    path.length = 0;
    cellsOfPath.length = 0;
    this.step(source, NONE);
    while (path.length > 0) {
      const last = path.at(path.length - 1);
      if (path.length > 1 && this.network.isSink(last)) {
        this.apply();
        return true;
      }
      this.cell = NONE;
      const to = path.length > this.end ? undefined : this.next(last);
      if (to !== undefined) this.step(to, this.cell);
      else {
        this.dead[last] = 1;
        path.pop();
        cellsOfPath.pop();
      }
    }
    return false;
  }

  private step(to: number, cell: number): void {
    this.path.push(to);
    this.cellsOfPath.push(cell);
  }

  private apply(): void {
    const {path, cellsOfPath} = this;
    for (let at = 1; at < path.length; at += 1)
      pass(this.network, path.at(at - 1), path.at(at), cellsOfPath.at(at));
  }

  /** The node to which the next arc leads. Where it uses a stored cell, that is in `cell` then. */
  private next(node: number): number | undefined {
    if (this.dead[node] === 1) return undefined;
    if (node === this.network.slack) return this.nextOfSlack();
    if (node < this.network.containers) return this.nextOfContainer(node);
    return this.nextOfBucket(node);
  }

  /** Whether the arc leads one level on, costs nothing and is open. */
  private leads(from: number, to: number, cost: number): boolean {
    return this.isNext(from, to) && this.isFree(from, to, cost);
  }

  private isNext(from: number, to: number): boolean {
    return this.level[to] === (this.level[from] ?? 0) + 1 && this.dead[to] === 0;
  }

  private isFree(from: number, to: number, cost: number): boolean {
    return cost !== FORBIDDEN && cost + (this.potential[from] ?? 0) === this.potential[to];
  }

  private over(cell: number, to: number): number {
    this.cell = cell;
    return to;
  }

  private nextOfSlack(): number | undefined {
    const {network} = this;
    const {slack, open, containers, buckets} = network;
    for (let at = this.cursor[slack] ?? 0; at < open.length + buckets; at += 1) {
      this.cursor[slack] = at;
      const container = open[at] ?? 0;
      const bucket = at - open.length;
      const to = bucket < 0 ? container : containers + bucket;
      const cost = bucket < 0 ? network.lowerCost(container) : network.takeInCost(bucket);
      if (this.leads(slack, to, cost)) return to;
    }
    this.cursor[slack] = open.length + buckets;
    return undefined;
  }

  private nextOfContainer(node: number): number | undefined {
    const {slack} = this.network;
    if (this.leads(node, slack, this.network.raiseCost(node))) return slack;
    if ((this.level[node] ?? 0) + 1 === this.end) return undefined;
    return (
      this.nextLater(node) ??
      this.nextStored(node) ??
      (this.network.isSoft ? this.nextImpliedOfContainer(node) : undefined)
    );
  }

  /** Cells that were stored since the first search, the latest first. */
  private nextLater(node: number): number | undefined {
    if (this.stage[node] !== LATER) return undefined;
    const {network} = this;
    const {cells, adjacency} = network;
    for (let cell = this.cursor[node] ?? NONE; cell >= adjacency.count;) {
      const to = network.nodeOf(cells.bucket[cell] ?? 0, node);
      if (this.leads(node, to, network.removeCost(cell))) return this.over(cell, to);
      cell = cells.nextOfContainer(cell);
      this.cursor[node] = cell;
    }
    this.stage[node] = BEFORE;
    this.cursor[node] = adjacency.ofContainer[node] ?? 0;
    return undefined;
  }

  /** Cells that were stored before the first search. */
  private nextStored(node: number): number | undefined {
    if (this.stage[node] !== BEFORE) return undefined;
    const {level, dead} = this;
    const {adjacency, firstHub} = this.network;
    const {hubs, removeCosts} = adjacency;
    const next = (level[node] ?? 0) + 1;
    const end = adjacency.ofContainer[node + 1] ?? 0;
    for (let at = this.cursor[node] ?? 0; at < end; at += 1) {
      const to = firstHub + (hubs[at] ?? 0);
      if (level[to] !== next || dead[to] === 1) continue;
      if (!this.isFree(node, to, removeCosts[at] ?? 0)) continue;
      this.cursor[node] = at;
      return this.over(adjacency.cells[at] ?? 0, to);
    }
    this.stage[node] = IMPLIED;
    this.cursor[node] = 0;
    return undefined;
  }

  /** Buckets of which the container holds the level and nothing is stored. */
  private nextImpliedOfContainer(node: number): number | undefined {
    const {network} = this;
    let passed = 0;
    for (const pool of network.poolsOf[node] ?? []) {
      const buckets = network.levelled[pool] ?? [];
      for (let at = Math.max(0, (this.cursor[node] ?? 0) - passed); at < buckets.length; at += 1) {
        this.cursor[node] = passed + at;
        const bucket = buckets[at] ?? 0;
        const to = network.nodeOf(bucket, node);
        if (!this.isNext(node, to)) continue;
        if (!this.isFree(node, to, network.impliedRemoveCost(bucket, node))) continue;
        if (network.cells.find(bucket, node) < 0) return to;
      }
      passed += buckets.length;
    }
    this.cursor[node] = passed;
    return undefined;
  }

  private nextOfBucket(node: number): number | undefined {
    const {network} = this;
    const {cells} = network;
    const bucket = network.bucketOf(node);
    if (node < network.slack) {
      const {slack} = network;
      if (this.leads(node, slack, network.leaveOutCost(bucket))) return slack;
      if (network.zones !== undefined) return this.nextZone(node, bucket, network.zones);
    } else {
      const to = network.containers + bucket;
      const cost = network.zoneRemoveCost(node - network.slack - 1);
      if (this.leads(node, to, cost)) return to;
    }
    const hub = node - network.firstHub;
    const {ofHub, linked} = network.adjacency;
    return (
      this.nextOfHub(node, ROW, linked[hub] ?? 0, cells.firstOfBucket[bucket] ?? NONE) ??
      this.nextAdded(node, bucket, linked[hub] ?? 0) ??
      this.nextOfHub(node, REST, ofHub[hub + 1] ?? 0, 0) ??
      this.nextImplied(node, bucket)
    );
  }

  /** The zones of a bucket; there is no other way on from it. */
  private nextZone(node: number, bucket: number, {zones}: ZoneShares): number | undefined {
    const {slack} = this.network;
    for (let zone = this.stage[node] ?? 0; zone < zones; zone += 1) {
      this.stage[node] = zone;
      const at = bucket * zones + zone;
      const to = slack + 1 + at;
      if (this.leads(node, to, this.network.zoneAddCost(at))) return to;
    }
    this.stage[node] = zones;
    return undefined;
  }

  /** The hub's cells in a stage, which ends before `end`. `next`: where the cursor begins in the next stage. */
  private nextOfHub(node: number, stage: number, end: number, next: number): number | undefined {
    if (this.stage[node] !== stage) return undefined;
    const {level, dead} = this;
    const {containers, addCosts, cellsOfHub} = this.network.adjacency;
    const onward = (level[node] ?? 0) + 1;
    for (let at = this.cursor[node] ?? 0; at < end; at += 1) {
      const to = containers[at] ?? 0;
      if (level[to] !== onward || dead[to] === 1) continue;
      const cell = cellsOfHub[at] ?? 0;
      if (!this.isFree(node, to, addCosts[cell] ?? 0)) continue;
      this.cursor[node] = at;
      return this.over(cell, to);
    }
    this.stage[node] = stage + 1;
    this.cursor[node] = next;
    return undefined;
  }

  /** Cells of the bucket that were stored since the first search, the latest first. `next`: as in `nextOfHub`. */
  private nextAdded(node: number, bucket: number, next: number): number | undefined {
    if (this.stage[node] !== ADDED) return undefined;
    const {network} = this;
    const {cells, adjacency} = network;
    for (let cell = this.cursor[node] ?? NONE; cell >= adjacency.count;) {
      const to = cells.container[cell] ?? 0;
      const leads = this.isNext(node, to) && this.isFree(node, to, network.addCost(cell));
      if (leads && network.nodeOf(bucket, to) === node) return this.over(cell, to);
      cell = cells.nextOfBucket(cell);
      this.cursor[node] = cell;
    }
    this.stage[node] = REST;
    this.cursor[node] = next;
    return undefined;
  }

  /** Class by class: the stage counts them from `CLASSES` on. */
  private nextImplied(node: number, bucket: number): number | undefined {
    const {network} = this;
    const classes = network.demand.classes[network.demand.poolOf[bucket] ?? 0] ?? [];
    for (let at = (this.stage[node] ?? CLASSES) - CLASSES; at < classes.length; at += 1) {
      this.stage[node] = at + CLASSES;
      const alike = classes[at];
      if (alike === undefined || !network.hasClass(node, alike)) continue;
      const to = this.nextOfClass(node, bucket, alike);
      if (to !== undefined) return to;
      this.cursor[node] = 0;
    }
    this.stage[node] = classes.length + CLASSES;
    return undefined;
  }

  private nextOfClass(node: number, bucket: number, alike: ContainerClass): number | undefined {
    const cost = this.network.impliedAddCost(bucket, alike);
    if (cost === FORBIDDEN) return undefined;
    const list = this.listFor(node, cost, alike);
    for (
      let at = list.from(this.cursor[node] ?? 0);
      at < list.items.length;
      at = list.from(at + 1)
    ) {
      this.cursor[node] = at;
      const to = list.items[at] ?? 0;
      if (this.dead[to] === 1) list.skip(at);
      else if (this.network.cells.find(bucket, to) < 0) return to;
    }
    return undefined;
  }

  /** Containers of the class one level on that cost nothing. */
  private listFor(node: number, cost: number, alike: ContainerClass): SkipList {
    const level = (this.level[node] ?? 0) + 1;
    const potential = cost + (this.potential[node] ?? 0);
    const ofClass = this.lists.get(alike) ?? [];
    this.lists.set(alike, ofClass);
    const ofLevel = ofClass[level] ?? new Map<number, SkipList>();
    ofClass[level] = ofLevel;
    let list = ofLevel.get(potential);
    if (list === undefined) {
      list = new SkipList(
        alike.members.filter((at) => this.level[at] === level && this.potential[at] === potential),
      );
      ofLevel.set(potential, list);
    }
    return list;
  }
}

/** Passes one unit along one arc. */
function pass(network: Network, from: number, to: number, cell: number): void {
  const {containers, slack} = network;
  if (from === slack) takeFromSlack(network, to);
  else if (to === slack) giveToSlack(network, from);
  else if (from < containers) change(network, cell, network.bucketOf(to), from, -1);
  else if (to < containers) change(network, cell, network.bucketOf(from), to, 1);
  else if (from < slack) countInZone(network, to - slack - 1, 1);
  else countInZone(network, from - slack - 1, -1);
}

function countInZone({zones}: Network, at: number, by: number): void {
  if (zones !== undefined) zones.counts[at] = (zones.counts[at] ?? 0) + by;
}

function takeFromSlack(network: Network, to: number): void {
  network.spill -= 1;
  const bucket = to - network.containers;
  if (bucket < 0) network.bound[to] = (network.bound[to] ?? 0) - 1;
  else network.leaveOut(bucket, -1);
}

function giveToSlack(network: Network, from: number): void {
  network.spill += 1;
  const bucket = from - network.containers;
  if (bucket < 0) network.bound[from] = (network.bound[from] ?? 0) + 1;
  else network.leaveOut(bucket, 1);
}

function change(
  network: Network,
  known: number,
  bucket: number,
  container: number,
  by: number,
): void {
  const {cells, levels} = network;
  const cell = known === NONE ? network.addCell(bucket, container) : known;
  cells.want[cell] = (cells.want[cell] ?? 0) + by;
  network.recost(cell);
  levels.totals[container] = (levels.totals[container] ?? 0) + by;
}
