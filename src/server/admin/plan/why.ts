/** Why a shard is where it is: the rule, the best homes by the live planner, its history. */
import {compareText} from '../../../model/compare-text.ts';
import type {LivingContainer} from '../../../governor/containers.ts';
import type {
  PlacementContainer,
  PlacementReason,
  PlacementSnapshot,
} from '../../../model/placement.ts';
import type {ShardSpec} from '../../../model/specs.ts';
import type {WhyAnswer} from '../../../protocol/admin.ts';
import {writesText} from '../../../model/store-writes.ts';
import {gapOf} from '../read/alarm-views.ts';
import {livingOf} from '../read/container-views.ts';
import {plannerInput} from '../read/planner-input.ts';
import {atOnce} from '../dependencies.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {events} from '../read/events.ts';
import {currentApp} from '../read/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {hasSpec, shardView} from '../read/shard-views.ts';
import {lacksReasons, planned, withReasons} from '../read/unplaced.ts';
import {shardNotFound} from '../guards.ts';
import {homesOf} from './homes.ts';
import {EXCLUDED_SHOWN, HISTORY_SHOWN, HOMES_SHOWN} from '../limits.ts';

const RULES: Readonly<Record<PlacementReason, string>> = {
  'no-container': 'the app has no container that takes shards',
  'pin-not-living': 'it is pinned to a container that does not live',
  'pin-takes-nothing-new': 'it is pinned to a container that takes nothing new',
  'pin-outside-worker-group': 'its pin is not a member of its worker group',
  'worker-group-empty': 'its worker group has no members',
  'worker-group-not-living': 'no member of its worker group lives',
  'nothing-accepts': 'no container that it may use takes anything new',
  capacity: 'every container that it may use holds as many shards as it may',
  'metric-limit': 'its load would break a limit of every container that has room for it',
  'spread-key': 'every container that has room for it has another shard with its spread key',
};

/** @throws SmError APP_NOT_FOUND, SHARD_NOT_FOUND. */
export async function why(
  dependencies: AdminDependencies,
  {service, shardId}: {service: string; shardId: string},
): Promise<WhyAnswer> {
  const read = await currentApp(dependencies, service);
  if (!hasSpec(read, shardId) && !read.view.own.has(shardId)) throw shardNotFound(service, shardId);
  const living = livingOf(read);
  const {byTurns = atOnce} = dependencies;
  const {base, containers, reason} = await byTurns(service, async () => {
    const snapshot = await plannerInput(read, living);
    const homes = await homesOf(dependencies.plan, untried(snapshot), shardId, HOMES_SHOWN);
    return {base: snapshot, ...homes};
  });
  const listing =
    reason !== '' && lacksReasons(read) ? withReasons(read, [{shard: shardId, reason}]) : read;
  const spec = listing.view.shards.get(shardId)?.value;
  const excluded = spec === undefined ? [] : exclusions(listing, living, spec);
  const past = await events(dependencies, {
    service,
    object: shardId,
    limit: HISTORY_SHOWN,
    audit: false,
  });
  const view = shardView(listing, shardId);
  return {
    shard: view,
    rule:
      ruleOf(listing, living, spec, view.reason) +
      (await trialOf(dependencies, read, base, shardId)) +
      quietOf(read),
    ...present(dependencies, listing, shardId),
    homes: shown(containers, base, shardId),
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
function shown(
  homes: readonly string[],
  {shards}: PlacementSnapshot,
  shardId: string,
): WhyAnswer['homes'] {
  const found = homes.map((container) => ({container, shards: 0, current: false}));
  const byContainer = new Map(found.map((home) => [home.container, home]));
  for (const {id, current} of shards) {
    const home = byContainer.get(current);
    if (home === undefined) continue;
    home.shards += 1;
    if (id === shardId) home.current = true;
  }
  return found;
}

/** What is, not what is planned: a plan whose container cannot be reached, or whose drop hangs, is not happening. */
function present(
  {writes}: AdminDependencies,
  listing: AppListing,
  shardId: string,
): Pick<WhyAnswer, 'now' | 'fix'> {
  const fares = writes();
  if (fares.kind === 'none')
    return {now: `nobody knows whether it is served: ${writesText(fares)}`, fix: fares.fix};
  if (!hasSpec(listing, shardId)) return {now: '', fix: ''};
  const gap = gapOf(listing, shardId);
  return {now: gap?.text ?? '', fix: gap?.fix ?? ''};
}

function ruleOf(
  {view}: AppListing,
  living: ReadonlyMap<string, LivingContainer>,
  spec: ShardSpec | undefined,
  reason: string,
): string {
  if (spec === undefined) return 'its spec is gone: whoever has it lets it go';
  if (Object.hasOwn(RULES, reason)) return RULES[reason as PlacementReason];
  if (reason !== '') return reason;
  const {manualContainerId: pin, group, workerGroup} = spec;
  if (pin !== '') return `it is pinned to ${pin}`;
  const pool = workerGroup === '' ? undefined : view.pools.get(workerGroup);
  const open = [...living.values()].filter(
    ({container, mode}) => mode === 'open' && (workerGroup === '' || pool?.has(container)),
  ).length;
  const peers = [...view.shards.values()].filter(
    ({value}) => value.group === group && value.workerGroup === workerGroup,
  ).length;
  const share = open === 0 ? 0 : peers / open;
  const bucket = `group ${group === '' ? '-' : group}, worker group ${workerGroup === '' ? '-' : workerGroup}`;
  return `${bucket}: ${peers} shards on ${open} containers, ${Math.floor(share)} to ${Math.ceil(share)} each`;
}

/** Containers that may not take it, by the first rule that forbids it. */
function exclusions(
  {view}: AppListing,
  living: ReadonlyMap<string, LivingContainer>,
  {manualContainerId: pin, workerGroup}: ShardSpec,
): WhyAnswer['excluded'] {
  const limit = view.spec?.value.maxShardCount ?? 0;
  const rule = ({container, incarnation, mode, state, note}: LivingContainer): string => {
    if (state === 'refusing') return `it is refusing: ${note ?? ''}`;
    if (mode !== 'open') return `it is ${state}`;
    if (pin !== '' && pin !== container) return `the shard is pinned to ${pin}`;
    if (workerGroup !== '' && view.pools.get(workerGroup)?.has(container) !== true)
      return `it is not in worker group ${workerGroup}`;
    const held = view.shardsOf(incarnation).size;
    return limit > 0 && held >= limit ? `it holds ${held} of ${limit} shards` : '';
  };
  return [...living.values()]
    .map((container) => ({container: container.container, rule: rule(container)}))
    .filter((found) => found.rule !== '')
    .sort((a, b) => compareText(a.container, b.container));
}
