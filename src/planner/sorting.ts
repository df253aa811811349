/** Who must stay, who must go, who has nowhere to be: decided shard by shard, before any balancing. */
import type {PlacementReason} from '../model/placement.ts';
import {CLOSED, DRAINING, NOT_LIVING, OPEN, poolOfShard} from './table.ts';
import type {Table} from './table.ts';

/** What is decided of a shard at first sight. */
export interface Sorted {
  /** Container the shard is bound to stay on or go to: pins, and what closed containers keep. -1: open question. */
  readonly fixed: Int32Array;
  /** 1: the shard has no home anywhere, for `reason`. */
  readonly homeless: Map<number, PlacementReason>;
  /** Shards that stay on a draining container because nothing may take them. */
  readonly stranded: Map<number, PlacementReason>;
  /** Shards to be spread over the open containers of their pool, in tie-break order. */
  readonly free: Int32Array;
}

/** Per shard: 1 for one that may be on any open container of its pool. */
export function freeOf({n}: Table, {free}: Sorted): Uint8Array {
  const isFree = new Uint8Array(n);
  if (free.length === n) return isFree.fill(1);
  for (const shard of free) isFree[shard] = 1;
  return isFree;
}

export function classify(table: Table): Sorted {
  if (hasNoQuestions(table)) {
    const nothing = {homeless: new Map(), stranded: new Map()};
    return {fixed: new Int32Array(table.n).fill(-1), free: table.shardOrder, ...nothing};
  }
  const fixed = new Int32Array(table.n).fill(-1);
  const homeless = new Map<number, PlacementReason>();
  const stranded = new Map<number, PlacementReason>();
  const free = new Int32Array(table.n);
  let count = 0;
  for (let at = 0; at < table.n; at += 1) {
    const shard = table.shardOrder[at] ?? 0;
    const {goes, reason} =
      table.pin[shard] === -1 ? ofUnpinned(table, shard) : ofPinned(table, shard);
    if (goes === 'anywhere') {
      free[count] = shard;
      count += 1;
    } else if (goes === 'nowhere') homeless.set(shard, reason);
    else fixed[shard] = (goes === 'pin' ? table.pin[shard] : table.current[shard]) ?? -1;
    if (goes === 'stays' && reason !== undefined) stranded.set(shard, reason);
  }
  return {fixed, homeless, stranded, free: free.subarray(0, count)};
}

/** Nobody is pinned, no container is closed, every pool has an open one: every shard is free. */
function hasNoQuestions({m, mode, hasPins, pools}: Table): boolean {
  if (m === 0 || hasPins || mode.includes(CLOSED)) return false;
  return pools.every(({hasMembers, open}) => hasMembers && open.length > 0);
}

/** `stays` with a reason: stranded on a draining container. The common ones are made once, for this is asked of every shard of every plan. */
type Classified =
  | {readonly goes: 'anywhere' | 'pin'; readonly reason?: undefined}
  | {readonly goes: 'stays'; readonly reason?: PlacementReason}
  | {readonly goes: 'nowhere'; readonly reason: PlacementReason};

const ANYWHERE: Classified = {goes: 'anywhere'};
const TO_PIN: Classified = {goes: 'pin'};
const STAYS: Classified = {goes: 'stays'};

function ofUnpinned(table: Table, shard: number): Classified {
  const pool = poolOfShard(table, shard);
  if (table.m === 0 || pool === undefined) return {goes: 'nowhere', reason: 'no-container'};
  if (!pool.hasMembers) return {goes: 'nowhere', reason: 'worker-group-empty'};
  if (pool.living === 0) return {goes: 'nowhere', reason: 'worker-group-not-living'};
  const current = table.current[shard] ?? -1;
  const allowed = current >= 0 && pool.has[current] === 1;
  if (allowed && table.mode[current] === CLOSED) return STAYS;
  if (pool.open.length > 0) return ANYWHERE;
  const isStranded = allowed && table.mode[current] === DRAINING;
  return {goes: isStranded ? 'stays' : 'nowhere', reason: 'nothing-accepts'};
}

function ofPinned(table: Table, shard: number): Classified {
  const pin = table.pin[shard] ?? NOT_LIVING;
  if (table.m === 0) return {goes: 'nowhere', reason: 'no-container'};
  if (pin === NOT_LIVING) return {goes: 'nowhere', reason: 'pin-not-living'};
  const pool = poolOfShard(table, shard);
  if (pool !== undefined && pool.has[pin] !== 1)
    return {goes: 'nowhere', reason: 'pin-outside-worker-group'};
  if (table.mode[pin] === OPEN) return TO_PIN;
  const reason = 'pin-takes-nothing-new';
  if (table.current[shard] !== pin) return {goes: 'nowhere', reason};
  return table.mode[pin] === DRAINING ? {goes: 'stays', reason} : STAYS;
}

/** Whether the shard runs where its pin or worker group forbids it. */
export function runsForbidden(table: Table, shard: number): boolean {
  const current = table.current[shard] ?? -1;
  if (current < 0) return false;
  const pin = table.hasPins ? (table.pin[shard] ?? -1) : -1;
  if (pin !== -1 && pin !== current) return true;
  const pool = poolOfShard(table, shard);
  return pool !== undefined && pool.has[current] !== 1;
}

/** Whether it runs where neither its pin nor its worker group forbids it. */
export function runsAllowed(table: Table, shard: number): boolean {
  return (table.current[shard] ?? -1) >= 0 && !runsForbidden(table, shard);
}

/** Whether a shard that gets no container may stay on the draining one where it runs. */
export function mayStayStranded(table: Table, shard: number): boolean {
  return table.mode[table.current[shard] ?? -1] === DRAINING && runsAllowed(table, shard);
}
