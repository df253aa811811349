/** Permissions to stop containers: checked on the app as it is now, and written only if no other was given meanwhile. */
import {inSlices} from '../../../appview/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {checkStop, permitted, released} from '../../../governor/stop-gate.ts';
import type {
  HomelessWithout,
  StopQuestion,
  StopSituation,
  StopVerdict,
} from '../../../governor/stop-gate.ts';
import {SmError} from '../../../model/errors.ts';
import {placementOf} from '../../../model/placement-policy.ts';
import type {StopPermission} from '../../../model/stop-permission.ts';
import {writesText} from '../../../model/store-writes.ts';
import {appNotFound, containerNotFound} from '../../../model/not-found.ts';
import type {AdminAnswer, AdminRequest, CanStopAnswer} from '../../../protocol/admin.ts';
import {decodeStopPermissions} from '../../../protocol/records.ts';
import type {KeyValue} from '../../../store/port.ts';
import {atOnce} from '../dependencies.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {liveSpec} from '../guards.ts';
import {STOP_ATTEMPTS_LIMIT} from '../limits.ts';
import {containerViews, livingOf} from '../read/container-views.ts';
import {currentApp} from '../read/listing.ts';
import {readerPlan} from '../read/reader-plan.ts';
import {hasSpec, shardCounts, shardIds, shardState} from '../read/shard-views.ts';
import {UNCHANGED, conditionalWrite, deleting, writing} from './conditional-write.ts';
import type {Decision} from './conditional-write.ts';

/** The permissions have changed since the app was read. */
class Overtaken extends Error {}

/**
 * All containers or none. The decision and the permission are one: two daemons that are asked at once agree, for each writes only over the permissions
 * that it has checked.
 * @throws SmError CONTAINER_NOT_FOUND when nothing is known of one of them, APP_NOT_FOUND, APP_DELETING, CONFLICT.
 */
export async function canStop(
  dependencies: AdminDependencies,
  request: AdminRequest<'canStop'>,
  caller: string,
): Promise<CanStopAnswer> {
  for (let attempt = 0; attempt < STOP_ATTEMPTS_LIMIT; attempt++) {
    const listing = await currentApp(dependencies, request.service);
    try {
      return await decided(dependencies, request, request.holder ?? caller, listing);
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
    }
  }
  throw new SmError('CONFLICT', 'too many concurrent requests for permission to stop containers', {
    hint: 'try again',
    retryable: true,
  });
}

async function decided(
  dependencies: AdminDependencies,
  {service: app, containers, maxUnserved, leaseMs, reason, dryRun}: AdminRequest<'canStop'>,
  holder: string,
  listing: AppListing,
): Promise<CanStopAnswer> {
  const {store, keys} = dependencies;
  const wanted = [...new Set(containers)];
  const unserved = await unservedShards(listing);
  // The rest is of one moment: the permissions that are checked, and their revision.
  const situation = situationOf(dependencies, listing, unserved);
  refuseUnknown(app, wanted, situation);
  const question = {wanted, holder, maxUnserved};
  // The listing moves on while the planner is asked.
  const checkedMod = listing.view.stops?.mod ?? 0;
  const verdict = await checked(dependencies, listing, question, situation);
  const next = verdict.allowed ? permitted(question, situation, {reason, leaseMs}) : undefined;
  const key = keys.stopPermissions(app);
  const read = [keys.appSpec(app), key];
  const written = await conditionalWrite(store, read, dryRun, ({entries: [spec, stored]}) => {
    refuseApp(dependencies, app, spec);
    if ((stored?.mod ?? 0) !== checkedMod) throw new Overtaken();
    return storing(key, stored, next);
  });
  const own = (next ?? []).filter((one) => one.holder === holder && wanted.includes(one.container));
  return {...written, ...shown(verdict), permissions: dryRun ? [] : own};
}

function shown({allowed, objections, unavailable, maxUnavailable}: StopVerdict) {
  return {
    ...{allowed, maxUnavailable, unavailable: [...unavailable]},
    objections: objections.map((one) => ({...one, objects: [...one.objects]})),
  };
}

function storing(
  key: string,
  stored: KeyValue | undefined,
  permissions: StopPermission[] | undefined,
): Decision {
  if (permissions === undefined) return UNCHANGED;
  refuseUnreadable(stored);
  return writing(stored === undefined ? 'created' : 'configured', key, {v: 1, permissions});
}

function refuseUnreadable(stored: KeyValue | undefined): StopPermission[] {
  if (stored === undefined) return [];
  const read = decodeStopPermissions(stored.value);
  if (read.ok) return read.value.permissions;
  throw new SmError(
    'STORE_CORRUPT',
    `the stored permissions to stop containers cannot be read: ${read.problem}`,
    {
      hint: `wait until no deploy is running, then delete the key ${stored.key}`,
    },
  );
}

function refuseApp({service}: AdminDependencies, app: string, spec: KeyValue | undefined): void {
  if (app !== service) liveSpec(app, spec);
}

/** A mistyped id must not become a yes. */
function refuseUnknown(app: string, wanted: readonly string[], situation: StopSituation): void {
  const {living, lost, permissions} = situation;
  for (const container of wanted) {
    const isKnown = living.has(container) || lost.has(container);
    if (isKnown || permissions.some((one) => one.container === container)) continue;
    throw containerNotFound(app, container);
  }
}

function situationOf(
  dependencies: AdminDependencies,
  listing: AppListing,
  unserved: StopSituation['unserved'],
): StopSituation {
  const {view, status} = listing;
  const writes = dependencies.writes();
  const lost = containerViews(listing).filter(
    ({state, incarnation}) => state === 'lost' && incarnation !== '',
  );
  return {
    living: livingOf(listing),
    lost: new Set(lost.map(({id}) => id)),
    permissions: view.stops?.value.permissions ?? [],
    maxUnavailable: placementOf(view.spec?.value).maxUnavailable,
    unserved,
    isBreakerOpen: status?.alarms.some(({code}) => code === 'BRAKE') === true,
    unknown: writes.kind === 'none' ? `nobody knows what is served: ${writesText(writes)}` : '',
    wallMs: dependencies.wallMs(),
  };
}

async function unservedShards(listing: AppListing): Promise<StopSituation['unserved']> {
  const unserved: {shard: string; container: string}[] = [];
  const {ready, total} = shardCounts(listing);
  if (ready === total) return unserved;
  await inSlices(await shardIds(listing), (shard) => {
    if (!hasSpec(listing, shard) || shardState(listing, shard) === 'ready') return;
    const record = listing.view.own.get(shard)?.value;
    const isFree = record === undefined || record.state === 'free';
    unserved.push({shard, container: isFree ? '' : record.container});
  });
  return unserved;
}

/** The rule asks the planner that runs live: what it asks for is planned, and then it is asked again. */
async function checked(
  dependencies: AdminDependencies,
  listing: AppListing,
  question: StopQuestion,
  situation: StopSituation,
): Promise<StopVerdict> {
  const known = new Map<string, ReturnType<HomelessWithout>>();
  for (;;) {
    let asked: ReadonlySet<string> | undefined;
    const verdict = checkStop(question, situation, (away) => {
      const answer = known.get(nameOf(away));
      if (answer === undefined) asked = away;
      return answer ?? [];
    });
    if (asked === undefined) return verdict;
    known.set(nameOf(asked), await homelessWithout(dependencies, listing, asked));
  }
}

function nameOf(away: ReadonlySet<string>): string {
  return [...away].sort().join(' ');
}

async function homelessWithout(
  dependencies: AdminDependencies,
  listing: AppListing,
  away: ReadonlySet<string>,
): Promise<ReturnType<HomelessWithout>> {
  const {byTurns = atOnce} = dependencies;
  return byTurns(listing.app, async () => {
    const living = livingOf(listing);
    for (const container of away) living.delete(container);
    const {plan, shardAt} = await readerPlan(dependencies, listing, living);
    return plan.unplaced.map(({shard, reason}) => ({shard: shardAt(shard), reason}));
  });
}

/** Gives back what the holder may; what it may not is left as it is. */
export async function releaseStop(
  dependencies: AdminDependencies,
  {service: app, containers, holder, dryRun}: AdminRequest<'releaseStop'>,
  caller: string,
): Promise<AdminAnswer<'releaseStop'>> {
  const {store, keys} = dependencies;
  const key = keys.stopPermissions(app);
  let before: StopPermission[] = [];
  let kept: StopPermission[] = [];
  const read = [keys.appSpec(app), key];
  const answer = await conditionalWrite(store, read, dryRun, ({entries: [spec, stored]}) => {
    if (spec === undefined && app !== dependencies.service) throw appNotFound(app);
    before = refuseUnreadable(stored);
    kept = released(before, holder ?? caller, containers);
    if (kept.length === before.length) return UNCHANGED;
    if (kept.length === 0) return deleting(key);
    return writing('configured', key, {v: 1, permissions: kept});
  });
  return {...answer, released: before.filter((one) => !kept.includes(one))};
}
