/** Shards that are not served, by since when: how many there are of any age is known without a look at each of them. Passive. */
import {PartitionedMap} from '../model/partitioned-map.ts';

export interface Gap {
  /** Whole ms. */
  readonly sinceMs: number;
  /** The same by Unix time, once it was reported: a clock that is set does not change it. */
  sinceWallMs?: number;
}

export class UnservedGaps {
  private readonly byShard = new PartitionedMap<Gap>();
  private readonly byInstant = new Map<number, Set<string>>();

  get size(): number {
    return this.byShard.size;
  }

  get(shard: string): Gap | undefined {
    return this.byShard.get(shard);
  }

  has(shard: string): boolean {
    return this.byShard.has(shard);
  }

  /** In the place of the one that it has. */
  set(shard: string, gap: Gap): void {
    this.delete(shard);
    const sinceMs = Math.floor(gap.sinceMs);
    this.byShard.set(shard, {...gap, sinceMs});
    const together = this.byInstant.get(sinceMs);
    if (together === undefined) this.byInstant.set(sinceMs, new Set([shard]));
    else together.add(shard);
  }

  delete(shard: string): void {
    const gap = this.byShard.get(shard);
    if (gap === undefined) return;
    this.byShard.delete(shard);
    const together = this.byInstant.get(gap.sinceMs);
    together?.delete(shard);
    if (together?.size === 0) this.byInstant.delete(gap.sinceMs);
  }

  /** One of those that have waited longest, and its gap. */
  longest(): readonly [string, Gap] | undefined {
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const sinceMs of this.byInstant.keys()) oldestMs = Math.min(oldestMs, sinceMs);
    const [shard] = this.byInstant.get(oldestMs) ?? [];
    const gap = this.byShard.get(shard ?? '');
    return shard === undefined || gap === undefined ? undefined : [shard, gap];
  }

  /** How many are not served since then or longer, and since when the longest of the others is not: Infinity where there are no others. */
  split(untilMs: number): {readonly count: number; readonly nextMs: number} {
    let [count, nextMs] = [0, Number.POSITIVE_INFINITY];
    for (const [sinceMs, together] of this.byInstant)
      if (sinceMs <= untilMs) count += together.size;
      else nextMs = Math.min(nextMs, sinceMs);
    return {count, nextMs};
  }
}
