/**
 * From what the counts say to what may be, and then to what is even in load, too. What load leads to is verified: where it has made a higher
 * objective worse, it has less to say.
 */
import type {PlacementReason} from '../model/placement.ts';
import {REORDERED_SHARDS} from './hard/limits.ts';
import type {HardTask} from './hard/assignment.ts';
import {Occupants} from './hard/occupants.ts';
import {keepHardRules, rehomeNew} from './hard/rehome.ts';
import {LoadChooser} from './load/chooser.ts';
import {inOrderOfGain} from './load/order.ts';
import {balanceLoad, utilisationNow} from './load/phase.ts';
import {assign} from './matrix/assign.ts';
import {MatrixBounds} from './matrix/bounds.ts';
import {targetsOf} from './matrix/targets.ts';
import type {Targets} from './matrix/targets.ts';
import {dropRings} from './moves.ts';
import type {Reasons} from './moves.ts';
import {spareMoves} from './spared.ts';
import {classify} from './sorting.ts';
import type {Sorted} from './sorting.ts';
import type {Table} from './table.ts';

/** Why shards move, or get no container, besides what their own place and the counts demand. */
export interface Why extends Reasons {
  readonly refused: ReadonlyMap<number, PlacementReason>;
}

export interface Solution {
  readonly sorted: Sorted;
  readonly targets: Targets;
  readonly target: Int32Array;
  readonly why: Why;
}

/** What load decides: who goes where and what moves for it; the latter alone; nothing. */
type LoadSay = 'all' | 'moves' | 'nothing';

interface Attempt extends Solution {
  readonly bounds: MatrixBounds;
  /** Whether moves were taken back, or shards refused, that another choice of shards might have spared. */
  readonly isDoubtful: boolean;
}

/** Orders in which shards come to limits: largest first where all can fit, smallest first where they cannot. */
const ORDERS = [1, -1] as const;

export function solve(table: Table): Solution {
  const say = table.loads === undefined ? 'nothing' : 'all';
  const first = attempt(table, say, 0);
  if (table.loads === undefined || !first.isDoubtful) return first;
  let best = first;
  for (const order of ordersFor(table, first)) {
    const other = attempt(table, say, order);
    if (isWorse(table, best, other)) best = other;
  }
  const counts = attempt(table, 'nothing', 0);
  if (!isWorse(table, best, counts)) return best;
  const moves = attempt(table, 'moves', 0);
  return isWorse(table, moves, counts) ? counts : moves;
}

function ordersFor({n, loads}: Table, {why}: Attempt): readonly (-1 | 1)[] {
  const matters = loads?.limits !== undefined && why.refused.size > 0;
  return matters && n <= REORDERED_SHARDS ? ORDERS : [];
}

/** By the objectives above moves: shards placed, the urgent ones before others, and how even zones, buckets and totals are. */
function isWorse({priorities}: Table, one: Attempt, other: Attempt): boolean {
  const [first, second] = [one, other].map(({target, bounds}) => {
    let [left, urgency] = [0, 0];
    for (let shard = 0; shard < target.length; shard += 1) {
      if ((target[shard] ?? -1) >= 0) continue;
      left += 1;
      urgency += priorities?.[shard] ?? 0;
    }
    return [left, urgency, ...bounds.distances()];
  });
  for (const [at, value] of (first ?? []).entries())
    if (value !== second?.[at]) return value > (second?.[at] ?? 0);
  return false;
}

function attempt(table: Table, say: LoadSay, bySize: -1 | 0 | 1): Attempt {
  const sorted = classify(table);
  const targets = targetsOf(table, sorted);
  const {demand} = targets;
  const utilisation = say === 'nothing' ? undefined : utilisationNow(table, demand, sorted);
  // What is fixed has been counted by now: the same rows take the rest.
  const target = sorted.fixed;
  const chooser =
    say === 'all' && utilisation !== undefined ? new LoadChooser(table, utilisation) : undefined;
  assign(table, targets, target, chooser);
  if (chooser === undefined) utilisation?.recount(table, target);
  const bounds = new MatrixBounds(targets);
  const asCounted = bounds.unevenness();
  const task = {table, sorted, demand, bounds, utilisation, target, bySize};
  const {refused: unfit, causes} = keepHardRules(task);
  const refused = new Map(unfit);
  const hard = {refused, hard: causes, load: new Set<number>()};
  if (utilisation === undefined && Occupants.areLimited(table)) spareMoves(task, hard.load);
  let rings = takeBackRings(task, hard, refused);
  const done = {sorted, targets, target, bounds};
  if (utilisation === undefined) return {...done, why: hard, isDoubtful: rings + refused.size > 0};
  const moved = balanceLoad({table, sorted, bounds, utilisation, target});
  spareMoves(task, moved);
  const why = {...hard, load: inOrderOfGain(table, utilisation, target, moved)};
  rings += takeBackRings(task, why, refused);
  const isLessEven = bounds.unevenness() > asCounted;
  return {...done, why, isDoubtful: isLessEven || rings + refused.size > 0};
}

/** Takes moves back that only a ring could make; shards for which that leaves no container are added to `refused`. Returns how many moves. */
function takeBackRings(
  task: HardTask,
  reasons: Reasons,
  refused: Map<number, PlacementReason>,
): number {
  const {table, bounds, utilisation, target} = task;
  const rings = dropRings(table, target, reasons);
  for (const {shard, from, to} of rings) {
    const [away, home] = [table.containerRank[to] ?? 0, table.containerRank[from] ?? 0];
    bounds.move(table.bucket[shard] ?? 0, away, home);
    utilisation?.remove(shard, away);
    utilisation?.add(shard, home);
  }
  if (rings.length > 0) for (const [shard, reason] of rehomeNew(task)) refused.set(shard, reason);
  return rings.length;
}
