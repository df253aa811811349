/** What the live planner would do, also with containers thought away or in. */
import {compareText} from '../../../model/compare-text.ts';
import type {LivingContainer} from '../../../governor/containers.ts';
import {queueState} from '../../../governor/move-gate.ts';
import {containerNotAlive} from '../../../model/not-found.ts';
import type {PlanFigures, PlannedMove, UnplacedShard} from '../../../model/placement.ts';
import type {AdminRequest, DeclaredApp, PlanAnswer} from '../../../protocol/admin.ts';
import {hypotheticalContainer, livingOf} from '../read/container-views.ts';
import {unreadableSpec} from '../guards.ts';
import {readerPlan} from '../read/reader-plan.ts';
import type {ReaderPlan} from '../read/reader-plan.ts';
import {atOnce} from '../dependencies.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {currentApp} from '../read/listing.ts';
import {frozen, inSlices} from '../../../appview/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';
import type {AppView} from '../../../appstate/app-view.ts';
import {runInSlices} from '../../../runtime/slices.ts';
import {declaredChanges} from './declared-changes.ts';
import {REST_PER_PLAN} from '../limits.ts';
import {RULES} from '../../../model/placement-rules.ts';

export function whatIf(
  dependencies: AdminDependencies,
  request: AdminRequest<'plan'>,
): Promise<PlanAnswer> {
  const {byTurns = atOnce} = dependencies;
  return byTurns(request.service, () => answerOf(dependencies, request), REST_PER_PLAN);
}

async function answerOf(
  dependencies: AdminDependencies,
  request: AdminRequest<'plan'>,
): Promise<PlanAnswer> {
  const current = await currentApp(dependencies, request.service);
  // Its governor plans nothing: limits and policy are not known.
  const problem = current.view.quarantined.problem('spec');
  if (problem !== undefined) throw unreadableSpec(request.service, problem);
  const {declared, prune} = request;
  const listing = declared === undefined ? current : await asDeclared(current, declared, prune);
  const living = livingOf(listing);
  removeHypothetical(request.service, living, request.without);
  addHypothetical(living, request.addContainers);
  const made = await readerPlan(dependencies, listing, living, {withFigures: true});
  return planAnswer(made, request.limit, listing, living);
}

/** A copy of the app as it would be: others read the view itself. */
async function asDeclared(
  current: AppListing,
  declared: DeclaredApp,
  prune: boolean,
): Promise<AppListing> {
  const listing = await frozen(current);
  const changes = await runInSlices(declaredChanges(listing, declared, prune));
  await inSlices(changes, (change) => listing.view.apply(change));
  return listing;
}

function removeHypothetical(
  app: string,
  living: Map<string, LivingContainer>,
  without: readonly string[],
): void {
  for (const container of new Set(without)) {
    if (living.delete(container)) continue;
    throw containerNotAlive(app, container);
  }
}

function addHypothetical(living: Map<string, LivingContainer>, count: number): void {
  for (let number = 1, left = count; left > 0; number++) {
    const made = hypotheticalContainer(number);
    // One that lives may be named so: in its place, it would hide what runs there.
    if (living.has(made.container)) continue;
    living.set(made.container, made);
    left -= 1;
  }
}

function planAnswer(
  {plan, terms: {containers}, shardAt: shard, numbers}: ReaderPlan,
  limit: number,
  {view, revision}: AppListing,
  living: ReadonlyMap<string, LivingContainer>,
): PlanAnswer {
  const container = (index: number): string => containers[index]?.id ?? '';
  const shortage = (found: UnplacedShard) => ({
    shard: shard(found.shard),
    reason: found.reason,
    mustDrop: found.mustDrop,
    rule: RULES[found.reason],
  });
  const additions = plan.additions.filter((index) => !staysUnnamed(view, shard(index)));
  const ends = (move: PlannedMove) => ({
    ...{shard: shard(move.shard), from: container(move.from), to: container(move.to)},
    cause: move.cause,
  });
  const states = plan.moves.map((move) => queueState(ends(move), view, living));
  return {
    moves: plan.moves.slice(0, limit).map((move, at) => ({
      ...ends(move),
      numbers: numbers.of(move),
      cancelled: states[at] === 'cancelled',
    })),
    moveCount: plan.moves.length,
    heldCount: states.filter((state) => state === 'held').length,
    cancelledCount: states.filter((state) => state === 'cancelled').length,
    additions: Array.from(additions.subarray(0, limit), (index) => ({
      shard: shard(index),
      to: container(plan.target[index] ?? -1),
    })),
    additionCount: additions.length,
    unplaced: plan.unplaced.slice(0, limit).map(shortage),
    unplacedCount: plan.unplaced.length,
    stranded: plan.stranded.slice(0, limit).map(shortage),
    strandedCount: plan.stranded.length,
    trials: plan.trials.map((index) => ({
      shard: shard(index),
      to: container(plan.target[index] ?? -1),
    })),
    unproved: containers
      .filter(({unproved}) => unproved !== undefined)
      .map(({id}) => id)
      .sort(compareText),
    containers: containers
      .map(({id}, index) => ({id, ...numbers.countsOf(index)}))
      .sort((a, b) => compareText(a.id, b.id)),
    ...(plan.figures === undefined ? {} : {figures: plainFigures(plan.figures)}),
    revision: String(revision),
  };
}

/** Its container lives, though no id key names it any more: while its heartbeat is renewed the governor leaves it there. */
function staysUnnamed({own, heartbeats, ids}: AppView, shard: string): boolean {
  const record = own.get(shard)?.value;
  if (record === undefined || record.incarnation === '') return false;
  return (
    heartbeats.has(record.incarnation) &&
    ids.get(record.container)?.incarnation !== record.incarnation
  );
}

function plainFigures({moves, movesAtLeast, counts, metrics}: PlanFigures): PlanAnswer['figures'] {
  return {moves, movesAtLeast, counts: {...counts}, metrics: metrics.map((one) => ({...one}))};
}
