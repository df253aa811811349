/** What a view shows of the records as they are now. */
import {sees} from '../../../../model/access.ts';
import type {AppScope} from '../../../../model/access.ts';
import {compareText} from '../../../../model/compare-text.ts';
import {containerWords, passes} from '../../../../model/container-words.ts';
import type {LiveQuery, LiveSection, LiveSummary} from '../../../../protocol/admin.ts';
import {
  LIVE_ALARMS_LIMIT,
  LIVE_APPS_LIMIT,
  LIVE_CONTAINERS_LIMIT,
  LIVE_FINISHED_LIMIT,
  LIVE_MOVES_LIMIT,
} from '../../../../protocol/admin.ts';
import type {AppRecords} from '../../../../appview/app-records.ts';
import {alarmsOf, summaryOf} from './live-figures.ts';
import type {ViewLease} from '../../../../appview/app-views.ts';
import {appRow, containerRows, finishedRows, moveRows} from './live-rows.ts';
import type {ContainerRow, Instant, PrintedRow} from './live-rows.ts';
import {shardWindow} from './shard-window.ts';

export interface LiveContent {
  readonly summary: LiveSummary;
  readonly sections: Partial<Record<LiveSection, readonly PrintedRow[]>>;
}

export async function liveContent(
  records: ViewLease,
  {query, apps: scope, cluster}: {query: LiveQuery; apps: AppScope; cluster: string},
  now: Instant,
): Promise<LiveContent> {
  const apps = records.apps().filter(({app}) => sees(scope, app));
  const {sections, matched, total} = await sectionsOf(records, apps, query, now);
  const summary = summaryOf(records, apps, {cluster, service: query.service ?? ''}, now);
  const alarms = alarmsOf(records, apps, scope);
  return {
    summary: {
      ...summary,
      matched,
      total,
      alarms: alarms.slice(0, LIVE_ALARMS_LIMIT),
      alarmCount: alarms.length,
    },
    sections,
  };
}

async function sectionsOf(
  records: ViewLease,
  apps: readonly AppRecords[],
  query: LiveQuery,
  now: Instant,
): Promise<Pick<LiveContent, 'sections'> & {matched: number; total: number}> {
  switch (query.view) {
    case 'shards': {
      const [app] = apps;
      const {rows, matched, total} = await shardWindow(records, app, query);
      return {sections: {shards: rows}, matched, total};
    }
    case 'containers':
      return searched(allContainers(records, apps, now), query.filter);
    case 'moves': {
      const moves = allMoves(apps);
      const finished = allFinished(apps);
      const {sections, ...counts} = counted('moves', moves, LIVE_MOVES_LIMIT);
      return {sections: {...sections, finished}, ...counts};
    }
    case 'apps':
      return counted('apps', allApps(records, apps), LIVE_APPS_LIMIT);
    case 'top': {
      const {sections, ...counts} = counted('apps', allApps(records, apps), LIVE_APPS_LIMIT);
      return {
        sections: {
          ...sections,
          containers: allContainers(records, apps, now).slice(0, LIVE_CONTAINERS_LIMIT),
          moves: allMoves(apps).slice(0, LIVE_MOVES_LIMIT),
          finished: allFinished(apps),
        },
        ...counts,
      };
    }
  }
}

/** All are looked at, whatever the limit leaves out. */
function searched(
  rows: readonly ContainerRow[],
  filter: string,
): {sections: LiveContent['sections']; matched: number; total: number} {
  const found =
    filter === '' ? rows : rows.filter(({row}) => passes(containerWords(row()), filter));
  return {...counted('containers', found, LIVE_CONTAINERS_LIMIT), total: rows.length};
}

function counted(
  name: LiveSection,
  rows: readonly PrintedRow[],
  limit: number,
): {sections: LiveContent['sections']; matched: number; total: number} {
  return {sections: {[name]: rows.slice(0, limit)}, matched: rows.length, total: rows.length};
}

function allApps(records: ViewLease, apps: readonly AppRecords[]): PrintedRow[] {
  return apps.map((app) => appRow(app, records)).sort((a, b) => b.rank - a.rank);
}

function allContainers(
  records: ViewLease,
  apps: readonly AppRecords[],
  {nowMs, wallMs}: Instant,
): ContainerRow[] {
  const rows = apps.flatMap((app) => containerRows(app, records, {nowMs, wallMs}));
  return rows.sort((a, b) => b.rank - a.rank || compareText(a.key, b.key));
}

function allMoves(apps: readonly AppRecords[]): PrintedRow[] {
  const rows = apps.flatMap((app) => moveRows(app));
  return apps.length < 2
    ? rows
    : rows.sort((a, b) => b.rank - a.rank || compareText(a.since, b.since));
}

function allFinished(apps: readonly AppRecords[]): PrintedRow[] {
  const rows = apps.flatMap((app) => finishedRows(app, LIVE_FINISHED_LIMIT));
  return rows.sort((a, b) => b.endedAtMs - a.endedAtMs).slice(0, LIVE_FINISHED_LIMIT);
}
