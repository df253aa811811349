/** The snapshot as numbers: ids interned once, everything in an order that does not depend on how the input was ordered. */
import {compareText} from '../model/compare-text.ts';
import type {PlacementSnapshot} from '../model/placement.ts';
import {policyColumns} from './columns.ts';
import type {PolicyColumns} from './columns.ts';

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
  readonly bucketPool: readonly number[];
  readonly pools: readonly Pool[];
  /** Per container: UNPROVED with TAKES_REST and TRIAL_DUE, or 0; undefined where all have proved themselves. Open ones count as CLOSED in `mode`. */
  readonly unproved: Uint8Array | undefined;
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

export function tabulate(snapshot: PlacementSnapshot): Table {
  return assemble(snapshot, orderByHash(snapshot.shards));
}

/** `shardOrder`: its shards in tie-break order. */
export function assemble(snapshot: PlacementSnapshot, shardOrder: Int32Array): Table {
  const {shards, containers} = snapshot;
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
  const buckets = new BucketBook();
  const n = shards.length;
  const columns = {
    current: new Int32Array(n),
    prefer: new Int32Array(n),
    avoid: new Int32Array(n),
    pin: new Int32Array(n),
    bucket: new Int32Array(n),
  };
  const find = (id: string): number => (id === '' ? -1 : (index.get(id) ?? -1));
  // In tie-break order, so that buckets are numbered alike whatever the order of the input.
  for (const at of shardOrder) {
    const shard = shards[at];
    if (shard === undefined) continue;
    columns.current[at] = find(shard.current);
    columns.prefer[at] = find(shard.prefer);
    columns.avoid[at] = find(shard.avoid);
    columns.pin[at] = shard.pin === '' ? -1 : (index.get(shard.pin) ?? NOT_LIVING);
    columns.bucket[at] = buckets.of(shard.group, shard.workerGroup);
  }
  const pools = buckets.workerGroups.map((workerGroup) =>
    poolOf(workerGroup, snapshot, index, containerOrder, mode),
  );
  return {
    snapshot,
    m: containers.length,
    mode,
    containerOrder,
    containerRank,
    n,
    shardOrder,
    ...columns,
    hasWishes: columns.prefer.some(isThere) || columns.avoid.some(isThere),
    hasPins: shards.some(({pin}) => pin !== ''),
    movedAt: movedAtOf(snapshot),
    bucketPool: buckets.pools,
    pools,
    ...policyColumns(snapshot, shardOrder),
    unproved,
  };
}

const isThere = (container: number): boolean => container >= 0;

function unprovedOf({containers}: PlacementSnapshot): Uint8Array | undefined {
  if (!containers.some(({unproved}) => unproved !== undefined)) return undefined;
  return Uint8Array.from(containers, ({mode, unproved}) => {
    if (unproved === undefined || mode === 'draining') return 0;
    const rest = unproved.takesRest && mode === 'open' ? TAKES_REST : 0;
    return UNPROVED | rest | (unproved.trialDue ? TRIAL_DUE : 0);
  });
}

function movedAtOf({shards}: PlacementSnapshot): Float64Array | undefined {
  if (!shards.some(({movedAt = 0}) => movedAt > 0)) return undefined;
  const movedAt = new Float64Array(shards.length);
  for (const [at, shard] of shards.entries()) movedAt[at] = shard.movedAt ?? 0;
  return movedAt;
}

const MODES = {open: OPEN, closed: CLOSED, draining: DRAINING} as const;

/** Numbers (group, worker group) pairs; neighbours are often alike. */
class BucketBook {
  readonly workerGroups: string[] = [];
  readonly pools: number[] = [];
  private readonly byGroup = new Map<string, Map<string, number>>();
  private readonly poolIndex = new Map<string, number>();
  private lastGroup: string | undefined;
  private lastWorkerGroup = '';
  private last = 0;

  of(group: string, workerGroup: string): number {
    if (group === this.lastGroup && workerGroup === this.lastWorkerGroup) return this.last;
    let byWorkerGroup = this.byGroup.get(group);
    if (byWorkerGroup === undefined) {
      byWorkerGroup = new Map();
      this.byGroup.set(group, byWorkerGroup);
    }
    let bucket = byWorkerGroup.get(workerGroup);
    if (bucket === undefined) {
      bucket = this.pools.length;
      byWorkerGroup.set(workerGroup, bucket);
      this.pools.push(this.pool(workerGroup));
    }
    this.lastGroup = group;
    this.lastWorkerGroup = workerGroup;
    this.last = bucket;
    return bucket;
  }

  private pool(workerGroup: string): number {
    let pool = this.poolIndex.get(workerGroup);
    if (pool === undefined) {
      pool = this.workerGroups.length;
      this.workerGroups.push(workerGroup);
      this.poolIndex.set(workerGroup, pool);
    }
    return pool;
  }
}

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

/** FNV-1a with a final mix, 32 bits: spreads ids that differ in one digit. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
