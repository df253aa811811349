/** The way from what is to what shall be, in an order of which every prefix is a valid state. */
import type {MoveCause, PlannedMove} from '../model/placement.ts';
import {FEW_CHANGES_SHARE, UNLIMITED} from './limits.ts';
import {Occupants} from './hard/occupants.ts';
import {markCapacityMoves} from './capacity-moves.ts';
import {countsOf} from './counts.ts';
import {runsForbidden} from './sorting.ts';
import {DRAINING} from './table.ts';
import type {Table} from './table.ts';
import {sortedTies} from './tie-order.ts';

const FORCED: readonly MoveCause[] = ['constraint', 'drain', 'capacity'];

/** What differs between a plan and now, in tie-break order. */
export interface Changes {
  /** Shards that run nowhere and have a container in the plan. */
  readonly additions: Int32Array;
  /** Shards that run elsewhere than in the plan, and those that have no container in it. */
  readonly others: Int32Array;
}

const [ADDED, OTHER] = [1, 2];

export function changesOf(table: Table, target: Int32Array): Changes {
  const {n, current, shardOrder} = table;
  const few = fewChanges(current, target, Math.floor(n * FEW_CHANGES_SHARE));
  if (few !== undefined) return inTieOrder(table, target, few);
  // Bytes, for the passes in tie-break order read them all over the place: these stay in the cache.
  const kinds = new Uint8Array(n);
  const counts = new Int32Array(1 + Math.max(ADDED, OTHER));
  noteKinds(current, target, kinds, counts);
  return {
    additions: ofKind(shardOrder, kinds, ADDED, counts[ADDED] ?? 0),
    others: ofKind(shardOrder, kinds, OTHER, counts[OTHER] ?? 0),
  };
}

/** By index; undefined where there are more than so many. Takes columns alone: it goes over all shards. */
function fewChanges(current: Int32Array, target: Int32Array, most: number): number[] | undefined {
  const changes: number[] = [];
  for (let shard = 0; shard < target.length; shard += 1) {
    const to = target[shard] ?? -1;
    if (to >= 0 && to === current[shard]) continue;
    if (changes.length === most) return undefined;
    changes.push(shard);
  }
  return changes;
}

/** A few are sorted: to look for them in the order of all reads memory all over the place. */
function inTieOrder(
  {current, snapshot}: Table,
  target: Int32Array,
  changes: readonly number[],
): Changes {
  const additions: number[] = [];
  const others: number[] = [];
  for (const {index} of sortedTies(changes, (shard) => snapshot.shards[shard]?.id ?? '')) {
    const isAdded = (target[index] ?? -1) >= 0 && (current[index] ?? -1) < 0;
    (isAdded ? additions : others).push(index);
  }
  return {additions: Int32Array.from(additions), others: Int32Array.from(others)};
}

/** Writes per shard what kind of change it is, 0 for none, and how many there are of each kind. Passes of their own stay compiled. */
function noteKinds(
  current: Int32Array,
  target: Int32Array,
  kinds: Uint8Array,
  counts: Int32Array,
): void {
  for (let shard = 0; shard < kinds.length; shard += 1) {
    const from = current[shard] ?? -1;
    const to = target[shard] ?? -1;
    if (to >= 0 && to === from) continue;
    const kind = to >= 0 && from < 0 ? ADDED : OTHER;
    kinds[shard] = kind;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
}

function ofKind(order: Int32Array, kinds: Uint8Array, kind: number, count: number): Int32Array {
  const found = new Int32Array(count);
  for (let at = 0, next = 0; next < count; at += 1) {
    const shard = order[at] ?? 0;
    if (kinds[shard] !== kind) continue;
    found[next] = shard;
    next += 1;
  }
  return found;
}

/** Shards that move for another reason than their own place and the counts. */
export interface Reasons {
  /** Because of spread keys and limits. */
  readonly hard: ReadonlyMap<number, MoveCause>;
  /** For load, in the order in which they bring most. */
  readonly load: ReadonlySet<number>;
}

/** `changed`: the other changes, as `changesOf` has them. */
export function orderMoves(
  table: Table,
  target: Int32Array,
  changed: Int32Array,
  reasons: Reasons,
): PlannedMove[] {
  if (changed.length === 0) return [];
  const counts = countsOf(table.current, table.m);
  const all = collect(table, target, counts, changed, reasons);
  const moves = markCapacityMoves(table, target, counts, all);
  if (moves.length === 0) return [];
  const byCause = new Map<MoveCause, PlannedMove[]>();
  for (const move of moves) {
    const known = byCause.get(move.cause);
    if (known === undefined) byCause.set(move.cause, [move]);
    else known.push(move);
  }
  const ordered = [
    ...FORCED.flatMap((cause) => byCause.get(cause) ?? []),
    ...fromHighest(byCause.get('balance') ?? [], counts),
    ...inStepOrder(byCause.get('load') ?? [], reasons.load),
  ];
  return isOrdered(table) ? intoCapacity(table, ordered, moves) : ordered;
}

function inStepOrder(moves: readonly PlannedMove[], load: ReadonlySet<number>): PlannedMove[] {
  const byShard = new Map<number, PlannedMove>();
  for (const move of moves) byShard.set(move.shard, move);
  if (byShard.size === 0) return [];
  const ordered: PlannedMove[] = [];
  for (const shard of load) {
    const move = byShard.get(shard);
    if (move !== undefined) ordered.push(move);
  }
  return ordered;
}

/** Whether moves may have to wait for one another. */
function isOrdered(table: Table): boolean {
  return table.caps !== undefined || Occupants.areLimited(table);
}

function collect(
  table: Table,
  target: Int32Array,
  counts: Int32Array,
  changed: Int32Array,
  reasons: Reasons,
): PlannedMove[] {
  const moves: PlannedMove[] = [];
  for (const shard of changed) {
    const from = table.current[shard] ?? -1;
    const to = target[shard] ?? -1;
    if (from < 0 || to < 0 || from === to) continue;
    moves.push({shard, from, to, cause: causeOf(table, shard, from, counts, reasons)});
  }
  return moves;
}

function causeOf(
  table: Table,
  shard: number,
  from: number,
  counts: Int32Array,
  {hard, load}: Reasons,
): MoveCause {
  if (runsForbidden(table, shard)) return 'constraint';
  if (table.mode[from] === DRAINING) return 'drain';
  const because = hard.get(shard);
  if (because !== undefined) return because;
  if (load.has(shard)) return 'load';
  return (counts[from] ?? 0) > (table.caps?.[from] ?? UNLIMITED) ? 'capacity' : 'balance';
}

/** Off the highest first, so that a budget that ends in the middle has levelled both ends. */
function fromHighest(moves: readonly PlannedMove[], counts: Int32Array): PlannedMove[] {
  const left = counts.slice();
  const heights = new Int32Array(moves.length);
  let highest = 0;
  for (let at = 0; at < moves.length; at += 1) {
    const from = moves[at]?.from ?? 0;
    const height = left[from] ?? 0;
    left[from] = height - 1;
    heights[at] = height;
    highest = Math.max(highest, height);
  }
  const next = new Int32Array(highest + 2);
  for (const height of heights) {
    const after = highest - height + 1;
    next[after] = (next[after] ?? 0) + 1;
  }
  for (let at = 0; at < highest; at += 1) next[at + 1] = (next[at + 1] ?? 0) + (next[at] ?? 0);
  const ordered = [...moves];
  let at = 0;
  for (const move of moves) {
    const depth = highest - (heights[at] ?? 0);
    const to = next[depth] ?? 0;
    ordered[to] = move;
    next[depth] = to + 1;
    at += 1;
  }
  return ordered;
}

/**
 * A move into a full container waits for one that leaves it; what remains is a ring. Rings of forced moves come last. `moves`
 * are in tie-break order, in which rings have been looked for.
 */
function intoCapacity(
  table: Table,
  ordered: readonly PlannedMove[],
  moves: readonly PlannedMove[],
): PlannedMove[] {
  const wanted = followCapacity(table, table.current, ordered);
  if (wanted.stuck.length === 0) return wanted.ordered;
  const other = followCapacity(table, table.current, moves);
  const best = other.stuck.length < wanted.stuck.length ? other : wanted;
  return [...best.ordered, ...best.stuck];
}

/**
 * The moves in an order that never breaks a limit or a spread key, and those for which there is none. Shards that have no
 * container in `stays` are gone before.
 */
function followCapacity(
  table: Table,
  stays: Int32Array,
  moves: readonly PlannedMove[],
): {readonly ordered: PlannedMove[]; readonly stuck: PlannedMove[]} {
  const occupants = new Occupants(table);
  for (const [shard, current] of table.current.entries())
    if (current >= 0 && (stays[shard] ?? -1) >= 0) occupants.add(shard, current);
  const ordered: PlannedMove[] = [];
  let waiting = [...moves];
  for (;;) {
    const left: PlannedMove[] = [];
    for (const move of waiting) {
      if (!occupants.fits(move.shard, move.to)) {
        left.push(move);
        continue;
      }
      occupants.remove(move.shard, move.from);
      occupants.add(move.shard, move.to);
      ordered.push(move);
    }
    if (left.length === waiting.length) return {ordered, stuck: left};
    waiting = left;
  }
}

/**
 * Takes back, in `target`, voluntary moves that only a ring of full containers could make: no order of single moves
 * leads there, and the totals are the same without them. Returns the moves that were taken back.
 */
export function dropRings(table: Table, target: Int32Array, reasons: Reasons): PlannedMove[] {
  if (!isOrdered(table)) return [];
  const counts = countsOf(table.current, table.m);
  const moves = collect(table, target, counts, changesOf(table, target).others, reasons);
  const {stuck} = followCapacity(table, target, moves);
  if (stuck.some(({cause}) => cause === 'constraint' || cause === 'drain')) return [];
  for (const {shard, from} of stuck) target[shard] = from;
  return stuck;
}
