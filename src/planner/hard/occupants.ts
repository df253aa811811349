/** What every container has as the plan stands: counts, loads and spread keys, against what it may have. Containers by index. */
import {UNLIMITED} from '../limits.ts';
import type {Limits} from '../columns.ts';
import {PairIndex} from '../matrix/pair-index.ts';
import type {Table} from '../table.ts';

const NOBODY = -1;

export class Occupants {
  private readonly table: Table;
  private readonly counts: Int32Array;
  /** In the units of limits. */
  private readonly load: Float64Array;
  private readonly limits: Limits | undefined;
  private readonly width: number;
  /** How many shards of a key are on a container. */
  private readonly keys: PairIndex | undefined;

  constructor(table: Table) {
    this.table = table;
    this.limits = table.loads?.limits;
    this.width = this.limits === undefined ? 0 : (table.loads?.metrics.length ?? 0);
    this.counts = new Int32Array(table.m);
    this.load = new Float64Array(table.m * this.width);
    this.keys = table.spreadKeys && new PairIndex(table.m);
  }

  /** Whether there is anything besides counts to look at. */
  static areLimited({spreadKeys, loads}: Table): boolean {
    return spreadKeys !== undefined || loads?.limits !== undefined;
  }

  add(shard: number, container: number): void {
    this.change(shard, container, 1);
  }

  remove(shard: number, container: number): void {
    this.change(shard, container, -1);
  }

  /** Whether the container may have it besides what it has, once `leaving` has left it; -1 for nobody. */
  fits(shard: number, container: number, leaving = NOBODY): boolean {
    const room = (this.counts[container] ?? 0) - (leaving === NOBODY ? 0 : 1);
    if (room >= (this.table.caps?.[container] ?? UNLIMITED)) return false;
    return this.fitsKey(shard, container, leaving) && this.fitsLoad(shard, container, leaving);
  }

  /** Whether no other shard with its key is there. */
  fitsKey(shard: number, container: number, leaving = NOBODY): boolean {
    const key = this.table.spreadKeys?.[shard] ?? -1;
    if (key < 0 || this.keys === undefined) return true;
    const others = Math.max(0, this.keys.get(key, container));
    return others === (leaving !== NOBODY && this.table.spreadKeys?.[leaving] === key ? 1 : 0);
  }

  /** Whether each metric of which it has load stays within the container's limit. */
  fitsLoad(shard: number, container: number, leaving = NOBODY): boolean {
    const {limits} = this;
    if (limits === undefined) return true;
    for (let metric = 0; metric < this.width; metric += 1) {
      const more = limits.ofShards[shard * this.width + metric] ?? 0;
      if (more === 0) continue;
      const less = leaving === NOBODY ? 0 : (limits.ofShards[leaving * this.width + metric] ?? 0);
      const at = container * this.width + metric;
      if ((this.load[at] ?? 0) + more - less > (limits.ofContainers[at] ?? 0)) return false;
    }
    return true;
  }

  /** Whether a shard that is there and counted breaks nothing: neither a count nor a key nor a limit. */
  holds(shard: number, container: number): boolean {
    const cap = this.table.caps?.[container] ?? UNLIMITED;
    if ((this.counts[container] ?? 0) > cap) return false;
    return this.keepsKey(shard, container) && this.keepsLimits(shard, container);
  }

  keepsKey(shard: number, container: number): boolean {
    return this.ofKey(shard, container) <= 1;
  }

  keepsLimits(shard: number, container: number): boolean {
    const {limits} = this;
    if (limits === undefined) return true;
    for (let metric = 0; metric < this.width; metric += 1) {
      if ((limits.ofShards[shard * this.width + metric] ?? 0) === 0) continue;
      const at = container * this.width + metric;
      if ((this.load[at] ?? 0) > (limits.ofContainers[at] ?? 0)) return false;
    }
    return true;
  }

  /** How many shards there have its key, itself included if it is there. */
  ofKey(shard: number, container: number): number {
    const key = this.table.spreadKeys?.[shard] ?? -1;
    return key < 0 ? 0 : Math.max(0, this.keys?.get(key, container) ?? 0);
  }

  /** The greatest load of a metric, in the units of limits; 0 where there are none. */
  sizeOf(shard: number): number {
    let size = 0;
    for (let metric = 0; metric < this.width; metric += 1)
      size = Math.max(size, this.limits?.ofShards[shard * this.width + metric] ?? 0);
    return size;
  }

  isFull(container: number): boolean {
    return (this.counts[container] ?? 0) >= (this.table.caps?.[container] ?? UNLIMITED);
  }

  /** The greatest load of a metric as a multiple of its limit: above 1 the limit is broken. */
  overflow(container: number): number {
    return this.worst(container).ratio;
  }

  worstMetric(container: number): number {
    return this.worst(container).metric;
  }

  /** How much of the metric is above the limit, in the units of limits. */
  excess(container: number, metric: number): number {
    const at = container * this.width + metric;
    return (this.load[at] ?? 0) - (this.limits?.ofContainers[at] ?? 0);
  }

  private worst(container: number): {ratio: number; metric: number} {
    const worst = {ratio: 0, metric: 0};
    for (let metric = 0; this.limits !== undefined && metric < this.width; metric += 1) {
      const at = container * this.width + metric;
      const ratio = (this.load[at] ?? 0) / (this.limits.ofContainers[at] ?? 1);
      if (ratio > worst.ratio) Object.assign(worst, {ratio, metric});
    }
    return worst;
  }

  private change(shard: number, container: number, by: number): void {
    if (container < 0) return;
    this.counts[container] = (this.counts[container] ?? 0) + by;
    for (let metric = 0; metric < this.width; metric += 1) {
      const at = container * this.width + metric;
      const load = this.limits?.ofShards[shard * this.width + metric] ?? 0;
      this.load[at] = (this.load[at] ?? 0) + by * load;
    }
    const key = this.table.spreadKeys?.[shard] ?? -1;
    if (key >= 0) this.keys?.set(key, container, Math.max(0, this.keys.get(key, container)) + by);
  }
}
