/**
 * How many shards of each bucket each container shall hold: floor or ceil of the share per bucket (water level over pins)
 * and of the total over all buckets, with the fewest moves. Controlled rounding: the base is fixed, only who gets one
 * of the extras is chosen (planner.md, "Objectives").
 */
import type {Bucket, Shares} from './bucket.ts';
import {giveExtras} from './extras.ts';
import type {Sorted} from './sorting.ts';
import type {Table} from './table.ts';

const NO_PINS: ReadonlyMap<number, number> = new Map();

export function share(table: Table, sorted: Sorted): Shares {
  const totals = new Int32Array(table.m);
  const pinned = countFixed(table, sorted, totals);
  const buckets = gather(table, sorted);
  for (const [index, bucket] of buckets.entries()) {
    setLevel(table, bucket, pinned.get(index));
    addBase(table, bucket, totals);
  }
  const shares: Shares = {
    buckets,
    totals,
    extrasOf: Array.from({length: table.m}, () => new Set<number>()),
  };
  giveExtras(table, shares);
  return shares;
}

/** Fixed shards fill containers before anything is levelled; those of a bucket count for its level. */
function countFixed(
  table: Table,
  sorted: Sorted,
  totals: Int32Array,
): Map<number, Map<number, number>> {
  const pinned = new Map<number, Map<number, number>>();
  for (let shard = 0; shard < table.n; shard += 1) {
    const container = sorted.fixed[shard] ?? -1;
    if (container < 0) continue;
    totals[container] = (totals[container] ?? 0) + 1;
    if (table.mode[container] !== 0) continue;
    const bucket = table.bucket[shard] ?? 0;
    const counts = pinned.get(bucket) ?? new Map<number, number>();
    counts.set(container, (counts.get(container) ?? 0) + 1);
    pinned.set(bucket, counts);
  }
  return pinned;
}

function gather(table: Table, sorted: Sorted): Bucket[] {
  const sizes = new Int32Array(table.bucketPool.length);
  for (const shard of sorted.free)
    sizes[table.bucket[shard] ?? 0] = (sizes[table.bucket[shard] ?? 0] ?? 0) + 1;
  const buckets = table.bucketPool.map((pool, index): Bucket => ({
    pool,
    shards: new Int32Array(sizes[index] ?? 0),
    held: new Map(),
    level: 0,
    extras: 0,
    pins: NO_PINS,
    full: new Set(),
    extraAt: new Set(),
    avoided: new Set(),
  }));
  sizes.fill(0);
  for (const shard of sorted.free) {
    const index = table.bucket[shard] ?? 0;
    const bucket = buckets[index];
    if (bucket === undefined) continue;
    bucket.shards[sizes[index] ?? 0] = shard;
    sizes[index] = (sizes[index] ?? 0) + 1;
    const current = table.current[shard] ?? -1;
    if (current >= 0 && table.mode[current] === 0 && table.pools[bucket.pool]?.has[current] === 1) {
      bucket.held.set(current, (bucket.held.get(current) ?? 0) + 1);
    } else if ((table.avoid[shard] ?? -1) >= 0) bucket.avoided.add(table.avoid[shard] ?? -1);
  }
  return buckets;
}

/** Water level: containers that pins lift above it keep their pins and get nothing; the others share the rest. */
function setLevel(
  table: Table,
  bucket: Bucket,
  pinned: ReadonlyMap<number, number> | undefined,
): void {
  const open = table.pools[bucket.pool]?.open ?? [];
  const n = bucket.shards.length;
  if (open.length === 0) return;
  if (pinned === undefined || pinned.size === 0) {
    bucket.level = Math.floor(n / open.length);
    bucket.extras = n - bucket.level * open.length;
    return;
  }
  setLevelOverPins(bucket, open, pinned, n);
}

function setLevelOverPins(
  bucket: Bucket,
  open: readonly number[],
  pinned: ReadonlyMap<number, number>,
  n: number,
): void {
  const counts = open.map((container) => pinned.get(container) ?? 0).sort((a, b) => a - b);
  let sum = n;
  let members = 0;
  let level = 0;
  for (const [index, count] of counts.entries()) {
    sum += count;
    members = index + 1;
    level = Math.floor(sum / members);
    if (level < (counts[index + 1] ?? Number.POSITIVE_INFINITY)) break;
  }
  const rest = sum - level * members;
  bucket.level = level;
  bucket.extras = rest;
  bucket.pins = pinned;
  for (const [container, count] of pinned) if (count > level) bucket.full.add(container);
}

function addBase(table: Table, bucket: Bucket, totals: Int32Array): void {
  if (bucket.level === 0) return;
  for (const container of table.pools[bucket.pool]?.open ?? []) {
    if (bucket.full.has(container)) continue;
    totals[container] = (totals[container] ?? 0) + bucket.level - (bucket.pins.get(container) ?? 0);
  }
}
