/**
 * Which moves nobody would make for balance alone: they free the room that a new shard, or a forced move, is planned into.
 * They are not voluntary moves: a paused app makes them, too.
 */
import {isVoluntary} from '../model/move-reason.ts';
import type {PlannedMove} from '../model/placement.ts';
import type {Table} from './table.ts';

/** The moves, with the cause of those that others wait for turned from balance to capacity. */
export function markCapacityMoves(
  table: Table,
  target: Int32Array,
  counts: Int32Array,
  moves: readonly PlannedMove[],
): readonly PlannedMove[] {
  const {caps} = table;
  if (caps === undefined) return moves;
  const missing = missingCapacity(table, caps, target, counts, moves);
  const marked = [...moves];
  const open = Array.from(missing.keys()).filter((container) => (missing[container] ?? 0) > 0);
  const movesFrom = voluntaryMovesFrom(moves);
  for (let container = open.pop(); container !== undefined; container = open.pop()) {
    const waiting = movesFrom.get(container) ?? [];
    while ((missing[container] ?? 0) > 0) {
      const at = waiting.shift();
      const move = at === undefined ? undefined : moves[at];
      if (at === undefined || move === undefined) break;
      marked[at] = {...move, cause: 'capacity'};
      missing[container] = (missing[container] ?? 0) - 1;
      missing[move.to] = (missing[move.to] ?? 0) + 1;
      if (missing[move.to] === 1) open.push(move.to);
    }
  }
  return marked;
}

/** Per container: how many shards come that are not balance moves, less the room there is once forced moves have left. */
function missingCapacity(
  table: Table,
  caps: Int32Array,
  target: Int32Array,
  counts: Int32Array,
  moves: readonly PlannedMove[],
): Int32Array {
  const missing = counts.map((count, container) => count - (caps[container] ?? 0));
  for (let shard = 0; shard < table.n; shard += 1) {
    const to = target[shard] ?? -1;
    const from = table.current[shard] ?? -1;
    if (to >= 0 && from < 0) missing[to] = (missing[to] ?? 0) + 1;
    if (to < 0 && from >= 0) missing[from] = (missing[from] ?? 0) - 1;
  }
  for (const {from, to, cause} of moves) {
    if (isVoluntary(cause)) continue;
    missing[from] = (missing[from] ?? 0) - 1;
    missing[to] = (missing[to] ?? 0) + 1;
  }
  return missing;
}

/** Indexes of the balance moves off each container, in their order. */
function voluntaryMovesFrom(moves: readonly PlannedMove[]): Map<number, number[]> {
  const byContainer = new Map<number, number[]>();
  for (const [at, {from, cause}] of moves.entries()) {
    if (!isVoluntary(cause)) continue;
    const known = byContainer.get(from);
    if (known === undefined) byContainer.set(from, [at]);
    else known.push(at);
  }
  return byContainer;
}
