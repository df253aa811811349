/** Who is assigned where while hard rules are kept, and all that is counted of it. Containers by index. */
import type {MoveCause, PlacementReason} from '../../model/placement.ts';
import type {Utilisation} from '../load/utilisation.ts';
import type {MatrixBounds} from '../matrix/bounds.ts';
import type {Demand} from '../matrix/demand.ts';
import {freeOf, runsForbidden} from '../sorting.ts';
import type {Sorted} from '../sorting.ts';
import {UNLIMITED} from '../limits.ts';
import {OPEN} from '../table.ts';
import type {Table} from '../table.ts';
import {Occupants} from './occupants.ts';

export interface HardTask {
  readonly table: Table;
  readonly sorted: Sorted;
  readonly demand: Demand;
  readonly bounds: MatrixBounds;
  readonly utilisation: Utilisation | undefined;
  readonly target: Int32Array;
  /** Who comes first by the loads that limits count: 1 the largest, -1 the smallest, 0 in tie-break order. */
  readonly bySize: -1 | 0 | 1;
}

export class Assignment {
  readonly task: HardTask;
  readonly occupants: Occupants;
  /** Per shard: 1 for one that may be on any open container of its pool. */
  readonly isFree: Uint8Array;
  /** Per container: the shards that are assigned to it. */
  readonly on: readonly Set<number>[];
  /** Shards that got no container, and why. */
  readonly refused = new Map<number, PlacementReason>();
  /** Running shards that move because of a hard rule. */
  readonly causes = new Map<number, MoveCause>();

  constructor(task: HardTask) {
    this.task = task;
    this.occupants = new Occupants(task.table);
    this.isFree = freeOf(task.table, task.sorted);
    this.on = Array.from({length: task.table.m}, () => new Set<number>());
  }

  assign(shard: number, container: number): void {
    this.occupants.add(shard, container);
    this.on[container]?.add(shard);
  }

  unassign(shard: number, container: number): void {
    this.occupants.remove(shard, container);
    this.on[container]?.delete(shard);
  }

  /** The shard goes, and is assigned there. */
  goTo(shard: number, from: number, to: number): true {
    const {table, bounds, target, utilisation} = this.task;
    const rank = (container: number): number =>
      container < 0 ? -1 : (table.containerRank[container] ?? 0);
    target[shard] = to;
    this.refused.delete(shard);
    this.assign(shard, to);
    if (this.isFree[shard] === 1) bounds.move(table.bucket[shard] ?? 0, rank(from), rank(to));
    else if (from !== to) this.leaveClosed(shard, rank(from), rank(to));
    if (from >= 0) utilisation?.remove(shard, rank(from));
    utilisation?.add(shard, rank(to));
    this.noteCause(shard);
    return true;
  }

  /** From now on it counts for its bucket. */
  private leaveClosed(shard: number, from: number, to: number): void {
    const {table, bounds} = this.task;
    bounds.countFixed(from, -1);
    bounds.move(table.bucket[shard] ?? 0, -1, to);
  }

  private noteCause(shard: number): void {
    const {spreadKeys, current} = this.task.table;
    if ((current[shard] ?? -1) < 0) return;
    this.causes.set(shard, (spreadKeys?.[shard] ?? -1) >= 0 ? 'constraint' : 'capacity');
  }

  /** Whether it may stay where it runs, but for what comes there. */
  mayStay(shard: number): boolean {
    const {table} = this.task;
    const current = table.current[shard] ?? -1;
    return (
      this.isFree[shard] === 1 &&
      current >= 0 &&
      table.mode[current] === OPEN &&
      !runsForbidden(table, shard)
    );
  }

  openFor(bucket: number): readonly number[] {
    return this.task.table.pools[this.task.table.bucketPool[bucket] ?? 0]?.open ?? [];
  }

  /** Where it may go: the open containers of its pool, or its pin if that is open. */
  homesOf(shard: number): readonly number[] {
    const {table, target} = this.task;
    const pin = table.pin[shard] ?? -1;
    if (pin === -1) return this.openFor(table.bucket[shard] ?? 0);
    return pin >= 0 && table.mode[pin] === OPEN && target[shard] === pin ? [pin] : [];
  }

  keepsEven(bucket: number, from: number, to: number): boolean {
    const {table, bounds} = this.task;
    const rank = table.containerRank[to] ?? 0;
    if (from < 0 || table.mode[from] !== OPEN) return bounds.excessOf(bucket, rank) <= 0;
    return from === to || bounds.allowsMove(bucket, table.containerRank[from] ?? 0, rank);
  }

  lowest(bucket: number, containers: readonly number[]): number | undefined {
    const {bounds, table} = this.task;
    let best: number | undefined;
    let least: readonly [number, number] = [Number.POSITIVE_INFINITY, 0];
    for (const container of containers) {
      const rank = table.containerRank[container] ?? 0;
      // What has no share gets only what has no room elsewhere.
      const excess = bounds.hasShare(bucket, rank)
        ? Math.max(0, bounds.excessOf(bucket, rank))
        : UNLIMITED;
      const own = [excess, bounds.heightOf(rank)] as const;
      if (own[0] > least[0] || (own[0] === least[0] && own[1] >= least[1])) continue;
      [best, least] = [container, own];
    }
    return best;
  }

  exchange(shard: number, from: number, partner: number): true {
    const to = this.task.target[partner] ?? -1;
    this.unassign(partner, to);
    this.goTo(shard, from, to);
    return this.goTo(partner, to, from);
  }

  refuse(shard: number, from: number): void {
    const {table, bounds, target, utilisation} = this.task;
    const rank = from < 0 ? -1 : (table.containerRank[from] ?? 0);
    if (from >= 0) {
      if (this.isFree[shard] === 1) bounds.move(table.bucket[shard] ?? 0, rank, -1);
      else bounds.countFixed(rank, -1);
      utilisation?.remove(shard, rank);
    }
    target[shard] = -1;
    this.refused.set(shard, this.reasonOf(shard));
  }

  private reasonOf(shard: number): PlacementReason {
    const {table} = this.task;
    const pin = table.pin[shard] ?? -1;
    const open = pin >= 0 ? [pin] : this.openFor(table.bucket[shard] ?? 0);
    const roomy = open.filter((container) => !this.occupants.isFull(container));
    if (open.length > 0 && roomy.length === 0) return 'capacity';
    return roomy.some((container) => this.occupants.fitsKey(shard, container))
      ? 'metric-limit'
      : 'spread-key';
  }
}
