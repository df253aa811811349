/** The snapshot as numbers: ids interned once, everything in an order that does not depend on how the input was ordered. */
import {compareText} from '../model/compare-text.ts';
import type {PlacementSnapshot} from '../model/placement.ts';
import {policyColumns} from './columns.ts';
import type {PolicyColumns} from './columns.ts';
import {hashOf} from './hash.ts';
import {IntList} from './int-list.ts';
import type {KeptSort} from './matrix/kept-sort.ts';
import {ShardColumns} from './shard-columns.ts';

export const OPEN = 0;
export const CLOSED = 1;
export const DRAINING = 2;

export interface Table extends PolicyColumns {
  readonly snapshot: PlacementSnapshot;
  /** Containers. */
  readonly m: number;
  readonly mode: Uint8Array;
  /** Container indexes by (hash of id, id): the order that breaks ties. */
  readonly containerOrder: Int32Array;
  /** Per container: its place in `containerOrder`. */
  readonly containerRank: Int32Array;
  /** Shards. */
  readonly n: number;
  /** Shard indexes by (hash of id, id). */
  readonly shardOrder: Int32Array;
  /** Per shard, as container indexes; -1 for none or not living. */
  readonly current: Int32Array;
  readonly prefer: Int32Array;
  readonly avoid: Int32Array;
  /** Per shard: its pin as a container index; -1: no pin; -2: pinned to a container that is not alive. */
  readonly pin: Int32Array;
  /** Whether any shard prefers or avoids a living container. */
  readonly hasWishes: boolean;
  /** Whether any shard is pinned. */
  readonly hasPins: boolean;
  /** Per shard: when it last moved, 0: not known; undefined when that is known of none. */
  readonly movedAt: Float64Array | undefined;
  /** Per shard: index of its (group, worker group). */
  readonly bucket: Int32Array;
  /** Per bucket: index of its pool. */
  readonly bucketPool: Int32Array;
  readonly pools: readonly Pool[];
  /** Per container: UNPROVED with TAKES_REST and TRIAL_DUE, or 0; undefined where all have proved themselves. Open ones count as CLOSED in `mode`. */
  readonly unproved: Uint8Array | undefined;
  /** Of a table that is kept between plans. */
  readonly keptSort: KeptSort | undefined;
}

/** Bits of what a container is that has not proved itself. */
export const UNPROVED = 1;
export const TAKES_REST = 2;
export const TRIAL_DUE = 4;

/** Containers a worker group may use; '' stands for all. */
export interface Pool {
  readonly workerGroup: string;
  /** Whether the worker group has a member, living or not. */
  readonly hasMembers: boolean;
  /** Per container: 1 when it is in the pool. */
  readonly has: Uint8Array;
  /** Living members. */
  readonly living: number;
  /** Open members in tie-break order. */
  readonly open: readonly number[];
}

export const NOT_LIVING = -2;

/** The pool of a shard. Where there is but one, nothing is read of the shard: in a pass in another order than that of memory each such look is a wait. */
export function poolOfShard({pools, bucketPool, bucket}: Table, shard: number): Pool | undefined {
  return pools.length === 1 ? pools[0] : pools[bucketPool[bucket[shard] ?? 0] ?? 0];
}

export function tabulate(snapshot: PlacementSnapshot): Table {
  const {shards} = snapshot;
  const columns = new ShardColumns(shards.length);
  for (const [at, shard] of shards.entries()) columns.set(at, shard, shard.current);
  return assemble(snapshot, columns, orderByHash(shards));
}

/** `columns`: of its shards. `shardOrder`: them in tie-break order. `homes`: container ids by home; default: homes are container ids. `keptSort`: of the table's plans before. */
export function assemble(
  snapshot: PlacementSnapshot,
  columns: ShardColumns,
  shardOrder: Int32Array,
  homes?: ReadonlyMap<string, string>,
  keptSort?: KeptSort,
): Table {
  const {containers} = snapshot;
  const index = new Map<string, number>();
  for (const [at, {id}] of containers.entries()) index.set(id, at);
  const containerOrder = orderByHash(containers);
  const containerRank = new Int32Array(containers.length);
  for (let rank = 0; rank < containerOrder.length; rank += 1)
    containerRank[containerOrder[rank] ?? 0] = rank;
  const unproved = unprovedOf(snapshot);
  const mode = Uint8Array.from(containers, ({mode: said}, at) =>
    said === 'open' && (unproved?.[at] ?? 0) > 0 ? CLOSED : MODES[said],
  );
  const {workerGroups, ...buckets} = bucketsOf(columns, shardOrder);
  const pools = workerGroups.map((workerGroup) =>
    poolOf(workerGroup, snapshot, index, containerOrder, mode),
  );
  return {
    snapshot,
    m: containers.length,
    mode,
    containerOrder,
    containerRank,
    n: columns.count,
    shardOrder,
    ...namedContainers(columns, index, homes),
    movedAt: movedAtOf(columns),
    ...buckets,
    pools,
    ...policyColumns(snapshot, columns, shardOrder),
    unproved,
    keptSort,
  };
}

/** The containers that shards name, as they are now. `homes`: as `assemble` has them; where they are given, what runs has no wish for another container. */
function namedContainers(
  columns: ShardColumns,
  index: ReadonlyMap<string, number>,
  homes: ReadonlyMap<string, string> | undefined,
): Pick<Table, 'current' | 'prefer' | 'avoid' | 'pin' | 'hasWishes' | 'hasPins'> {
  const {
    numbers,
    containers,
    count,
    homes: {texts},
  } = columns;
  const find = (id: string): number => (id === '' ? -1 : (index.get(id) ?? -1));
  const homeIds = homes === undefined ? texts : texts.map((home) => homes.get(home) ?? '');
  const whereRuns = Int32Array.from(homeIds, find);
  const hasNoWish = Uint8Array.from(homeIds, (id) => Number(homes !== undefined && id !== ''));
  const named = Int32Array.from(containers.texts, find);
  const pinned = Int32Array.from(named, (at, name) => (name > 0 && at < 0 ? NOT_LIVING : at));
  const current = fillValues(columns.currents(), numbers.home, whereRuns);
  let [hasWishes, hasPins] = [false, false];
  // Only '' has a number: nobody names a container.
  if (named.length === 1) {
    const none = columns.none();
    return {current, prefer: none, avoid: none, pin: none, hasWishes, hasPins};
  }
  const [prefer, avoid] = [new Int32Array(count), new Int32Array(count)];
  const pin = new Int32Array(count);
  for (let at = 0; at < count; at += 1) {
    const home = numbers.home[at] ?? 0;
    const wish = hasNoWish[home] === 1 ? -1 : (named[numbers.prefer[at] ?? 0] ?? -1);
    const avoided = named[numbers.avoid[at] ?? 0] ?? -1;
    const pinnedTo = pinned[numbers.pin[at] ?? 0] ?? -1;
    prefer[at] = wish;
    avoid[at] = avoided;
    pin[at] = pinnedTo;
    if (wish >= 0 || avoided >= 0) hasWishes = true;
    if (pinnedTo !== -1) hasPins = true;
  }
  return {current, prefer, avoid, pin, hasWishes, hasPins};
}

/** A pass of its own, so that it stays compiled. Returns `values`. */
function fillValues(values: Int32Array, keys: Int32Array, valueOf: Int32Array): Int32Array {
  for (let at = 0; at < values.length; at += 1) values[at] = valueOf[keys[at] ?? 0] ?? -1;
  return values;
}

/** Numbered in tie-break order, so that they are the same whatever the order of the input. */
function bucketsOf(
  columns: ShardColumns,
  shardOrder: Int32Array,
): Pick<Table, 'bucket' | 'bucketPool'> & {readonly workerGroups: string[]} {
  const {
    numbers: {pair},
    groups,
    count,
  } = columns;
  const bucketOf = new Int32Array(groups.workerGroups.length).fill(-1);
  const bucketPool = new IntList();
  const poolOfGroup = new Map<string, number>();
  // Until all have come up: in this order memory is read all over the place.
  for (let at = 0; at < count && bucketPool.length < bucketOf.length; at += 1) {
    const own = pair[shardOrder[at] ?? 0] ?? 0;
    if (bucketOf[own] !== -1) continue;
    bucketOf[own] = bucketPool.length;
    const workerGroup = groups.workerGroups[own] ?? '';
    const pool = poolOfGroup.get(workerGroup) ?? poolOfGroup.size;
    poolOfGroup.set(workerGroup, pool);
    bucketPool.push(pool);
  }
  const bucket =
    bucketPool.length > 1 ? fillValues(new Int32Array(count), pair, bucketOf) : columns.zeros();
  const workerGroups = [...poolOfGroup.keys()];
  return {bucket, bucketPool: bucketPool.values.slice(0, bucketPool.length), workerGroups};
}

function unprovedOf({containers}: PlacementSnapshot): Uint8Array | undefined {
  if (!containers.some(({unproved}) => unproved !== undefined)) return undefined;
  return Uint8Array.from(containers, ({mode, unproved}) => {
    if (unproved === undefined || mode === 'draining') return 0;
    const rest = unproved.takesRest && mode === 'open' ? TAKES_REST : 0;
    return UNPROVED | rest | (unproved.trialDue ? TRIAL_DUE : 0);
  });
}

function movedAtOf({numbers, count, moved}: ShardColumns): Float64Array | undefined {
  return moved === 0 ? undefined : numbers.movedAt.subarray(0, count);
}

const MODES = {open: OPEN, closed: CLOSED, draining: DRAINING} as const;

function poolOf(
  workerGroup: string,
  {pools, containers}: PlacementSnapshot,
  index: ReadonlyMap<string, number>,
  order: Int32Array,
  mode: Uint8Array,
): Pool {
  const has = new Uint8Array(containers.length);
  const members = pools.get(workerGroup);
  if (workerGroup === '') has.fill(1);
  else for (const id of members ?? []) if (index.has(id)) has[index.get(id) ?? 0] = 1;
  const living = has.reduce((sum, bit) => sum + bit, 0);
  const open = [...order].filter((container) => has[container] === 1 && mode[container] === OPEN);
  return {
    workerGroup,
    hasMembers: workerGroup === '' || (members?.size ?? 0) > 0,
    has,
    living,
    open,
  };
}

/** Indexes sorted by (hash of id, id): the same for every order of the input, and no id is favoured by its name. */
function orderByHash(items: readonly {readonly id: string}[]): Int32Array {
  const keys = new Float64Array(items.length);
  const span = 2 ** 21;
  for (const [at, {id}] of items.entries()) keys[at] = hashOf(id) * span + (at % span);
  if (items.length > span) return orderBySorting(items);
  keys.sort();
  const order = Int32Array.from(keys, (key) => key % span);
  sortEqualHashes(order, keys, items, span);
  return order;
}

function orderBySorting(items: readonly {readonly id: string}[]): Int32Array {
  const hashes = items.map(({id}) => hashOf(id));
  const order = Int32Array.from(items.keys());
  return order.sort(
    (a, b) =>
      (hashes[a] ?? 0) - (hashes[b] ?? 0) || compareText(items[a]?.id ?? '', items[b]?.id ?? ''),
  );
}

function sortEqualHashes(
  order: Int32Array,
  keys: Float64Array,
  items: readonly {readonly id: string}[],
  span: number,
): void {
  const hashAt = (at: number): number => Math.floor((keys[at] ?? 0) / span);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && hashAt(to) === hashAt(from)) to += 1;
    if (to - from > 1)
      order.subarray(from, to).sort((a, b) => compareText(items[a]?.id ?? '', items[b]?.id ?? ''));
    from = to;
  }
}
