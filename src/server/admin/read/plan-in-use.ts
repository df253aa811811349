/** The plan that answers about an app are made of: its governor's where that runs in this daemon, else one made of the records. */
import {setImmediate} from 'node:timers/promises';
import {InFlightMoves} from '../../../governor/in-flight-moves.ts';
import {SHARDS_PER_STEP, SHARDS_PLANNED_INLINE} from '../../../governor/limits.ts';
import type {LivingContainer} from '../../../governor/containers.ts';
import {firstToDrain} from '../../../governor/move-gate.ts';
import type {MoveGate} from '../../../governor/move-gate.ts';
import {zoneOf} from '../../../governor/placement-terms.ts';
import {PlanCache} from '../../../governor/plan-cache.ts';
import type {PlanInUse} from '../../../governor/plan-in-use.ts';
import type {PlacementSnapshot, Plan} from '../../../model/placement.ts';
import {NO_ROW} from '../../../appstate/shard-rows.ts';
import {onceSoon} from '../../../appview/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {rowPlan} from '../../../planner/row-plan.ts';
import {runInSlices} from '../../../runtime/slices.ts';
import {livingOf} from './container-views.ts';
import {atOnce} from '../dependencies.ts';
import type {PlanDependencies, PlanOfView} from '../dependencies.ts';
import {readBalance} from './loads.ts';
import {planned} from './planner-broken.ts';
import {asGoverned, plannerInput} from './planner-input.ts';

/** A reader's own moment: nothing that it counts lies before it. */
const NOW_MS = 0;

/**
 * `newest`: a plan of all that the listing holds. Default: also the governor's last plan while its next one is due, of an app so large that each plan takes
 * its time; it is behind by the pause between two plans and by what one takes.
 * @throws PlannerBroken.
 */
export async function planInUse(
  dependencies: PlanDependencies,
  listing: AppListing,
  {newest = false}: {readonly newest?: boolean} = {},
): Promise<PlanInUse> {
  const live = await liveOf(dependencies, listing.app);
  // Who reads another view than the governor's may know more than the plan.
  const isItsView = live?.gate.view === listing.view;
  const mustBeNewest = newest || listing.view.shards.size <= SHARDS_PLANNED_INLINE;
  if (live !== undefined && isItsView && (live.isNewest || !mustBeNewest)) return live;
  return onceSoon(listing, 'plan', () => ownPlan(dependencies, listing));
}

/** What has just come may change nothing of the plan: the turn of the governor that is due says so. */
async function liveOf({planInUse: find}: PlanDependencies, app: string) {
  const live = find?.(app);
  if (live?.isNewest !== false) return live;
  await setImmediate();
  return find?.(app);
}

function ownPlan(dependencies: PlanDependencies, listing: AppListing): Promise<PlanInUse> {
  const {plan, planBeside, byTurns = atOnce} = dependencies;
  return byTurns(listing.app, async () => {
    const living = asGoverned(dependencies, listing.app, livingOf(listing));
    const found = await planned(listing.app, async () => {
      const beside = await planBeside?.(listing, living, {});
      if (beside !== undefined) return beside;
      const snapshot = await plannerInput(listing, living);
      return runInSlices(byRows(listing, snapshot, plan(snapshot)));
    });
    return runInSlices(inUse(listing, living, found));
  });
}

function* byRows(
  {view: {rows}}: AppListing,
  snapshot: PlacementSnapshot,
  wanted: Plan,
): Generator<undefined, PlanOfView> {
  const {born} = rows;
  // The view may have moved on: what is gone gets the row that nobody has.
  const nobody = rows.end;
  const rowsOf = new Int32Array(snapshot.shards.length);
  for (const [at, {id}] of snapshot.shards.entries()) {
    if (at % SHARDS_PER_STEP === 0) yield;
    const row = rows.rowOf(id);
    rowsOf[at] = row === NO_ROW ? nobody : row;
  }
  const found = rowPlan(wanted, snapshot.containers, rowsOf, rows.end + 1);
  return {rows: found, born, terms: snapshot, idAt: (row) => rows.idAt(row) ?? ''};
}

function* inUse(
  listing: AppListing,
  living: ReadonlyMap<string, LivingContainer>,
  {rows, born, terms, idAt}: PlanOfView,
): Generator<undefined, PlanInUse> {
  const {view, revision} = listing;
  const plan = new PlanCache(view.rows, NOW_MS);
  plan.adoptLarge({plan: rows, born, areAllProved: false, nextAtMs: NOW_MS});
  const trials = new Set(Array.from(rows.trials, idAt));
  const unproved = new Set(
    terms.containers.filter((one) => one.unproved !== undefined).map(({id}) => id),
  );
  const inFlightMoves = yield* inFlightOf(listing);
  const gate = gateOf(listing, {living, trials, unproved, inFlightMoves, plan});
  return {revision, isNewest: true, plan, gate, balance: readBalance(listing, living)};
}

function* inFlightOf({view, status}: AppListing): Generator<undefined, InFlightMoves> {
  const moves = new InFlightMoves(view, (container) => zoneOf(view, container));
  let looks = 0;
  for (const shard of view.states.notReady) {
    if ((looks += 1) % SHARDS_PER_STEP === 0) yield;
    moves.note(shard, view.own.get(shard)?.value);
  }
  for (const [incarnation, {value}] of view.heartbeats) moves.noteOverdue(incarnation, value);
  // A failed add ends the note of a move: only the governor knows of all that have begun.
  const minute = status?.waits?.find(({budget}) => budget === 'moving.perMinute');
  if (minute !== undefined) moves.assumeStarted(minute.used, NOW_MS);
  return moves;
}

interface GateParts {
  readonly living: ReadonlyMap<string, LivingContainer>;
  /** Shards on trial. */
  readonly trials: ReadonlySet<string>;
  /** Containers that have not proved themselves. */
  readonly unproved: ReadonlySet<string>;
  readonly inFlightMoves: InFlightMoves;
  readonly plan: PlanCache;
}

/** As far as records and the governor's word tell. */
function gateOf({view, status}: AppListing, parts: GateParts): MoveGate {
  const {living, trials, unproved, inFlightMoves, plan} = parts;
  const idOf = (incarnation: string): string =>
    view.heartbeats.get(incarnation)?.value.container ?? '';
  return {
    ...{view, living, inFlightMoves, nowMs: NOW_MS},
    pending: {has: () => false},
    trust: {
      isProved: (incarnation) => !unproved.has(idOf(incarnation)),
      isTrial: (shard) => trials.has(shard),
      isRefusing: (incarnation) => living.get(idOf(incarnation))?.state === 'refusing',
    },
    isBreakerOpen: status?.alarms.some(({code}) => code === 'BRAKE') === true,
    isQuiet: status?.quiet !== undefined,
    drainsFirst: firstToDrain(plan.queue, {view, living, inFlightMoves}),
    plannedCount: (container) => plan.plannedCount(container),
  };
}
