/** How far, in arcs that cost nothing after the search, each node is from those with units to pass on: breadth first. */
import {FORBIDDEN} from './network.ts';
import type {Network} from './network.ts';
import type {NodeColumns} from './node-columns.ts';
import type {Prices} from './prices.ts';
import {classesOf} from './search.ts';
import type {PotentialClasses} from './search.ts';

const UNREACHED = -1;

/** Levels of one round after the other. */
export class Levelling {
  /** -1 where no path to a sink goes. */
  readonly level: Int32Array;
  /** Level of the nearest sinks. */
  end = Number.POSITIVE_INFINITY;
  private readonly network: Network;
  private readonly potential: Prices;
  /** Per node: 1 where it has a level. */
  private readonly closed: Uint8Array;
  /** Nodes with a level, in the order in which they got it. */
  private readonly order: Int32Array;
  private classes: PotentialClasses = [];
  private size = 0;

  constructor(network: Network, {potential, level, marks, numbers}: NodeColumns) {
    this.network = network;
    this.potential = potential;
    this.level = level;
    this.closed = marks;
    this.order = numbers;
  }

  /** Begins a round. Returns the nodes with units to pass on; empty when none of them reaches a sink. */
  run(): number[] {
    this.level.fill(UNREACHED);
    this.closed.fill(0);
    this.size = 0;
    this.end = Number.POSITIVE_INFINITY;
    this.classes = classesOf(this.network, this.potential);
    const sources = [...this.network.open, this.network.slack].filter((node) =>
      this.network.isSource(node),
    );
    for (const node of sources) this.put(node, 0);
    for (let at = 0; at < this.size; at += 1) {
      const node = this.order[at] ?? 0;
      const level = this.level[node] ?? 0;
      if (level >= this.end) break;
      this.leave(node, level);
    }
    return this.end === Number.POSITIVE_INFINITY ? [] : sources;
  }

  /** Where sinks are, only they matter. */
  private put(node: number, level: number): void {
    if (this.network.isSink(node)) this.end = level;
    else if (level === this.end) return;
    this.level[node] = level;
    this.closed[node] = 1;
    this.order[this.size] = node;
    this.size += 1;
  }

  private leave(node: number, level: number): void {
    const {network, potential} = this;
    const from = potential[node] ?? 0;
    if (node < network.containers && level + 1 === this.end) {
      // A hub is not a sink.
      const {slack} = network;
      if (this.closed[slack] === 0 && from + network.raiseCost(node) === potential[slack])
        this.put(slack, level + 1);
      return;
    }
    const arcs = network.arcsOf(node, this.closed);
    for (let arc = 0; arc < arcs; arc += 1) {
      const to = network.to[arc] ?? 0;
      if (from + (network.prices[arc] ?? 0) === potential[to]) this.put(to, level + 1);
    }
    if (node < network.containers || node === network.slack) return;
    const bucket = network.bucketOf(node);
    for (const {alike, byPotential} of this.classes[network.demand.poolOf[bucket] ?? 0] ?? []) {
      if (!network.hasClass(node, alike)) continue;
      const cost = network.impliedAddCost(bucket, alike);
      const key = cost + (this.potential[node] ?? 0);
      const members = byPotential.get(key)?.members;
      if (cost === FORBIDDEN || members === undefined || members.length === 0) continue;
      this.putUnstored(node, members, level + 1);
    }
  }

  /** Puts the members whose cells are not stored, and takes them out, as those that have a level. */
  private putUnstored(node: number, members: number[], level: number): void {
    let left = 0;
    for (let at = 0; at < members.length; at += 1) {
      const container = members[at] ?? 0;
      if (this.level[container] !== UNREACHED) continue;
      if (this.network.isStored(node, container)) {
        members[left] = container;
        left += 1;
      } else this.put(container, level);
    }
    if (left < members.length) members.length = left;
  }
}
