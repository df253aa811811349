/** Figures above the rows of a live view. */
import type {AppScope} from '../../../../model/access.ts';
import {clusterHealth, leaderLives} from '../../../../model/health.ts';
import type {ClusterHealth} from '../../../../model/health.ts';
import type {AlarmView, AppView, LiveSummary, ShardCounts} from '../../../../protocol/admin.ts';
import {stateCounts} from '../../read/container-views.ts';
import {noShards} from '../../read/shard-views.ts';
import type {AppRecords, EndedMove} from '../../../../appview/app-records.ts';
import type {ViewLease} from '../../../../appview/app-views.ts';
import {appViewOf, moveRows, viewsOf} from './live-rows.ts';
import type {Instant} from './live-rows.ts';
import {MINUTE_MS} from '../../../../governor/limits.ts';
import {RECENT_MS} from '../../limits.ts';

type Figures = Omit<LiveSummary, 'matched' | 'total' | 'alarms' | 'alarmCount'>;

export function summaryOf(
  records: ViewLease,
  apps: readonly AppRecords[],
  {cluster, service}: {cluster: string; service: string},
  now: Instant,
): Figures {
  const views = apps.map((app) => appViewOf(app, records));
  const [only] = service === '' ? [] : views;
  const containers = stateCounts(apps.flatMap((app) => viewsOf(app, records)));
  const shards = sumOf(views.map((view) => view.shards));
  const health = service === '' ? wholeHealth(records, views) : (only?.health ?? 'REMOVING');
  return {
    cluster,
    service,
    health,
    exists: service === '' || records.isThere(service),
    deleting: only?.deleting ?? false,
    paused: only?.paused ?? false,
    ...(only?.waits === undefined ? {} : {waits: only.waits}),
    settled: views.every(({settled}) => settled),
    governor: service === '' ? (records.leader?.containerId ?? '') : (only?.governor ?? ''),
    daemons: daemonsOf(records),
    apps: apps.length,
    containers,
    shards,
    moves: movesOf(apps, now),
  };
}

/** The alarms of sm itself stand beside those of the apps. */
function wholeHealth(records: ViewLease, apps: readonly AppView[]): ClusterHealth {
  const {own, leader, unknownSince} = records;
  const alarms = own === undefined ? [] : appViewOf(own, records).alarms;
  const daemons = own === undefined ? [] : viewsOf(own, records);
  const leads = leader && {container: leader.containerId, incarnation: leader.incarnation};
  return clusterHealth({
    ...{alarms, apps, unknownSince},
    leader: leaderLives(leads ?? null, daemons),
    daemons: stateCounts(daemons),
  });
}

/** Those of sm itself name apps: they are for who may see all. */
export function alarmsOf(
  records: ViewLease,
  apps: readonly AppRecords[],
  scope: AppScope,
): AlarmView[] {
  const own = scope === 'all' ? records.own : undefined;
  const all = own === undefined || apps.includes(own) ? apps : [own, ...apps];
  return all.flatMap((app) => appViewOf(app, records).alarms);
}

function daemonsOf(records: ViewLease): number {
  const {own} = records;
  if (own === undefined) return 0;
  return viewsOf(own, records).filter(
    ({incarnation, state}) => incarnation !== '' && state !== 'lost',
  ).length;
}

function movesOf(apps: readonly AppRecords[], {wallMs}: Instant): LiveSummary['moves'] {
  const running = apps.map((app) => moveRows(app));
  const recent = apps.flatMap(({ended}) => newerThan(ended, wallMs - RECENT_MS));
  const done = recent.filter(({move}) => move.outcome === 'done');
  const stuckOf = (rows: (typeof running)[number]): number => {
    const first = rows.findIndex(({rank}) => rank === 0);
    return first < 0 ? rows.length : first;
  };
  return {
    running: running.reduce((sum, rows) => sum + rows.length, 0),
    stuck: running.reduce((sum, rows) => sum + stuckOf(rows), 0),
    done: done.length,
    failed: recent.filter(({move}) => move.outcome === 'failed').length,
    medianMs: medianOf(
      done.map(({move, endedAtMs}) => Math.max(0, endedAtMs - Date.parse(move.startedAt))),
    ),
    perMinute: recent.filter(({endedAtMs}) => endedAtMs > wallMs - MINUTE_MS).length,
  };
}

/** `ended` is oldest first. */
function newerThan(ended: readonly EndedMove[], sinceMs: number): readonly EndedMove[] {
  const from = ended.findIndex(({endedAtMs}) => endedAtMs > sinceMs);
  return from < 0 ? [] : ended.slice(from);
}

function medianOf(values: readonly number[]): number {
  const known = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  return Math.round(known[Math.floor(known.length / 2)] ?? 0);
}

function sumOf(counts: readonly ShardCounts[]): ShardCounts {
  const sum = noShards();
  for (const each of counts)
    for (const name of Object.keys(sum) as (keyof ShardCounts)[]) sum[name] += each[name];
  return sum;
}
