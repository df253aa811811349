/**
 * What has to be placed, as numbers. Containers are numbered by rank, their place in the tie-break order, so that every
 * tie further on is broken by the lower number.
 */
import type {Sorted} from '../sorting.ts';
import {DRAINING, OPEN} from '../table.ts';
import type {Table} from '../table.ts';

export interface Demand {
  /** Containers, open or not. */
  readonly containers: number;
  /** Per pool: its open containers, ascending. */
  readonly pools: readonly Int32Array[];
  readonly buckets: number;
  /** Per bucket: index of its pool. */
  readonly poolOf: Int32Array;
  /** Free shards by bucket; within one those without a place they may keep first, then by container; then in tie-break order. */
  readonly shards: Int32Array;
  /** Per bucket: where its shards begin in `shards`; one entry more than buckets. */
  readonly start: Int32Array;
  /** Per bucket: how many of its shards have no place they may keep. */
  readonly waiting: Int32Array;
  /** Per bucket: how many of those run on a draining container and may stay there while there is no room. */
  readonly mayStay: Int32Array;
  /** Per shard: the open container where it runs and may stay; -1 for none. */
  readonly place: Int32Array;
  /** Per shard: when it last moved; undefined when that is known of none. */
  readonly movedAt: Float64Array | undefined;
  /** Per container: shards that are bound to it and open to no choice. */
  readonly fixed: Int32Array;
  /** Per bucket with pins on open containers: how many on which. */
  readonly pins: ReadonlyMap<number, ReadonlyMap<number, number>>;
  /** Per container: pinned shards that are not there yet; they are counted in `fixed`, too. */
  readonly arriving: Int32Array;
}

export function demandOf(table: Table, sorted: Sorted): Demand {
  const buckets = table.bucketPool.length;
  const {place, mayStay} = placesOf(table, sorted.free, buckets);
  const {start, waiting, shards} = sortFree(table, sorted.free, place);
  return {
    containers: table.m,
    pools: table.pools.map(({open}) => Int32Array.from(open, (at) => table.containerRank[at] ?? 0)),
    buckets,
    poolOf: Int32Array.from(table.bucketPool),
    shards,
    start,
    waiting,
    mayStay,
    place,
    movedAt: table.movedAt,
    ...fixedOf(table, sorted),
  };
}

function placesOf(
  table: Table,
  free: Int32Array,
  buckets: number,
): Pick<Demand, 'place' | 'mayStay'> {
  const place = new Int32Array(table.n).fill(-1);
  const mayStay = new Int32Array(buckets);
  const members = table.bucketPool.map((pool) => table.pools[pool]?.has);
  for (const shard of free) {
    const current = table.current[shard] ?? -1;
    if (current < 0) continue;
    const bucket = table.bucket[shard] ?? 0;
    if (members[bucket]?.[current] !== 1) continue;
    if (table.mode[current] === OPEN) place[shard] = table.containerRank[current] ?? 0;
    else if (table.mode[current] === DRAINING) mayStay[bucket] = (mayStay[bucket] ?? 0) + 1;
  }
  return {place, mayStay};
}

/** Two counting sorts, by container and then by bucket; both keep the tie-break order. */
function sortFree(
  table: Table,
  free: Int32Array,
  place: Int32Array,
): Pick<Demand, 'shards' | 'start' | 'waiting'> {
  const buckets = table.bucketPool.length;
  const waiting = new Int32Array(buckets);
  for (const shard of free) {
    const bucket = table.bucket[shard] ?? 0;
    if ((place[shard] ?? -1) < 0) waiting[bucket] = (waiting[bucket] ?? 0) + 1;
  }
  const byContainer = new Int32Array(free.length);
  countingSort(free, byContainer, table.m + 1, (shard) => (place[shard] ?? -1) + 1);
  if (buckets === 1) return {shards: byContainer, start: Int32Array.of(0, free.length), waiting};
  const shards = new Int32Array(free.length);
  const start = countingSort(byContainer, shards, buckets, (shard) => table.bucket[shard] ?? 0);
  return {shards, start, waiting};
}

/** Sorts `items` by key into `sorted`, stable. Returns where each key begins, and the end. */
function countingSort(
  items: Int32Array,
  sorted: Int32Array,
  keys: number,
  keyOf: (item: number) => number,
): Int32Array {
  const start = new Int32Array(keys + 1);
  for (const item of items) {
    const key = keyOf(item);
    start[key + 1] = (start[key + 1] ?? 0) + 1;
  }
  for (let key = 0; key < keys; key += 1)
    start[key + 1] = (start[key + 1] ?? 0) + (start[key] ?? 0);
  const next = start.slice();
  for (const item of items) {
    const key = keyOf(item);
    const at = next[key] ?? 0;
    sorted[at] = item;
    next[key] = at + 1;
  }
  return start;
}

function fixedOf(table: Table, sorted: Sorted): Pick<Demand, 'fixed' | 'pins' | 'arriving'> {
  const fixed = new Int32Array(table.m);
  const arriving = new Int32Array(table.m);
  const pins = new Map<number, Map<number, number>>();
  // In tie-break order: cells of pins are numbered in the order of these maps.
  for (const shard of table.shardOrder) {
    const container = sorted.fixed[shard] ?? -1;
    if (container < 0) continue;
    const rank = table.containerRank[container] ?? 0;
    fixed[rank] = (fixed[rank] ?? 0) + 1;
    if (table.mode[container] !== OPEN) continue;
    if (table.current[shard] !== container) arriving[rank] = (arriving[rank] ?? 0) + 1;
    const bucket = table.bucket[shard] ?? 0;
    const counts = pins.get(bucket) ?? new Map<number, number>();
    counts.set(rank, (counts.get(rank) ?? 0) + 1);
    pins.set(bucket, counts);
  }
  return {fixed, pins, arriving};
}
