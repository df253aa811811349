/**
 * The planner: which shard belongs on which container. Pure and deterministic: the same snapshot in any order gives the
 * same plan. Objectives in strict order: hard constraints; as many shards placed as possible; per bucket and over all
 * buckets floor or ceil of the share; fewest moves; ties by a hash of ids.
 */
import type {Plan, PlacementReason, PlacementSnapshot, UnplacedShard} from '../model/placement.ts';
import {assign as assignShares} from './assign.ts';
import {placeUnderCap} from './capacity.ts';
import {assign} from './matrix/assign.ts';
import {targetsOf} from './matrix/targets.ts';
import {checkPlan} from './check.ts';
import {evenTotals} from './exchange.ts';
import {dropRings, orderMoves} from './moves.ts';
import {share} from './shares.ts';
import {runsForbidden, classify} from './sorting.ts';
import type {Sorted} from './sorting.ts';
import {DRAINING, OPEN, tabulate} from './table.ts';
import type {Table} from './table.ts';

/** Plans, and checks the plan. @throws Error (a bug) when the check fails. */
export function plan(snapshot: PlacementSnapshot): Plan {
  return planTable(tabulate(snapshot));
}

/** Plans for a snapshot that has been tabulated: ids are interned once. @throws Error (a bug) when the check fails. */
export function planTable(table: Table): Plan {
  const sorted = classify(table);
  const target = sorted.fixed.slice();
  assign(table, targetsOf(table, sorted), target);
  dropRings(table, target);
  const result = conclude(table, sorted, target);
  checkPlan(table, result);
  return result;
}

/** Plans as it was done before the target matrix. */
export function planByExchange(snapshot: PlacementSnapshot): Plan {
  const table = tabulate(snapshot);
  const sorted = classify(table);
  const target = sorted.fixed.slice();
  const shares = share(table, sorted);
  evenTotals(table, shares);
  if (exceedsCap(table, shares.totals)) placeUnderCap(table, sorted, target);
  else assignShares(table, shares, target);
  const result = conclude(table, sorted, target);
  checkPlan(table, result);
  return result;
}

function exceedsCap(table: Table, totals: Int32Array): boolean {
  return (
    table.cap > 0 &&
    totals.some((total, container) => table.mode[container] === OPEN && total > table.cap)
  );
}

function conclude(table: Table, sorted: Sorted, target: Int32Array): Plan {
  const unplaced: UnplacedShard[] = [];
  const stranded: UnplacedShard[] = [];
  const additions: number[] = [];
  for (const shard of table.shardOrder) {
    if ((target[shard] ?? -1) < 0) leaveOut(table, sorted, target, shard, unplaced, stranded);
    else if ((table.current[shard] ?? -1) < 0) additions.push(shard);
  }
  for (const [shard, reason] of sorted.stranded) stranded.push({shard, reason, mustDrop: false});
  return {target, additions, moves: orderMoves(table, target), unplaced, stranded};
}

/** A shard that got no container: it stays where it runs if it may, else it carries its reason. */
function leaveOut(
  table: Table,
  sorted: Sorted,
  target: Int32Array,
  shard: number,
  unplaced: UnplacedShard[],
  stranded: UnplacedShard[],
): void {
  const reason: PlacementReason = sorted.homeless.get(shard) ?? 'capacity';
  const current = table.current[shard] ?? -1;
  if (current >= 0 && table.mode[current] === DRAINING && !runsForbidden(table, shard)) {
    target[shard] = current;
    stranded.push({shard, reason, mustDrop: false});
    return;
  }
  unplaced.push({shard, reason, mustDrop: runsForbidden(table, shard)});
}
