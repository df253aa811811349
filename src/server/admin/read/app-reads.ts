/** Reading apps: names, one, all, the origin's detail, and the whole cluster. */
import {sees} from '../../../model/access.ts';
import type {AlarmCode} from '../../../model/alarm.ts';
import {alarmFix} from '../../../model/alarm-fix.ts';
import {firstOf} from '../../../model/and-more.ts';
import {compareText} from '../../../model/compare-text.ts';
import {counted} from '../../../model/counted.ts';
import {SmError} from '../../../model/errors.ts';
import {appHealth, clusterHealth, leaderLives} from '../../../model/health.ts';
import {appQuota} from '../../../model/quota.ts';
import {valueOf} from '../../../appview/app-news.ts';
import type {LeaderRecord} from '../../../model/status.ts';
import {usageOf} from '../../../appstate/usage.ts';
import {plainPolicy} from '../../../model/placement-policy.ts';
import {movingLimit} from '../../../model/moving-limit.ts';
import type {AdminAnswer, AppView, ContainerView, StatusAnswer} from '../../../protocol/admin.ts';
import {decodeCluster, decodeEventRound, decodeLeader} from '../../../protocol/records.ts';
import {NO_WRITES_MEAN, unknownSince, writesText} from '../../../model/store-writes.ts';
import type {StoreWrites} from '../../../model/store-writes.ts';
import {alarmViews} from './alarm-views.ts';
import {containerViews, livingOf, stateCounts} from './container-views.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {currentApp, exists, listApp, listAppOrNothing, WHOLE_APP} from './listing.ts';
import {once} from '../../../appview/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {waitViews} from './move-waits.ts';
import {isLost, noteView, shardCounts} from './shard-views.ts';
import {workerGroups} from './worker-groups.ts';
import {LOST_DAEMON_NAMED_MS, MISSING_NAMED} from '../limits.ts';

/** The apps that the caller may see. They are the shards of sm's own service. */
export async function appNames(
  dependencies: AdminDependencies,
): Promise<{names: string[]; revision: number}> {
  const {view, revision} = await listApp(dependencies, dependencies.service, ['shards']);
  const {apps = 'all'} = dependencies;
  const names = [...view.shards.keys()].filter((name) => sees(apps, name));
  return {names: names.sort(), revision};
}

export function appView(listing: AppListing): AppView {
  return once(listing, 'appView', () => madeView(listing));
}

function madeView(listing: AppListing): AppView {
  const {app, view, status} = listing;
  const spec = view.spec?.value;
  const figures = {
    deleting: spec?.deleting ?? false,
    paused: spec?.paused ?? false,
    unknownSince: listing.unknownSince,
    settled: status?.settled ?? false,
    shards: shardCounts(listing),
    containers: stateCounts(containerViews(listing)),
    alarms: alarmViews(listing),
  };
  return {
    service: app,
    health: appHealth(figures),
    createTime: spec?.createTime ?? 0,
    maxShardCount: spec?.maxShardCount ?? 0,
    maxRecoveryTime: spec?.maxRecoveryTime ?? 0,
    maxMoving: movingLimit(spec?.maxMoving, view.shards.size),
    pause: noteView(spec?.paused === true ? spec.pause : undefined),
    placement: plainPolicy(spec?.placement) ?? {},
    quota: quotaView(listing),
    quiet: status?.quiet ?? null,
    waits: waitViews(listing),
    ...strandedDrains(listing),
    governor: status?.governor ?? '',
    governedAt: status?.at ?? '',
    ...figures,
  };
}

function strandedDrains(listing: AppListing): Pick<AppView, 'stranded'> {
  const stranded = containerViews(listing).flatMap(({id: container, stranded: found}) =>
    found === undefined ? [] : [{container, ...found}],
  );
  return stranded.length === 0 ? {} : {stranded};
}

function quotaView({view}: AppListing): AppView['quota'] {
  const used: Partial<Record<string, number>> = {...usageOf(view)};
  const limits = Object.entries(appQuota(view.spec?.value.quota));
  return Object.fromEntries(
    limits.map(([name, limit]) => {
      const count = used[name];
      return [name, count === undefined ? {limit} : {used: count, limit}];
    }),
  );
}

export async function getApp(
  dependencies: AdminDependencies,
  app: string,
): Promise<{app: AppView; revision: string}> {
  const listing = await currentApp(dependencies, app);
  return {app: appView(listing), revision: String(listing.revision)};
}

/** All apps: what this daemon holds a view of, from there; of the others one after the other is read, so that only one is in memory. */
export function getApps(
  dependencies: AdminDependencies,
): Promise<{apps: AppView[]; revision: string}> {
  return madeConsistently(dependencies, () => appsOnce(dependencies));
}

async function appsOnce(
  dependencies: AdminDependencies,
): Promise<{apps: AppView[]; revision: string}> {
  const {names, revision} = await appNames(dependencies);
  const apps: AppView[] = [];
  for (const name of names) {
    const open = dependencies.views.holds(name)
      ? await dependencies.views.current(name)
      : undefined;
    const options = {atRevision: revision};
    const listing = open ?? (await listAppOrNothing(dependencies, name, WHOLE_APP, options));
    if (exists(dependencies, listing)) apps.push(appView(listing));
  }
  return {apps, revision: String(revision)};
}

/** The origin's view. A shard counts as allocated when a container that lives owns it. */
export async function detail(
  dependencies: AdminDependencies,
  app: string,
): Promise<AdminAnswer<'detail'>> {
  const listing = await currentApp(dependencies, app);
  const {view} = listing;
  const allocate = new Map<string, string[]>();
  const aliveContainers = [...livingOf(listing).keys()].sort();
  for (const container of aliveContainers) allocate.set(container, []);
  const notAllocateShards: string[] = [];
  for (const shard of [...view.shards.keys()].sort()) {
    const record = view.own.get(shard)?.value;
    const owned = record?.state === 'owned' || record?.state === 'dropping';
    if (!owned || isLost(listing, record)) notAllocateShards.push(shard);
    else if (allocate.has(record.container)) allocate.get(record.container)?.push(shard);
    else allocate.set(record.container, [shard]);
  }
  return {
    spec: view.spec?.value ?? {service: app},
    shardSpec: Object.fromEntries([...view.shards].map(([id, {value}]) => [id, value])),
    workerGroup: workerGroups(listing),
    allocate: Object.fromEntries([...allocate].sort(([a], [b]) => compareText(a, b))),
    aliveContainers,
    notAllocateShards,
  };
}

export async function status(dependencies: AdminDependencies): Promise<StatusAnswer> {
  try {
    return await madeConsistently(dependencies, () => statusOnce(dependencies));
  } catch (error) {
    throw withOutage(error, dependencies.writes());
  }
}

/** Who asks for the state of the cluster while etcd is away wants to know since when, and what that means. */
function withOutage(error: unknown, writes: StoreWrites): unknown {
  if (!(error instanceof SmError) || error.code !== 'STORE_UNAVAILABLE') return error;
  if (writes.kind === 'committing') return error;
  const since = writesText({...writes, reason: ''});
  const {code, message, hint = '', retryable} = error;
  const text = `${message}; ${since}; ${NO_WRITES_MEAN}`;
  return new SmError(code, text, {hint, retryable, cause: error});
}

/** For answers whose parts are read one after the other. Made again where writes began or ceased to commit meanwhile: half of it would follow from each. */
async function madeConsistently<T>(
  {writes}: AdminDependencies,
  make: () => Promise<T>,
): Promise<T> {
  for (;;) {
    const before = unknownSince(writes());
    const answer = await make();
    if (unknownSince(writes()) === before) return answer;
  }
}

async function statusOnce(dependencies: AdminDependencies): Promise<StatusAnswer> {
  const {store, keys, service, version} = dependencies;
  const {apps, revision} = await appsOnce(dependencies);
  // Together, for a slow etcd: it is waited for once.
  const [own, {entries}, {clusterId}, losses] = await Promise.all([
    listApp(dependencies, service, WHOLE_APP, {atRevision: Number(revision)}),
    store.getMany([keys.leader(), keys.cluster()]),
    store.status(),
    daemonLosses(dependencies),
  ]);
  const daemons = shownDaemons(dependencies, own);
  const restored = valueOf(entries[1], decodeCluster)?.restored ?? '';
  const sum = (count: (app: AppView) => number): number =>
    apps.reduce((total, app) => total + count(app), 0);
  const leader = leaderView(valueOf(entries[0], decodeLeader));
  const missing = missingApps(dependencies, apps);
  const ownAlarms = [...restoredAlarm(service, restored, missing), ...appView(own).alarms];
  return {
    service,
    version,
    health: clusterHealth({
      leader: leaderLives(leader, daemons),
      daemons: stateCounts(daemons),
      alarms: ownAlarms,
      apps,
      unknownSince: own.unknownSince,
    }),
    leader,
    daemons,
    lostDaemons: lostDaemons(dependencies, losses, daemons),
    apps,
    counts: {
      daemons: daemons.filter(({incarnation, state}) => incarnation !== '' && state !== 'lost')
        .length,
      apps: apps.length,
      containers: sum(({containers}) => living(containers)),
      shards: sum(({shards}) => shards.total),
      ready: sum(({shards}) => shards.ready),
      unplaced: sum(({shards}) => shards.unplaced),
      unknown: sum(({shards}) => shards.unknown),
      failed: sum(({shards}) => shards.failed),
      quarantined: sum(({shards}) => shards.quarantined),
    },
    alarms: [...shownOwn(dependencies, ownAlarms), ...apps.flatMap((app) => app.alarms)],
    store: {
      ...{clusterId, epoch: own.epoch, restored, ...writesView(dependencies.writes())},
      acceptWaitMs: restored === '' ? 0 : dependencies.oldRightsMs(),
    },
    revision,
  };
}

/** When each daemon that an event calls lost was lost, by id: nothing in the store names them any more but the event of their loss. */
async function daemonLosses({
  store,
  keys,
  service,
  apps = 'all',
}: AdminDependencies): Promise<Map<string, string>> {
  const lostAt = new Map<string, string>();
  if (apps !== 'all') return lostAt;
  const {entries} = await store.list([keys.eventsPrefix(service)]);
  // By key, which is by time: the last word counts.
  for (const {value} of entries) {
    const round = decodeEventRound(value);
    for (const event of round.ok ? round.value : []) {
      if ('kind' in event) continue;
      if (event.state === 'lost') lostAt.set(event.container, event.at);
      else lostAt.delete(event.container);
    }
  }
  return lostAt;
}

/** Those of them that are not back. `daemons`: those of which there is a heartbeat or a record. */
function lostDaemons(
  {wallMs}: Pick<AdminDependencies, 'wallMs'>,
  losses: ReadonlyMap<string, string>,
  daemons: readonly ContainerView[],
): NonNullable<StatusAnswer['lostDaemons']> {
  const known = new Set(daemons.map(({id}) => id));
  return [...losses]
    .filter(([id, at]) => !known.has(id) && wallMs() - Date.parse(at) < LOST_DAEMON_NAMED_MS)
    .map(([id, at]) => ({id, at}))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The alarms of sm itself, and what it notes of a daemon, name apps: whoever may see some of them only gets neither. */
function shownOwn<T>({apps = 'all'}: AdminDependencies, own: readonly T[]): readonly T[] {
  return apps === 'all' ? own : [];
}

function shownDaemons({apps = 'all'}: AdminDependencies, own: AppListing): ContainerView[] {
  const daemons = containerViews(own);
  return apps === 'all' ? daemons : daemons.map((daemon) => ({...daemon, note: ''}));
}

function writesView(writes: StoreWrites): Pick<StatusAnswer['store'], 'unknownSince' | 'reason'> {
  if (writes.kind === 'committing') return {unknownSince: '', reason: ''};
  const fix = writes.fix === '' ? '' : `; fix: ${writes.fix}`;
  return {unknownSince: unknownSince(writes), reason: `${writesText(writes)}${fix}`};
}

/** Apps that this daemon knew, and a store in doubt lacks. */
function missingApps({seenApps}: AdminDependencies, apps: readonly AppView[]): string[] {
  const there = new Set(apps.map(({service}) => service));
  return (seenApps?.() ?? []).filter((app) => !there.has(app));
}

function restoredAlarm(
  service: string,
  why: string,
  missing: readonly string[],
): StatusAnswer['alarms'] {
  if (why === '') return [];
  const gone =
    missing.length === 0
      ? ''
      : `; ${counted(missing.length, 'app')} that this daemon knew ${missing.length === 1 ? 'is' : 'are'} missing there: ${firstOf(missing, MISSING_NAMED)}`;
  const text = `${why}: nothing is planned until sm store accept-restore${gone}`;
  const code = 'STORE_RESTORED' satisfies AlarmCode;
  const fix = alarmFix({code, service, object: ''});
  return [{service, code, text, since: '', object: '', fix}];
}

function living(containers: Record<string, number>): number {
  const all = Object.values(containers).reduce((total, count) => total + count, 0);
  return all - (containers['lost'] ?? 0);
}

/** RFC 3339; '' for what no calendar has: it was read from the store. */
function instantText(unixMs: number): string {
  const instant = new Date(unixMs);
  return Number.isNaN(instant.getTime()) ? '' : instant.toISOString();
}

function leaderView(leader: LeaderRecord | undefined): StatusAnswer['leader'] {
  if (leader === undefined) return null;
  const {containerId, incarnation, createTime} = leader;
  return {container: containerId, incarnation, since: instantText(createTime * 1_000)};
}

export async function getContainers(
  dependencies: AdminDependencies,
  app: string,
): Promise<AdminAnswer<'getContainers'>> {
  const listing = await currentApp(dependencies, app);
  const nowMs = dependencies.wallMs();
  const containers = containerViews(listing).map((view) => {
    const isOver = view.stop !== null && Date.parse(view.stop.until) <= nowMs;
    return isOver ? {...view, stop: null} : view;
  });
  return {containers, revision: String(listing.revision)};
}
