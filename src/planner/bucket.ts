/** A bucket: the shards that are levelled together, and what each container shall hold of them. */
import type {Table} from './table.ts';

/** The free shards of one bucket and where they are. */
export interface Bucket {
  readonly pool: number;
  /** Free shards, in tie-break order. */
  readonly shards: Int32Array;
  /** Containers that hold some of them now (open ones of the pool) with how many. */
  readonly held: Map<number, number>;
  /** Pinned shards of the bucket on open containers. */
  pins: ReadonlyMap<number, number>;
  /** What every container of the pool holds of the bucket at least, pins counted. */
  level: number;
  /** So many containers hold one more. */
  extras: number;
  /** Containers that pins lift above the level: they get no free shard. */
  readonly full: Set<number>;
  /** Containers that get one more than `level`. */
  readonly extraAt: Set<number>;
  /** Containers that some homeless shard of the bucket would rather avoid. */
  readonly avoided: Set<number>;
}

export interface Shares {
  readonly buckets: readonly Bucket[];
  /** Per container: shards it will hold in all. */
  readonly totals: Int32Array;
  /** Per container: indexes of buckets that give it an extra. */
  readonly extrasOf: readonly Set<number>[];
}

/** Whether the container takes part in a bucket's levelling: it may get an extra. */
export function takesPart(table: Table, bucket: Bucket, container: number): boolean {
  return (
    table.mode[container] === 0 &&
    table.pools[bucket.pool]?.has[container] === 1 &&
    !bucket.full.has(container)
  );
}

/** 1 when an extra there saves a move. */
export function saving(bucket: Bucket, container: number): number {
  return (bucket.held.get(container) ?? 0) > bucket.level - (bucket.pins.get(container) ?? 0)
    ? 1
    : 0;
}

/** Free shards of the bucket that the container shall hold. */
export function targetOf(table: Table, bucket: Bucket, container: number): number {
  if (!takesPart(table, bucket, container)) return 0;
  return bucket.level - (bucket.pins.get(container) ?? 0) + (bucket.extraAt.has(container) ? 1 : 0);
}

export function moveExtra(shares: Shares, bucket: number, from: number, to: number): void {
  const entry = shares.buckets[bucket];
  if (entry === undefined) return;
  entry.extraAt.delete(from);
  entry.extraAt.add(to);
  shares.extrasOf[from]?.delete(bucket);
  shares.extrasOf[to]?.add(bucket);
  shares.totals[from] = (shares.totals[from] ?? 0) - 1;
  shares.totals[to] = (shares.totals[to] ?? 0) + 1;
}
