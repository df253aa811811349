/** Metric limits that running shards break: one shard after the other leaves, by itself or for one with less load. */
import {SWAP_PARTNERS} from './limits.ts';
import {OPEN} from '../table.ts';
import type {Settlement} from './settlement.ts';

/** The worst container first, until none can be helped. */
export function relieveOverflows(settled: Settlement): void {
  new Relief(settled).run();
}

class Relief {
  private readonly settled: Settlement;

  constructor(settled: Settlement) {
    this.settled = settled;
  }

  run(): void {
    const open = new Set(
      [...this.settled.on.keys()].filter((at) => this.settled.task.table.mode[at] === OPEN),
    );
    while (open.size > 0) {
      let worst = -1;
      for (const container of open)
        if (
          worst < 0 ||
          this.settled.occupants.overflow(container) > this.settled.occupants.overflow(worst)
        )
          worst = container;
      if (this.settled.occupants.overflow(worst) <= 1) return;
      if (!this.relieve(worst)) open.delete(worst);
    }
  }

  /** One shard leaves, by itself or for one with less load. The least that is enough goes first, else the most there is. */
  private relieve(container: number): boolean {
    const {loads} = this.settled.task.table;
    if (loads === undefined) return false;
    const metric = this.settled.occupants.worstMetric(container);
    const load = (shard: number): number =>
      loads.limits?.ofShards[shard * loads.metrics.length + metric] ?? 0;
    const excess = this.settled.occupants.excess(container, metric);
    const candidates = [...(this.settled.on[container] ?? [])]
      .filter((shard) => this.settled.isFree[shard] === 1 && load(shard) > 0)
      .sort((a, b) => load(a) - load(b));
    const enough = candidates.filter((shard) => load(shard) >= excess);
    const less = candidates.filter((shard) => load(shard) < excess).reverse();
    return [...enough, ...less]
      .slice(0, SWAP_PARTNERS)
      .some((shard) => this.leave(shard, container, load));
  }

  private leave(shard: number, from: number, load: (shard: number) => number): boolean {
    const {table} = this.settled.task;
    const bucket = table.bucket[shard] ?? 0;
    const fitting = this.settled
      .openFor(bucket)
      .filter((to) => to !== from && this.settled.occupants.fits(shard, to));
    const even = this.settled.lowest(
      bucket,
      fitting.filter((to) => this.settled.keepsEven(bucket, from, to)),
    );
    if (even === undefined && this.swapForLess(shard, from, load)) return true;
    const to = even ?? this.settled.lowest(bucket, fitting);
    if (to === undefined) return false;
    this.settled.unsettle(shard, from);
    return this.settled.goTo(shard, from, to);
  }

  private swapForLess(shard: number, from: number, load: (shard: number) => number): boolean {
    const {demand, table, target} = this.settled.task;
    const bucket = table.bucket[shard] ?? 0;
    const start = demand.start[bucket] ?? 0;
    const end = Math.min(demand.start[bucket + 1] ?? 0, start + SWAP_PARTNERS);
    const before = this.settled.occupants.overflow(from);
    for (let at = start; at < end; at += 1) {
      const partner = demand.shards[at] ?? 0;
      const to = target[partner] ?? -1;
      if (to < 0 || to === from || load(partner) >= load(shard)) continue;
      if (
        this.settled.on[to]?.has(partner) !== true ||
        !this.settled.occupants.fits(shard, to, partner)
      )
        continue;
      this.settled.unsettle(shard, from);
      this.settled.settle(partner, from);
      const after = this.settled.occupants.overflow(from);
      const fits = this.settled.occupants.keepsKey(partner, from) && after < before && after <= 1;
      this.settled.unsettle(partner, from);
      if (fits) return this.settled.exchange(shard, from, partner);
      this.settled.settle(shard, from);
    }
    return false;
  }
}
