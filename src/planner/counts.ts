/** How many shards each container is to hold, of each bucket and in all, kept up while single shards are redirected. */
import {UNLIMITED} from './limits.ts';
import {Occupants} from './hard/occupants.ts';
import type {Table} from './table.ts';
import {ZoneCounts} from './zone-counts.ts';

export class Counts {
  private readonly table: Table;
  private readonly target: Int32Array;
  /** Undefined where nothing but counts is limited. */
  private readonly occupants: Occupants | undefined;
  /** Undefined where zones do not count. */
  private readonly zones: ZoneCounts | undefined;
  private readonly totals: Int32Array;
  private readonly running: Int32Array;
  /** Shards by container as of the beginning: where those of each begin, and they, in tie-break order. */
  private readonly start: Int32Array;
  private readonly shards: Int32Array;
  /** Counts by bucket of each container that was asked for. */
  private readonly byBucket = new Map<number, Map<number, number>>();

  constructor(table: Table, target: Int32Array) {
    this.table = table;
    this.target = target;
    if (Occupants.areLimited(table)) this.occupants = new Occupants(table);
    for (const [shard, container] of target.entries())
      if (container >= 0) this.occupants?.add(shard, container);
    this.zones = table.zones && new ZoneCounts(table, table.zones, target);
    this.totals = countsOf(target, table.m);
    this.running = countsOf(table.current, table.m);
    this.start = new Int32Array(table.m + 1);
    for (let container = 0; container < table.m; container += 1)
      this.start[container + 1] = (this.start[container] ?? 0) + (this.totals[container] ?? 0);
    this.shards = new Int32Array(this.start[table.m] ?? 0);
    const next = this.start.slice();
    for (const shard of table.shardOrder) {
      const container = target[shard] ?? -1;
      if (container < 0) continue;
      const at = next[container] ?? 0;
      this.shards[at] = shard;
      next[container] = at + 1;
    }
  }

  /** Whether one more shard keeps the container within the limit, also while those that leave it are still there. */
  hasCapacity(container: number): boolean {
    const most = Math.max(this.totals[container] ?? 0, this.running[container] ?? 0);
    return most < (this.table.caps?.[container] ?? UNLIMITED);
  }

  /** Whether it breaks no metric limit and no spread key that the shard comes there from `from`. */
  keepsRules(shard: number, container: number, from: number): boolean {
    if (from === container || this.occupants === undefined) return true;
    return this.occupants.fitsKey(shard, container) && this.occupants.fitsLoad(shard, container);
  }

  /** What it brings that the shard goes to the other container: above 0 counts are more even then, at 0 as even, below 0 less. */
  gain(shard: number, from: number, to: number): number {
    const ofZones = this.zones?.gain(shard, from, to) ?? 0;
    if (ofZones !== 0) return ofZones;
    const bucket = this.table.bucket[shard] ?? 0;
    const uneven = this.ofBucket(from, bucket) - this.ofBucket(to, bucket) - 1;
    return uneven !== 0 ? uneven : (this.totals[from] ?? 0) - (this.totals[to] ?? 0) - 1;
  }

  /** The shard goes elsewhere. `from` -1: it had no container. */
  redirect(shard: number, from: number, to: number): void {
    const bucket = this.table.bucket[shard] ?? 0;
    if (from >= 0) this.add(from, bucket, -1);
    this.add(to, bucket, 1);
    this.zones?.redirect(shard, from, to);
    if (from >= 0) this.occupants?.remove(shard, from);
    this.occupants?.add(shard, to);
  }

  /** Of the highest container that has any such shard the one that moved least recently. */
  firstOffHighest(isMeant: (shard: number) => boolean): number | undefined {
    const order = Int32Array.from(this.totals.keys()).sort(
      (a, b) =>
        (this.totals[b] ?? 0) - (this.totals[a] ?? 0) ||
        (this.table.containerRank[a] ?? 0) - (this.table.containerRank[b] ?? 0),
    );
    for (const container of order) {
      const found = this.leastRecent(container, isMeant);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private leastRecent(container: number, isMeant: (shard: number) => boolean): number | undefined {
    const {movedAt} = this.table;
    let best: number | undefined;
    const end = this.start[container + 1] ?? 0;
    for (let at = this.start[container] ?? 0; at < end; at += 1) {
      const shard = this.shards[at] ?? 0;
      if (this.target[shard] !== container || !isMeant(shard)) continue;
      if (best === undefined || (movedAt?.[shard] ?? 0) < (movedAt?.[best] ?? 0)) best = shard;
    }
    return best;
  }

  private add(container: number, bucket: number, by: number): void {
    const counts = this.ofContainer(container);
    counts.set(bucket, (counts.get(bucket) ?? 0) + by);
    this.totals[container] = (this.totals[container] ?? 0) + by;
  }

  private ofBucket(container: number, bucket: number): number {
    return this.ofContainer(container).get(bucket) ?? 0;
  }

  private ofContainer(container: number): Map<number, number> {
    const known = this.byBucket.get(container);
    if (known !== undefined) return known;
    const counts = new Map<number, number>();
    const end = this.start[container + 1] ?? 0;
    for (let at = this.start[container] ?? 0; at < end; at += 1) {
      const bucket = this.table.bucket[this.shards[at] ?? 0] ?? 0;
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    this.byBucket.set(container, counts);
    return counts;
  }
}

/** Per container: how many shards a column has there. */
export function countsOf(containers: Int32Array, m: number): Int32Array {
  const counts = new Int32Array(m);
  for (const container of containers)
    if (container >= 0) counts[container] = (counts[container] ?? 0) + 1;
  return counts;
}
