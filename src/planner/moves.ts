/** The way from what is to what shall be, in an order of which every prefix is a valid state. */
import type {MoveCause, PlannedMove} from '../model/placement.ts';
import {UNLIMITED} from './columns.ts';
import {markRoomMaking} from './room.ts';
import {runsForbidden} from './sorting.ts';
import {DRAINING} from './table.ts';
import type {Table} from './table.ts';

const FORCED: readonly MoveCause[] = ['constraint', 'drain', 'capacity'];

/** Shards that are elsewhere in the plan than now, or nowhere in it, in tie-break order. */
export function changedShards(table: Table, target: Int32Array): number[] {
  const changed: number[] = [];
  // Bytes, for the pass in tie-break order reads them all over the place: these stay in the cache.
  const isChanged = new Uint8Array(table.n);
  let any = 0;
  for (let shard = 0; shard < table.n; shard += 1) {
    const to = target[shard] ?? -1;
    const differs = to < 0 || to !== table.current[shard] ? 1 : 0;
    isChanged[shard] = differs;
    any |= differs;
  }
  if (any === 0) return changed;
  for (const shard of table.shardOrder) if (isChanged[shard] === 1) changed.push(shard);
  return changed;
}

/** `changed`: as `changedShards` has them. */
export function orderMoves(
  table: Table,
  target: Int32Array,
  changed: readonly number[],
): PlannedMove[] {
  const counts = countCurrent(table);
  const moves = markRoomMaking(table, target, counts, collect(table, target, counts, changed));
  if (moves.length === 0) return moves;
  const forced = FORCED.flatMap((cause) => moves.filter((move) => move.cause === cause));
  const ordered = [
    ...forced,
    ...fromHighest(
      moves.filter(({cause}) => cause === 'balance'),
      counts,
    ),
  ];
  return table.caps === undefined ? ordered : intoRoom(table, ordered, counts);
}

function countCurrent(table: Table): Int32Array {
  const counts = new Int32Array(table.m);
  for (const current of table.current)
    if (current >= 0) counts[current] = (counts[current] ?? 0) + 1;
  return counts;
}

function collect(
  table: Table,
  target: Int32Array,
  counts: Int32Array,
  changed: readonly number[],
): PlannedMove[] {
  const moves: PlannedMove[] = [];
  for (const shard of changed) {
    const from = table.current[shard] ?? -1;
    const to = target[shard] ?? -1;
    if (from < 0 || to < 0 || from === to) continue;
    moves.push({shard, from, to, cause: causeOf(table, shard, from, counts)});
  }
  return moves;
}

function causeOf(table: Table, shard: number, from: number, counts: Int32Array): MoveCause {
  if (runsForbidden(table, shard)) return 'constraint';
  if (table.mode[from] === DRAINING) return 'drain';
  return (counts[from] ?? 0) > (table.caps?.[from] ?? UNLIMITED) ? 'capacity' : 'balance';
}

/** Off the highest first, so that a budget that ends in the middle has levelled both ends. */
function fromHighest(moves: readonly PlannedMove[], counts: Int32Array): PlannedMove[] {
  const left = Int32Array.from(counts);
  const byHeight: PlannedMove[][] = [];
  for (const move of moves) {
    const height = left[move.from] ?? 0;
    left[move.from] = height - 1;
    while (byHeight.length <= height) byHeight.push([]);
    byHeight[height]?.push(move);
  }
  return byHeight.reverse().flat();
}

/** A move into a full container waits for one that leaves it; what remains is a ring. Rings of forced moves come last. */
function intoRoom(table: Table, moves: readonly PlannedMove[], counts: Int32Array): PlannedMove[] {
  const {ordered, stuck} = followRoom(table, moves, counts);
  return [...ordered, ...stuck];
}

/** The moves in an order that never fills a container above the limit, and those for which there is none. */
function followRoom(
  table: Table,
  moves: readonly PlannedMove[],
  counts: Int32Array,
): {readonly ordered: PlannedMove[]; readonly stuck: PlannedMove[]} {
  const held = Int32Array.from(counts);
  const ordered: PlannedMove[] = [];
  let waiting = [...moves];
  for (;;) {
    const left: PlannedMove[] = [];
    for (const move of waiting) {
      if ((held[move.to] ?? 0) >= (table.caps?.[move.to] ?? UNLIMITED)) {
        left.push(move);
        continue;
      }
      held[move.to] = (held[move.to] ?? 0) + 1;
      held[move.from] = (held[move.from] ?? 0) - 1;
      ordered.push(move);
    }
    if (left.length === waiting.length) return {ordered, stuck: left};
    waiting = left;
  }
}

/**
 * Takes back, in `target`, voluntary moves that only a ring of full containers could make: no order of single moves
 * leads there, and the totals are the same without them.
 */
export function dropRings(table: Table, target: Int32Array): void {
  if (table.caps === undefined) return;
  const counts = countCurrent(table);
  const moves = collect(table, target, counts, changedShards(table, target));
  const {stuck} = followRoom(table, moves, withoutDropped(table, target, counts));
  if (stuck.some(({cause}) => cause === 'constraint' || cause === 'drain')) return;
  for (const {shard, from} of stuck) target[shard] = from;
}

/** The counts once those are gone that get no container at all. */
function withoutDropped(table: Table, target: Int32Array, counts: Int32Array): Int32Array {
  const left = Int32Array.from(counts);
  for (const [shard, current] of table.current.entries())
    if (current >= 0 && (target[shard] ?? -1) < 0) left[current] = (left[current] ?? 0) - 1;
  return left;
}
