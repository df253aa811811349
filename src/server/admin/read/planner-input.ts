/** What the planner is asked by readers: as its governor asks it, as far as records and the governor's word tell. */
import {SHARDS_PER_STEP} from '../../../governor/limits.ts';
import {ContainerTrust} from '../../../governor/container-trust.ts';
import type {LivingContainer} from '../../../governor/containers.ts';
import {TrialPlanner} from '../../../governor/trial-planner.ts';
import type {AppListing} from '../../../appview/listing.ts';
import type {AppView} from '../../../appstate/app-view.ts';
import type {OwnershipRecord} from '../../../model/ownership.ts';
import type {PlacementSnapshot} from '../../../model/placement.ts';
import {runInSlices} from '../../../runtime/slices.ts';
import {readTerms} from './loads.ts';

/**
 * `living`: containers, those thought in or away included. One that no heartbeat names counts as proved. When a refusing one gets its next trial
 * only its governor knows: here it gets none but what is under way.
 */
export function plannerInput(
  listing: AppListing,
  living: ReadonlyMap<string, LivingContainer>,
): Promise<PlacementSnapshot> {
  return runInSlices(plannerInputSteps(listing, living));
}

/** The same in steps, for whoever cannot wait. */
function* plannerInputSteps(
  listing: AppListing,
  living: ReadonlyMap<string, LivingContainer>,
): Generator<undefined, PlacementSnapshot> {
  const {view} = listing;
  const trust = yield* trustFrom(view, living);
  const pending = {has: () => false};
  const retries = {mustWait: () => false};
  return yield* new TrialPlanner(trust).snapshot(
    {view, living, pending, retries, loads: readTerms(listing)},
    0,
  );
}

function* trustFrom(
  view: AppView,
  living: ReadonlyMap<string, LivingContainer>,
): Generator<undefined, ContainerTrust> {
  const trust = new ContainerTrust();
  let looks = 0;
  for (const [shard, {value}] of view.own) {
    if ((looks += 1) % SHARDS_PER_STEP === 0) yield;
    trust.note(shard, undefined, value, 0);
    const container = destinationOf(value);
    const there = living.get(container);
    if (there?.state !== 'refusing') continue;
    trust.trials.set(shard, {container, incarnation: there.incarnation, host: '', sinceMs: 0});
  }
  trust.look(view, 0);
  for (const {incarnation, state} of living.values()) {
    if (!view.heartbeats.has(incarnation)) trust.assume(incarnation, 'proved');
    else if (state === 'refusing') trust.assume(incarnation, 'refusing');
  }
  return trust;
}

/** Where a shard is on its way to. */
function destinationOf({state, container, move}: OwnershipRecord): string {
  return state === 'assigned' ? container : (move?.to ?? '');
}
