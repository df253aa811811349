/**
 * What has to be placed, as numbers. Containers are numbered by rank, their place in the tie-break order, so that every
 * tie further on is broken by the lower number.
 */
import {mayStayStranded} from '../sorting.ts';
import type {Sorted} from '../sorting.ts';
import {DRAINING, OPEN} from '../table.ts';
import type {Table} from '../table.ts';
import {MOST_PRIORITIES} from './limits.ts';
import {narrow, narrowAs} from './narrow.ts';
import type {Narrow} from './narrow.ts';

export interface Demand {
  /** Containers, open or not. */
  readonly containers: number;
  /** Per pool: its open containers, ascending. */
  readonly pools: readonly Int32Array[];
  /** Per pool: the same containers, those together that a bucket treats alike. */
  readonly classes: readonly (readonly ContainerClass[])[];
  /** Per pool and container: its weight among those of the pool. */
  readonly weights: readonly Int32Array[];
  /** Per container: its zone; undefined where zones do not count. */
  readonly zones: Int32Array | undefined;
  /** How many zones there are; 1 where they do not count. */
  readonly zoneCount: number;
  /** By which share of its even count a container may hold more or fewer. */
  readonly slack: number;
  readonly buckets: number;
  /** Per bucket: index of its pool. */
  readonly poolOf: Int32Array;
  /** Free shards by bucket; within one those without a place they may keep first, then by container; then in tie-break order. */
  readonly shards: Int32Array;
  /** Per bucket: where its shards begin in `shards`; one entry more than buckets. */
  readonly start: Int32Array;
  /** Per bucket: how many of its shards have no place they may keep. */
  readonly waiting: Int32Array;
  /** Per bucket: how many of those run on a draining container and may stay there while there is no room; undefined where none is draining. */
  readonly mayStay: Int32Array | undefined;
  /** Beside `shards`: the home of each, but for shards that have arrived. */
  readonly place: Narrow;
  /** Per shard, free or not: 1 + the rank of the open container of its pool where it runs; 0 for none. Read in tie-break order, all over the place. */
  readonly homes: Narrow;
  /** Per shard: when it last moved; undefined when that is known of none. */
  readonly movedAt: Float64Array | undefined;
  /** Per shard: how urgent it is among those that wait, 0 for the least; undefined when all are alike. */
  readonly priorityRanks: Int32Array | undefined;
  /** Per container: shards that are bound to it and open to no choice. */
  readonly fixed: Int32Array;
  /** Per bucket with pins on open containers: how many on which. */
  readonly pins: ReadonlyMap<number, ReadonlyMap<number, number>>;
  /** Per container: pinned shards that are not there yet, the most urgent first; they are counted in `fixed`, too. */
  readonly arriving: ReadonlyMap<number, readonly number[]>;
}

/** Containers of one pool with the same weight, in one zone: as good as each other for a bucket. */
export interface ContainerClass {
  readonly weight: number;
  readonly zone: number;
  readonly members: Int32Array;
}

export function demandOf(table: Table, sorted: Sorted): Demand {
  const buckets = table.bucketPool.length;
  const pools = table.pools.map(({open}) => entriesOf(table.containerRank, open));
  const zones = table.zones && inTieOrder(table, table.zones);
  const weights = weightsOf(table, pools);
  const priorityRanks = priorityRanksOf(table, sorted);
  const homes = homesOf(table);
  const sortAll = (): ReturnType<typeof sortFree> => sortFree(table, sorted.free, homes);
  // Who waits is sorted by priority in place.
  const isKept = sorted.free.length === table.n && priorityRanks === undefined;
  const free = (isKept ? table.keptSort?.of(table, homes, sortAll) : undefined) ?? sortAll();
  if (priorityRanks !== undefined) sortWaiting(table, free, priorityRanks);
  return {
    containers: table.m,
    pools,
    classes: pools.map((members, pool) => classesOf(members, weights[pool], zones)),
    weights,
    zones,
    zoneCount: zones === undefined ? 1 : 1 + zones.reduce((most, zone) => Math.max(most, zone), 0),
    slack: table.slack,
    buckets,
    poolOf: table.bucketPool,
    ...free,
    mayStay: mayStayOf(table, sorted.free),
    homes,
    movedAt: table.movedAt,
    priorityRanks,
    ...fixedOf(table, sorted, priorityRanks),
  };
}

/** A column of containers by rank. */
export function inTieOrder({containerOrder}: Table, column: Int32Array): Int32Array {
  return entriesOf(column, containerOrder);
}

/** A loop, not a callback: the engine compiles a callback anew in each plan that makes one. */
function entriesOf(column: Narrow, indexes: ArrayLike<number>): Int32Array {
  const entries = new Int32Array(indexes.length);
  for (let at = 0; at < entries.length; at += 1) entries[at] = column[indexes[at] ?? 0] ?? 0;
  return entries;
}

/** Where all of a pool weigh nothing, they weigh the same. */
function weightsOf(table: Table, pools: readonly Int32Array[]): Int32Array[] {
  const weights = inTieOrder(table, table.weights);
  const alike = new Int32Array(table.m).fill(1);
  return pools.map((members) => (members.some((at) => (weights[at] ?? 0) > 0) ? weights : alike));
}

function classesOf(
  members: Int32Array,
  weights: Int32Array | undefined,
  zones: Int32Array | undefined,
): ContainerClass[] {
  const classes = new Map<string, {weight: number; zone: number; members: number[]}>();
  for (const container of members) {
    const weight = weights?.[container] ?? 0;
    const zone = zones?.[container] ?? 0;
    const known = classes.get(`${zone} ${weight}`);
    if (known === undefined) classes.set(`${zone} ${weight}`, {weight, zone, members: [container]});
    else known.members.push(container);
  }
  return [...classes.values()].map((one) => ({...one, members: Int32Array.from(one.members)}));
}

/** 0 for the least urgent. */
function priorityRanksOf({priorities, n}: Table, {homeless}: Sorted): Int32Array | undefined {
  if (priorities === undefined) return undefined;
  const steps = [...new Set(priorities.filter((_, shard) => !homeless.has(shard)))];
  const highest = steps.sort((a, b) => b - a).slice(0, MOST_PRIORITIES - 1);
  const ranks = new Map(highest.map((priority, at) => [priority, highest.length - at]));
  return Int32Array.from({length: n}, (_, shard) => ranks.get(priorities[shard] ?? 0) ?? 0);
}

/** Who waits and may stay where it runs comes last; before them the urgent ones come first. */
function sortWaiting(
  table: Table,
  {shards, start, waiting}: Pick<Demand, 'shards' | 'start' | 'waiting'>,
  ranks: Int32Array,
): void {
  const key = (shard: number): number => (mayStayStranded(table, shard) ? -1 : (ranks[shard] ?? 0));
  for (const [bucket, count] of waiting.entries()) {
    if (count < 2) continue;
    const from = start[bucket] ?? 0;
    const row = [...shards.subarray(from, from + count)];
    shards.set(
      row.sort((a, b) => key(b) - key(a)),
      from,
    );
  }
}

function homesOf(table: Table): Narrow {
  const {n, current, bucket, bucketPool, mode, containerRank} = table;
  const homes = narrow(n, table.m);
  const members = table.pools.map(({has}) => has);
  const open = new Int32Array(table.m);
  for (let container = 0; container < table.m; container += 1)
    if (mode[container] === OPEN) open[container] = 1 + (containerRank[container] ?? 0);
  const [only] = members;
  if (members.length === 1 && only !== undefined) {
    // Nobody but its members has homes to give.
    for (let container = 0; container < table.m; container += 1)
      if (only[container] !== 1) open[container] = 0;
    fillNarrow(current, open, homes);
    return homes;
  }
  for (let shard = 0; shard < n; shard += 1) {
    const there = current[shard] ?? -1;
    if (there < 0) continue;
    const has = members[bucketPool[bucket[shard] ?? 0] ?? 0];
    if (has?.[there] === 1) homes[shard] = open[there] ?? 0;
  }
  return homes;
}

/** Row by row, not in tie-break order: memory is read in a line. A pass of its own, as those below are, so that it stays compiled. */
function fillNarrow(current: Int32Array, open: Int32Array, homes: Narrow): void {
  for (let shard = 0; shard < current.length; shard += 1) {
    const there = current[shard] ?? -1;
    if (there >= 0) homes[shard] = open[there] ?? 0;
  }
}

function mayStayOf(table: Table, free: Int32Array): Int32Array | undefined {
  if (!table.mode.includes(DRAINING)) return undefined;
  const mayStay = new Int32Array(table.bucketPool.length);
  for (const shard of free) {
    const current = table.current[shard] ?? -1;
    if (current < 0 || table.mode[current] !== DRAINING) continue;
    const bucket = table.bucket[shard] ?? 0;
    if (table.pools[table.bucketPool[bucket] ?? 0]?.has[current] === 1)
      mayStay[bucket] = (mayStay[bucket] ?? 0) + 1;
  }
  return mayStay;
}

/** Two counting sorts, by container and then by bucket; both keep the tie-break order. `homes`: those of the demand. */
function sortFree(
  table: Table,
  free: Int32Array,
  homes: Narrow,
): Pick<Demand, 'shards' | 'place' | 'start' | 'waiting'> {
  const buckets = table.bucketPool.length;
  // Their order does not matter here: memory is read in a line where it can be.
  const keys = free.length === table.n ? homes : entriesOf(homes, free);
  const ends = startsOf(keys, table.m + 1, 1);
  const byContainer = sortedBy(homes, free, ends.slice());
  if (buckets === 1) {
    const place = narrowAs(homes, free.length);
    for (let key = 0; key <= table.m; key += 1) place.fill(key, ends[key] ?? 0, ends[key + 1] ?? 0);
    const waiting = Int32Array.of(ends[1] ?? 0);
    return {shards: byContainer, place, start: Int32Array.of(0, free.length), waiting};
  }
  const waiting = new Int32Array(buckets);
  for (let at = 0; at < (ends[1] ?? 0); at += 1) {
    const bucket = table.bucket[byContainer[at] ?? 0] ?? 0;
    waiting[bucket] = (waiting[bucket] ?? 0) + 1;
  }
  return {...sortByBucket(table, byContainer, ends, homes), waiting};
}

/** `next`: where the items of each key begin; where they end, afterwards. */
function sortedBy(keyOf: Narrow, items: Int32Array, next: Int32Array): Int32Array {
  const sorted = new Int32Array(items.length);
  for (let at = 0; at < items.length; at += 1) {
    const item = items[at] ?? 0;
    const key = keyOf[item] ?? 0;
    const to = next[key] ?? 0;
    sorted[to] = item;
    next[key] = to + 1;
  }
  return sorted;
}

/** `ends`: where the items of each home begin, and the end. */
function sortByBucket(
  {n, m, bucket, bucketPool}: Table,
  items: Int32Array,
  ends: Int32Array,
  homes: Narrow,
): Pick<Demand, 'shards' | 'place' | 'start'> {
  const keys = items.length === n ? bucket : entriesOf(bucket, items);
  // One entry ahead: where a bucket begins becomes where it ends, and that is where the next one begins.
  const start = startsOf(keys, bucketPool.length, 2);
  const shards = new Int32Array(items.length);
  const place = narrowAs(homes, items.length);
  for (let home = 0; home <= m; home += 1) {
    const end = ends[home + 1] ?? 0;
    for (let at = ends[home] ?? 0; at < end; at += 1) {
      const shard = items[at] ?? 0;
      const ahead = (bucket[shard] ?? 0) + 1;
      const to = start[ahead] ?? 0;
      shards[to] = shard;
      place[to] = home;
      start[ahead] = to + 1;
    }
  }
  return {shards, place, start: start.subarray(0, bucketPool.length + 1)};
}

/** Where each key begins in the sorted items, and the end; `ahead` - 1 entries later. */
function startsOf(keyAt: Narrow, keys: number, ahead: number): Int32Array {
  const start = new Int32Array(keys + ahead);
  for (let at = 0; at < keyAt.length; at += 1) {
    const after = (keyAt[at] ?? 0) + ahead;
    start[after] = (start[after] ?? 0) + 1;
  }
  for (let at = 1; at < start.length; at += 1) start[at] = (start[at] ?? 0) + (start[at - 1] ?? 0);
  return start;
}

function fixedOf(
  table: Table,
  sorted: Sorted,
  priorityRanks: Int32Array | undefined,
): Pick<Demand, 'fixed' | 'pins' | 'arriving'> {
  const fixed = new Int32Array(table.m);
  const arriving = new Map<number, number[]>();
  const pins = new Map<number, Map<number, number>>();
  if (sorted.free.length === table.n) return {fixed, pins, arriving};
  // In tie-break order: cells of pins are numbered in the order of these maps.
  for (const shard of table.shardOrder) {
    const container = sorted.fixed[shard] ?? -1;
    if (container < 0) continue;
    const rank = table.containerRank[container] ?? 0;
    fixed[rank] = (fixed[rank] ?? 0) + 1;
    if (table.mode[container] !== OPEN) continue;
    if (table.current[shard] !== container) {
      const known = arriving.get(rank);
      if (known === undefined) arriving.set(rank, [shard]);
      else known.push(shard);
    }
    const bucket = table.bucket[shard] ?? 0;
    const counts = pins.get(bucket) ?? new Map<number, number>();
    counts.set(rank, (counts.get(rank) ?? 0) + 1);
    pins.set(bucket, counts);
  }
  if (priorityRanks !== undefined)
    for (const list of arriving.values())
      list.sort((a, b) => (priorityRanks[b] ?? 0) - (priorityRanks[a] ?? 0));
  return {fixed, pins, arriving};
}
