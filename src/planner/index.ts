/**
 * The planner: which shard belongs on which container. Pure and deterministic: the same snapshot in any order gives the
 * same plan. Objectives in strict order: hard constraints; as many shards placed as possible; per bucket and over all
 * buckets floor or ceil of the share; fewest moves; ties by a hash of ids. Containers that have not proved themselves have no share: they
 * get what has no room elsewhere, and one shard on trial.
 */
import type {
  Plan,
  PlacementReason,
  PlacementSnapshot,
  PlanFigures,
  UnplacedShard,
} from '../model/placement.ts';
import {checkPlan} from './check.ts';
import {figuresOf} from './figures.ts';
import {keptShapes} from './kept-shapes.ts';
import type {Targets} from './matrix/targets.ts';
import {changesOf, orderMoves} from './moves.ts';
import {solve} from './solve.ts';
import type {Why} from './solve.ts';
import {mayStayStranded, runsForbidden} from './sorting.ts';
import type {Sorted} from './sorting.ts';
import {tabulate} from './table.ts';
import type {Table} from './table.ts';
import {placeRest} from './rest.ts';
import {chooseTrials} from './trials.ts';

/** Plans, and checks the plan. @throws Error (a bug) when the check fails. */
export function plan(snapshot: PlacementSnapshot): Plan {
  return planTable(tabulate(snapshot));
}

/** Plans for a snapshot that has been tabulated: ids are interned once. @throws Error (a bug) when the check fails. */
export function planTable(table: Table): Plan {
  return work(table).plan;
}

/** As `plan`, with what the plan costs and brings: a few passes over the shards more. @throws Error (a bug) when the check fails. */
export function planWithFigures(snapshot: PlacementSnapshot): {plan: Plan; figures: PlanFigures} {
  return planTableWithFigures(tabulate(snapshot));
}

/** As `planTable`, with what the plan costs and brings. @throws Error (a bug) when the check fails. */
export function planTableWithFigures(table: Table): {plan: Plan; figures: PlanFigures} {
  const {plan, targets} = work(table);
  return {plan, figures: figuresOf(table, targets, plan)};
}

/** The plan, and what it was made from. */
function work(table: Table): {plan: Plan; targets: Targets} {
  const {sorted, targets, target, why} = solve(table);
  const trials = table.unproved === undefined ? [] : giveToUnproved(table, target);
  const plan = conclude(table, sorted, target, trials, why);
  checkPlan(table, plan);
  return {plan, targets};
}

/** What unproved containers get, on top of a plan in which they get nothing new: what has no room elsewhere, then trials. */
function giveToUnproved(table: Table, target: Int32Array): number[] {
  placeRest(table, target);
  return chooseTrials(table, target);
}

function conclude(
  table: Table,
  sorted: Sorted,
  target: Int32Array,
  trials: readonly number[],
  why: Why,
): Plan {
  const unplaced: UnplacedShard[] = [];
  const stranded: UnplacedShard[] = [];
  const {additions, others} = changesOf(table, target);
  for (const shard of nowhereOf(others, target))
    leaveOut(table, sorted, target, shard, why.refused, unplaced, stranded);
  for (const [shard, reason] of sorted.stranded)
    if (target[shard] === table.current[shard]) stranded.push({shard, reason, mustDrop: false});
  const moves = orderMoves(table, target, others, why);
  return {target, additions, moves, unplaced, stranded, trials};
}

/** A pass of its own over all that changes, so that it stays compiled. */
function nowhereOf(shards: Int32Array, target: Int32Array): number[] {
  const nowhere: number[] = [];
  for (let at = 0; at < shards.length; at += 1) {
    const shard = shards[at] ?? 0;
    if ((target[shard] ?? -1) < 0) nowhere.push(shard);
  }
  return nowhere;
}

/** A shard that got no container: it stays where it runs if it may, else it carries its reason. */
function leaveOut(
  table: Table,
  sorted: Sorted,
  target: Int32Array,
  shard: number,
  refused: Why['refused'],
  unplaced: UnplacedShard[],
  stranded: UnplacedShard[],
): void {
  const reason: PlacementReason = sorted.homeless.get(shard) ?? refused.get(shard) ?? 'capacity';
  if (mayStayStranded(table, shard)) {
    target[shard] = table.current[shard] ?? -1;
    stranded.push({shard, reason, mustDrop: false});
    return;
  }
  unplaced.push({shard, reason, mustDrop: runsForbidden(table, shard)});
}

// On the function itself, for a bundle drops a variable that nobody reads.
Object.assign(work, {keptShapes: keptShapes(work)});
