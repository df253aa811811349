/** Metric limits that running shards break: one shard after the other leaves, by itself or for one with less load. */
import {SWAP_PARTNERS} from './limits.ts';
import {OPEN} from '../table.ts';
import type {Assignment} from './assignment.ts';

/** The worst container first, until none can be helped. */
export function relieveOverflows(assignment: Assignment): void {
  new Relief(assignment).run();
}

class Relief {
  private readonly assignment: Assignment;

  constructor(assignment: Assignment) {
    this.assignment = assignment;
  }

  run(): void {
    const open = new Set(
      [...this.assignment.on.keys()].filter((at) => this.assignment.task.table.mode[at] === OPEN),
    );
    while (open.size > 0) {
      let worst = -1;
      for (const container of open)
        if (
          worst < 0 ||
          this.assignment.occupants.overflow(container) > this.assignment.occupants.overflow(worst)
        )
          worst = container;
      if (this.assignment.occupants.overflow(worst) <= 1) return;
      if (!this.relieve(worst)) open.delete(worst);
    }
  }

  /** One shard leaves, by itself or for one with less load. The least that is enough goes first, else the most there is. */
  private relieve(container: number): boolean {
    const {loads} = this.assignment.task.table;
    if (loads === undefined) return false;
    const metric = this.assignment.occupants.worstMetric(container);
    const load = (shard: number): number =>
      loads.limits?.ofShards[shard * loads.metrics.length + metric] ?? 0;
    const excess = this.assignment.occupants.excess(container, metric);
    const candidates = [...(this.assignment.on[container] ?? [])]
      .filter((shard) => this.assignment.isFree[shard] === 1 && load(shard) > 0)
      .sort((a, b) => load(a) - load(b));
    const enough = candidates.filter((shard) => load(shard) >= excess);
    const less = candidates.filter((shard) => load(shard) < excess).reverse();
    return [...enough, ...less]
      .slice(0, SWAP_PARTNERS)
      .some((shard) => this.leave(shard, container, load));
  }

  private leave(shard: number, from: number, load: (shard: number) => number): boolean {
    const {table} = this.assignment.task;
    const bucket = table.bucket[shard] ?? 0;
    const fitting = this.assignment
      .openFor(bucket)
      .filter((to) => to !== from && this.assignment.occupants.fits(shard, to));
    const even = this.assignment.lowest(
      bucket,
      fitting.filter((to) => this.assignment.keepsEven(bucket, from, to)),
    );
    if (even === undefined && this.swapForLess(shard, from, load)) return true;
    const to = even ?? this.assignment.lowest(bucket, fitting);
    if (to === undefined) return false;
    this.assignment.unassign(shard, from);
    return this.assignment.goTo(shard, from, to);
  }

  private swapForLess(shard: number, from: number, load: (shard: number) => number): boolean {
    const {demand, table, target} = this.assignment.task;
    const bucket = table.bucket[shard] ?? 0;
    const start = demand.start[bucket] ?? 0;
    const end = Math.min(demand.start[bucket + 1] ?? 0, start + SWAP_PARTNERS);
    const before = this.assignment.occupants.overflow(from);
    for (let at = start; at < end; at += 1) {
      const partner = demand.shards[at] ?? 0;
      const to = target[partner] ?? -1;
      if (to < 0 || to === from || load(partner) >= load(shard)) continue;
      if (
        this.assignment.on[to]?.has(partner) !== true ||
        !this.assignment.occupants.fits(shard, to, partner)
      )
        continue;
      this.assignment.unassign(shard, from);
      this.assignment.assign(partner, from);
      const after = this.assignment.occupants.overflow(from);
      const fits =
        this.assignment.occupants.keepsKey(partner, from) && after < before && after <= 1;
      this.assignment.unassign(partner, from);
      if (fits) return this.assignment.exchange(shard, from, partner);
      this.assignment.assign(shard, from);
    }
    return false;
  }
}
