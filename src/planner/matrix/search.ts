/** Shortest paths from whoever has too many, by Dijkstra over prices made non-negative by potentials. */
import {DistanceQueue} from './distance-queue.ts';
import type {ContainerClass} from './demand.ts';
import {FORBIDDEN} from './network.ts';
import type {Network} from './network.ts';
import type {NodeColumns} from './node-columns.ts';
import type {Prices} from './prices.ts';

/** Containers alike for a bucket, and of one potential: all of them cost it the same. */
export interface PotentialList {
  readonly alike: ContainerClass;
  readonly potential: number;
  readonly members: number[];
}

/** Containers alike for a bucket, by their potential. */
export interface PotentialClass {
  readonly alike: ContainerClass;
  readonly lists: readonly PotentialList[];
  readonly byPotential: ReadonlyMap<number, PotentialList>;
}

/** By pool. */
export type PotentialClasses = readonly (readonly PotentialClass[])[];

export function classesOf(network: Network, potential: Prices): PotentialClasses {
  return network.demand.classes.map((classes) =>
    classes.map((alike) => {
      const byPotential = new Map<number, PotentialList>();
      for (const container of alike.members) {
        const own = potential[container] ?? 0;
        const known = byPotential.get(own);
        if (known === undefined)
          byPotential.set(own, {alike, potential: own, members: [container]});
        else known.members.push(container);
      }
      return {alike, lists: [...byPotential.values()], byPotential};
    }),
  );
}

/** One search. It ends at the nearest node that lacks units. */
export class Search {
  private readonly network: Network;
  private readonly potential: Prices;
  private readonly distance: Prices;
  /** Per node: 1 where no shorter way can be found. */
  private readonly closed: Uint8Array;
  /** Nodes; and as -1 - node, hubs that reach whole lists of containers at that distance. */
  private readonly queue = new DistanceQueue();
  /** Containers not reached yet. */
  private readonly classes: PotentialClasses;
  private at = 0;
  /** Distance of the nearest sink known. Nothing at it or beyond matters. */
  private nearest = FORBIDDEN;

  constructor(network: Network, {potential, distance, marks}: NodeColumns) {
    this.network = network;
    this.potential = potential;
    this.distance = distance.fill(FORBIDDEN);
    this.closed = marks.fill(0);
    this.classes = classesOf(network, potential);
  }

  /** Raises the potentials so that all shortest paths to the nearest sink cost nothing. False when no sink is reached. */
  run(): boolean {
    this.settle();
    const {nearest, potential, distance} = this;
    if (nearest === FORBIDDEN) return false;
    if (nearest === 0) return true;
    for (let node = 0; node < potential.length; node += 1)
      potential[node] = (potential[node] ?? 0) + Math.min(distance[node] ?? FORBIDDEN, nearest);
    return true;
  }

  private settle(): void {
    for (const container of this.network.open)
      if (this.network.isSource(container)) this.offer(container, 0);
    if (this.network.isSource(this.network.slack)) this.offer(this.network.slack, 0);
    for (let next = this.queue.nearest(); next !== undefined; next = this.queue.nearest()) {
      const {distance, items} = next;
      this.at = distance;
      while (items.length > 0) {
        if (distance >= this.nearest) return;
        const item = items.pop();
        if (item < 0) this.sweepLists(-1 - item);
        else if (this.closed[item] === 0 && this.distance[item] === distance) this.leave(item);
      }
      this.queue.drop();
    }
  }

  private offer(node: number, distance: number): void {
    if (distance >= this.nearest || distance >= (this.distance[node] ?? 0)) return;
    this.distance[node] = distance;
    if (this.network.isSink(node)) this.nearest = distance;
    else this.queue.push(node, distance);
  }

  private leave(node: number): void {
    const {network, potential, distance, at} = this;
    this.closed[node] = 1;
    const from = at + (potential[node] ?? 0);
    const arcs = network.arcsOf(node, this.closed);
    for (let arc = 0; arc < arcs; arc += 1) {
      const to = network.to[arc] ?? 0;
      const there = from + (network.prices[arc] ?? 0) - (potential[to] ?? 0);
      if (there < (distance[to] ?? 0)) this.offer(to, there);
    }
    if (node < this.network.containers || node === this.network.slack) return;
    this.reachLists(node);
  }

  /** Whole lists are reached at one distance: now, or when the queue comes to it. */
  private reachLists(node: number): void {
    const {network, at} = this;
    const bucket = network.bucketOf(node);
    for (const known of this.classes[network.demand.poolOf[bucket] ?? 0] ?? []) {
      if (!network.hasClass(node, known.alike)) continue;
      const cost = network.impliedAddCost(bucket, known.alike);
      if (cost === FORBIDDEN) continue;
      const there = at + cost + (this.potential[node] ?? 0);
      for (const {members, potential} of known.lists) {
        const distance = there - potential;
        if (members.length === 0 || distance >= this.nearest) continue;
        if (distance === at) this.sweep(node, members);
        else this.queue.push(-1 - node, distance);
      }
    }
  }

  /** The lists that the node reaches at this distance. */
  private sweepLists(node: number): void {
    const {network} = this;
    const bucket = network.bucketOf(node);
    const before = (this.distance[node] ?? 0) + (this.potential[node] ?? 0) - this.at;
    for (const {alike, byPotential} of this.classes[network.demand.poolOf[bucket] ?? 0] ?? []) {
      if (!network.hasClass(node, alike)) continue;
      const members = byPotential.get(before + network.impliedAddCost(bucket, alike))?.members;
      if (members !== undefined) this.sweep(node, members);
    }
  }

  /** Who is reached, now or before, leaves its list: nobody will reach it on a shorter way. */
  private sweep(node: number, members: number[]): void {
    let left = 0;
    for (let at = 0; at < members.length; at += 1) {
      const container = members[at] ?? 0;
      if ((this.distance[container] ?? 0) <= this.at) continue;
      if (this.network.isStored(node, container)) {
        members[left] = container;
        left += 1;
      } else this.offer(container, this.at);
    }
    if (left < members.length) members.length = left;
  }
}
