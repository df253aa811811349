/** Why a shard is where it is: the rule, the best homes by the live planner, its history. */
import type {LivingContainer} from '../../../governor/containers.ts';
import {zoneOf} from '../../../governor/placement-terms.ts';
import type {PlanInUse} from '../../../governor/plan-in-use.ts';
import type {PlacementReason} from '../../../model/placement.ts';
import type {ShardSpec} from '../../../model/specs.ts';
import type {WhyAnswer} from '../../../protocol/admin.ts';
import {writesText} from '../../../model/store-writes.ts';
import {gapOf, strandedGap} from '../read/alarm-views.ts';
import {livingOf} from '../read/container-views.ts';
import {containerLoads} from '../read/loads.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {events} from '../read/events.ts';
import {currentApp} from '../read/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {queuedMoveOf} from '../read/moves.ts';
import {hasSpec, shardView} from '../read/shard-views.ts';
import {planInUse} from '../read/plan-in-use.ts';
import {PlannerBroken, unlessBroken} from '../read/planner-broken.ts';
import {withReasons} from '../read/unplaced.ts';
import {exclusions} from './exclusions.ts';
import {NO_HOMES, bucketCounts, homesOf} from './homes.ts';
import type {Homes} from './homes.ts';
import {RULES} from '../../../model/placement-rules.ts';
import {shardNotFound} from '../../../model/not-found.ts';
import {shareRule} from './rules.ts';
import {runInSlices} from '../../../runtime/slices.ts';
import {EXCLUDED_SHOWN, HISTORY_SHOWN, HOMES_SHOWN} from '../limits.ts';

/** @throws SmError APP_NOT_FOUND, SHARD_NOT_FOUND. */
export async function why(
  dependencies: AdminDependencies,
  {service, shardId}: {service: string; shardId: string},
): Promise<WhyAnswer> {
  const read = await currentApp(dependencies, service);
  if (!hasSpec(read, shardId) && !read.view.own.has(shardId)) throw shardNotFound(service, shardId);
  const living = livingOf(read);
  const spec = read.view.shards.get(shardId)?.value;
  const found = await unlessBroken(planOf(dependencies, read, spec));
  const inUse = found instanceof PlannerBroken ? undefined : found;
  const {homes, excluded, bucketCount} = await placesOf(read, living, spec, inUse);
  const {reason} = homes;
  // The governor's own word may be some seconds old, and be cut short.
  const listing =
    reason !== '' && shardView(read, shardId).reason === ''
      ? withReasons(read, [{shard: shardId, reason}])
      : read;
  const past = await events(dependencies, {
    service,
    object: shardId,
    limit: HISTORY_SHOWN,
    audit: false,
  });
  const view = shardView(listing, shardId);
  const known = {
    rule:
      ruleOf(listing, living, spec, view.reason, bucketCount) +
      trialOf(inUse, shardId) +
      quietOf(read),
    ...present(dependencies, listing, shardId, homes.stranded),
  };
  return {
    shard: view,
    ...known,
    ...(found instanceof PlannerBroken ? withoutPlan(known, found) : {}),
    ...(await queuedOf(inUse, read, shardId)),
    homes: shown(homes, listing, living),
    excluded: excluded.slice(0, EXCLUDED_SHOWN),
    excludedCount: excluded.length,
    history: past.events,
    ...(inUse === undefined ? {} : {planRevision: String(inUse.revision)}),
    revision: String(listing.revision),
  };
}

interface Places {
  readonly homes: Homes;
  readonly excluded: WhyAnswer['excluded'];
  /** Shards of its bucket that the plan gives a container; undefined without a plan. */
  readonly bucketCount?: (container: string) => number;
}

/** Which containers may have the shard, and which may not. No container is both. */
async function placesOf(
  read: AppListing,
  living: ReadonlyMap<string, LivingContainer>,
  spec: ShardSpec | undefined,
  inUse: PlanInUse | undefined,
): Promise<Places> {
  if (spec === undefined) return {homes: NO_HOMES, excluded: []};
  if (inUse === undefined)
    return {homes: NO_HOMES, excluded: exclusions(read, living, spec, undefined)};
  const {plan, gate} = inUse;
  // A stranded shard belongs where it is, but that is not a home.
  const isStranded = plan.stranded.has(spec.id);
  const target = isStranded ? '' : (plan.destination(spec.id)?.target ?? '');
  const excluded = exclusions(read, living, spec, {target, countOf: gate.plannedCount});
  const bucketCount = await runInSlices(bucketCounts(inUse, read.view, spec));
  const names = new Set(excluded.map(({container}) => container));
  const candidates = {view: read.view, living, excluded: names, bucketCount};
  return {homes: homesOf(inUse, candidates, spec, HOMES_SHOWN), excluded, bucketCount};
}

/** The plan in use, or where it does not cover the shard yet, a newer one. */
async function planOf(
  dependencies: AdminDependencies,
  listing: AppListing,
  spec: ShardSpec | undefined,
): Promise<PlanInUse> {
  const inUse = await planInUse(dependencies, listing);
  const isCovered = spec === undefined || inUse.plan.destination(spec.id) !== undefined;
  return isCovered ? inUse : planInUse(dependencies, listing, {newest: true});
}

async function queuedOf(
  inUse: PlanInUse | undefined,
  listing: AppListing,
  shardId: string,
): Promise<Pick<WhyAnswer, 'queued'>> {
  const queued = inUse && (await queuedMoveOf(inUse, listing, shardId));
  return queued === undefined ? {} : {queued};
}

/** Without a plan records still say what is; what will be nobody knows. */
function withoutPlan(
  known: Pick<WhyAnswer, 'rule' | 'fix'>,
  {message, hint = ''}: PlannerBroken,
): Pick<WhyAnswer, 'rule' | 'fix'> {
  return {rule: `${known.rule}; ${message}`, fix: known.fix === '' ? hint : known.fix};
}

/** What follows the rule where the plan sends the shard to a container that has not proved itself; '' where it does not. */
function trialOf(inUse: PlanInUse | undefined, shard: string): string {
  if (inUse === undefined) return '';
  const {plan, gate} = inUse;
  const {trust, living} = gate;
  const container = plan.destination(shard)?.target ?? '';
  const incarnation = living.get(container)?.incarnation ?? '';
  if (trust.isProved(incarnation) || !trust.isTrial(shard, incarnation)) return '';
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
function shown(
  {containers, current}: Homes,
  listing: AppListing,
  living: ReadonlyMap<string, LivingContainer>,
): WhyAnswer['homes'] {
  const {view} = listing;
  const loads = containerLoads(listing, () => living);
  return containers.map((container) => {
    const {loadRatio} = loads.get(container) ?? {};
    const shards = view.shardsOf(living.get(container)?.incarnation ?? '').size;
    const bears = loadRatio === undefined ? {} : {loadRatio};
    const zone = zoneOf(view, container);
    return {container, shards, current: container === current, zone, ...bears};
  });
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
  planned: ((container: string) => number) | undefined,
): string {
  if (spec === undefined) return 'its spec is deleted: its owner drops it';
  if (Object.hasOwn(RULES, reason)) return RULES[reason as PlacementReason];
  if (reason !== '') return reason;
  const {manualContainerId: pin} = spec;
  return pin === '' ? shareRule(view, living, spec, planned) : `it is pinned to ${pin}`;
}
