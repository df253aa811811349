/** Why a shard is where it is: the rule, the best homes by the live planner, its history. */
import type {LivingContainer} from '../../../governor/containers.ts';
import type {
  PlacementContainer,
  PlacementReason,
  PlacementSnapshot,
} from '../../../model/placement.ts';
import type {ShardSpec} from '../../../model/specs.ts';
import type {WhyAnswer} from '../../../protocol/admin.ts';
import {writesText} from '../../../model/store-writes.ts';
import {gapOf, strandedGap} from '../read/alarm-views.ts';
import {livingOf} from '../read/container-views.ts';
import {containerLoads} from '../read/loads.ts';
import type {ContainerLoad} from '../read/loads.ts';
import {plannerInput} from '../read/planner-input.ts';
import {atOnce} from '../dependencies.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {events} from '../read/events.ts';
import {currentApp} from '../read/listing.ts';
import {inSlices} from '../../../appview/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {queuedMoveOf} from '../read/moves.ts';
import {hasSpec, shardView} from '../read/shard-views.ts';
import {planned, withReasons} from '../read/unplaced.ts';
import {exclusions} from './exclusions.ts';
import {homesOf} from './homes.ts';
import {RULES} from '../../../model/placement-rules.ts';
import {shardNotFound} from '../../../model/not-found.ts';
import {shareRule} from './rules.ts';
import {EXCLUDED_SHOWN, HISTORY_SHOWN, HOMES_SHOWN} from '../limits.ts';

/** @throws SmError APP_NOT_FOUND, SHARD_NOT_FOUND. */
export async function why(
  dependencies: AdminDependencies,
  {service, shardId}: {service: string; shardId: string},
): Promise<WhyAnswer> {
  const read = await currentApp(dependencies, service);
  if (!hasSpec(read, shardId) && !read.view.own.has(shardId)) throw shardNotFound(service, shardId);
  const living = livingOf(read);
  const {byTurns = atOnce} = dependencies;
  const {base, containers, reason, stranded} = await byTurns(service, async () => {
    const snapshot = await plannerInput(read, living);
    const homes = await homesOf(dependencies.plan, untried(snapshot), shardId, HOMES_SHOWN);
    return {base: snapshot, ...homes};
  });
  // The governor's own word may be some seconds old, and be cut short.
  const listing =
    reason !== '' && shardView(read, shardId).reason === ''
      ? withReasons(read, [{shard: shardId, reason}])
      : read;
  const spec = listing.view.shards.get(shardId)?.value;
  const excluded = spec === undefined ? [] : exclusions(listing, living, spec);
  const past = await events(dependencies, {
    service,
    object: shardId,
    limit: HISTORY_SHOWN,
    audit: false,
  });
  const view = shardView(listing, shardId);
  const queued = await queuedMoveOf(dependencies, read, shardId);
  return {
    shard: view,
    rule:
      ruleOf(listing, living, spec, view.reason) +
      (await trialOf(dependencies, read, base, shardId)) +
      quietOf(read),
    ...present(dependencies, listing, shardId, stranded),
    ...(queued === undefined ? {} : {queued}),
    homes: await shown(
      containers,
      base,
      shardId,
      containerLoads(listing, () => living),
    ),
    excluded: excluded.slice(0, EXCLUDED_SHOWN),
    excludedCount: excluded.length,
    history: past.events,
    revision: String(listing.revision),
  };
}

/** Where a shard belongs does not hang on who is tried with it just now. */
function untried(base: PlacementSnapshot): PlacementSnapshot {
  if (!base.containers.some(isTrialDue)) return base;
  const containers = base.containers.map((one) =>
    one.unproved === undefined ? one : {...one, unproved: {...one.unproved, trialDue: false}},
  );
  return {...base, containers};
}

function isTrialDue({unproved}: PlacementContainer): boolean {
  return unproved?.trialDue === true;
}

/** What follows the rule where the plan sends the shard to a container that has not proved itself; '' where it does not. */
async function trialOf(
  dependencies: AdminDependencies,
  listing: AppListing,
  base: PlacementSnapshot,
  shardId: string,
): Promise<string> {
  if (!base.containers.some(isTrialDue)) return '';
  const {snapshot, wanted} = await planned(dependencies, listing);
  const shard = wanted.trials.find((at) => snapshot.shards[at]?.id === shardId);
  if (shard === undefined) return '';
  const container = snapshot.containers[wanted.target[shard] ?? -1]?.id ?? '';
  return `; it goes to ${container} on trial: no shard has become ready there yet`;
}

/** What follows the rule while nothing moves for balance. */
function quietOf({status}: AppListing): string {
  if (status?.quiet === undefined) return '';
  const {until, why: cause} = status.quiet;
  const end = until === '' ? 'for a time after that is over' : `until ${until}`;
  return `; the app is in its quiet time ${end} (${cause}): nothing moves for balance`;
}

/** What each of them holds now. */
async function shown(
  homes: readonly string[],
  {shards, containers}: PlacementSnapshot,
  shardId: string,
  loads: ReadonlyMap<string, ContainerLoad>,
): Promise<WhyAnswer['homes']> {
  const zones = new Map(containers.map(({id, zone = ''}) => [id, zone]));
  const found = homes.map((container) => {
    const {loadRatio} = loads.get(container) ?? {};
    const bears = loadRatio === undefined ? {} : {loadRatio};
    return {container, shards: 0, current: false, zone: zones.get(container) ?? '', ...bears};
  });
  const byContainer = new Map(found.map((home) => [home.container, home]));
  await inSlices(shards, ({id, current}) => {
    const home = byContainer.get(current);
    if (home === undefined) return;
    home.shards += 1;
    if (id === shardId) home.current = true;
  });
  return found;
}

/** What is, not what is planned: a plan whose container cannot be reached, or whose drop hangs, is not happening. */
function present(
  {writes}: AdminDependencies,
  listing: AppListing,
  shardId: string,
  stranded: string,
): Pick<WhyAnswer, 'now' | 'fix'> {
  const fares = writes();
  if (fares.kind === 'none')
    return {now: `nobody knows whether it is served: ${writesText(fares)}`, fix: fares.fix};
  if (!hasSpec(listing, shardId)) return {now: '', fix: ''};
  const gap = gapOf(listing, shardId) ?? strandedGap(listing, shardId, stranded);
  return {now: gap?.text ?? '', fix: gap?.fix ?? ''};
}

function ruleOf(
  {view}: AppListing,
  living: ReadonlyMap<string, LivingContainer>,
  spec: ShardSpec | undefined,
  reason: string,
): string {
  if (spec === undefined) return 'its spec is deleted: its owner drops it';
  if (Object.hasOwn(RULES, reason)) return RULES[reason as PlacementReason];
  if (reason !== '') return reason;
  const {manualContainerId: pin} = spec;
  return pin === '' ? shareRule(view, living, spec) : `it is pinned to ${pin}`;
}
