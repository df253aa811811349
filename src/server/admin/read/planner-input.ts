/** What the planner is asked by readers: as its governor asks it, as far as records and the governor's word tell. */
import {SHARDS_PER_STEP} from '../../../governor/limits.ts';
import {ContainerTrust} from '../../../governor/container-trust.ts';
import type {LivingContainer} from '../../../governor/containers.ts';
import {TrialPlanner} from '../../../governor/trial-planner.ts';
import type {AppListing} from '../../../appview/listing.ts';
import type {AppView} from '../../../appstate/app-view.ts';
import type {OwnershipRecord} from '../../../model/ownership.ts';
import type {PlacementSnapshot, Unproved} from '../../../model/placement.ts';
import {runInSlices} from '../../../runtime/slices.ts';
import type {PlanDependencies} from '../dependencies.ts';
import {readTerms} from './loads.ts';

/** Readers know neither what is being written nor what waits for its next try. */
const NOTHING_WAITS = {pending: {has: () => false}, retries: {mustWait: () => false}};

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

function* plannerInputSteps(
  listing: AppListing,
  living: ReadonlyMap<string, LivingContainer>,
): Generator<undefined, PlacementSnapshot> {
  const {view} = listing;
  const trust = yield* trustFrom(view, living);
  const loads = readTerms(listing);
  return yield* new TrialPlanner(trust).snapshot({view, living, loads, ...NOTHING_WAITS}, 0);
}

/** With what the app's governor knows of them, where that runs in this daemon: a container that has given all away has no record that proves it. */
export function asGoverned(
  {planInUse: find}: PlanDependencies,
  app: string,
  living: ReadonlyMap<string, LivingContainer>,
): ReadonlyMap<string, LivingContainer> {
  const trust = find?.(app)?.gate.trust;
  if (trust === undefined) return living;
  return new Map(
    [...living].map(([id, one]) => [id, {...one, isProved: trust.isProved(one.incarnation)}]),
  );
}

/** Whom a reader's plan tries, as `plannerInput` says it. */
export interface ReaderTrials {
  readonly trials: ContainerTrust['trials'];
  readonly unproved: ReadonlyMap<string, Unproved>;
}

/** The same of all but the shards, in steps. */
export function* readerTrials(
  view: AppView,
  living: ReadonlyMap<string, LivingContainer>,
): Generator<undefined, ReaderTrials> {
  const trust = yield* trustFrom(view, living);
  const unproved = new TrialPlanner(trust).look({view, living, ...NOTHING_WAITS}, 0);
  return {trials: trust.trials, unproved};
}

function* trustFrom(
  view: AppView,
  living: ReadonlyMap<string, LivingContainer>,
): Generator<undefined, ContainerTrust> {
  const trust = new ContainerTrust();
  yield* noteProved(trust, view);
  const isRefusing = [...living.values()].some(({state}) => state === 'refusing');
  let looks = 0;
  for (const [shard, {value}] of isRefusing ? view.own : []) {
    if ((looks += 1) % SHARDS_PER_STEP === 0) yield;
    const container = destinationOf(value);
    const there = living.get(container);
    if (there?.state !== 'refusing') continue;
    trust.trials.set(shard, {container, incarnation: there.incarnation, host: '', sinceMs: 0});
  }
  trust.look(view, 0);
  for (const {incarnation, state, isProved = false} of living.values()) {
    if (isProved || !view.heartbeats.has(incarnation)) trust.assume(incarnation, 'proved');
    else if (state === 'refusing') trust.assume(incarnation, 'refusing');
  }
  return trust;
}

/** One ready shard proves its container: the others say no more. */
function* noteProved(trust: ContainerTrust, view: AppView): Generator<undefined, void> {
  let looks = 0;
  for (const incarnation of view.heartbeats.keys())
    for (const shard of view.shardsOf(incarnation)) {
      if ((looks += 1) % SHARDS_PER_STEP === 0) yield;
      trust.note({shard, before: undefined, after: view.own.get(shard)?.value}, 0);
      if (trust.isProved(incarnation)) break;
    }
}

/** Where a shard is on its way to. */
function destinationOf({state, container, move}: OwnershipRecord): string {
  return state === 'assigned' ? container : (move?.to ?? '');
}
