/** Rows of live views, one kind a function. Pure but for what AppRecords remembers. */
import {compareText} from '../../../../model/compare-text.ts';
import {heartbeatIntervalMs} from '../../../../model/container.ts';
import {troubleCount} from '../../../../model/health.ts';
import {containerTrouble} from '../../../../model/trouble.ts';
import type {
  AppView,
  ContainerView,
  LiveContainer,
  LiveMove,
  LiveRow,
} from '../../../../protocol/admin.ts';
import {encodeRecord} from '../../../../protocol/records.ts';
import {appView} from '../../read/app-reads.ts';
import {containerViews} from '../../read/container-views.ts';
import type {AppListing} from '../../../../appview/listing.ts';
import {movesUnderWay} from '../../read/moves.ts';
import type {AppRecords} from '../../../../appview/app-records.ts';
import type {ViewLease} from '../../../../appview/app-views.ts';
import {LATE_INTERVALS_FACTOR} from '../../limits.ts';

/** A row that is made only when it has changed: `print` tells whether it has. */
export interface PrintedRow {
  readonly key: string;
  readonly print: string;
  readonly row: () => LiveRow;
}

/** When one looks: monotonic for ages of heartbeats, wall for what has a time of day. */
export interface Instant {
  readonly nowMs: number;
  readonly wallMs: number;
}

export type Ranked<Extra = unknown> = PrintedRow & {readonly rank: number} & Extra;

export function listingOf(
  app: AppRecords,
  {revision, cluster}: Pick<ViewLease, 'revision' | 'cluster'>,
): AppListing {
  return app.listing(revision, cluster);
}

export function appViewOf(app: AppRecords, records: ViewLease): AppView {
  return app.once('appView', () => appView(listingOf(app, records)));
}

export function appRow(app: AppRecords, records: ViewLease): Ranked {
  return app.once('appRow', () => {
    const row = {...appViewOf(app, records), key: app.app};
    const rank = troubleCount(row);
    return {key: row.key, print: encodeRecord(row), rank, row: () => row};
  });
}

/** The views of the app's containers, counted once for a change. */
export function viewsOf(app: AppRecords, records: ViewLease): readonly ContainerView[] {
  return app.once('containers', () => containerViews(listingOf(app, records)));
}

interface ContainerBase {
  readonly row: LiveContainer;
  readonly print: string;
}

export type ContainerRow = Omit<Ranked, 'row'> & {readonly row: () => LiveContainer};

export function containerRows(app: AppRecords, records: ViewLease, now: Instant): ContainerRow[] {
  const bases = app.once('containerRows', () => containerBases(app, records));
  return bases.map(({row, print}) => {
    const lateSince = lateSinceOf(app, row, now);
    return {
      key: row.key,
      print: lateSince + print,
      rank: containerTrouble(row.state) + (lateSince === '' ? 0 : 1),
      row: () => ({...row, lateSince}),
    };
  });
}

/** Of two limits, of which 0 is none. */
function lowerOf(one: number, other: number): number {
  return one === 0 || other === 0 ? one + other : Math.min(one, other);
}

function containerBases(app: AppRecords, records: ViewLease): ContainerBase[] {
  const limit = app.view.spec?.value.maxShardCount ?? 0;
  const views = viewsOf(app, records);
  const open = views.filter(({state}) => state === 'ready').length;
  const share = open === 0 ? 0 : Math.ceil(app.view.shards.size / open);
  return views.map(({labels: _labels, host: _host, sdk: _sdk, ...view}) => {
    const key = `${app.app}/${view.id}/${view.incarnation}`;
    const row = {
      ...view,
      key,
      service: app.app,
      capacity: lowerOf(limit, view.capacity),
      share,
      lateSince: '',
    };
    return {row, print: encodeRecord(row)};
  });
}

/** While heartbeats come in time they are no news: 1,000 containers would be 500 rows a second. */
function lateSinceOf(app: AppRecords, {incarnation, ttlMs}: LiveContainer, now: Instant): string {
  const beatMs = app.lastBeatMs(incarnation);
  if (beatMs === undefined || ttlMs === 0) return '';
  const ageMs = now.nowMs - beatMs;
  if (ageMs < LATE_INTERVALS_FACTOR * heartbeatIntervalMs(ttlMs)) return '';
  // To the second, so that a heartbeat that stays away is one change and no more.
  return new Date(Math.round((now.wallMs - ageMs) / 1_000) * 1_000).toISOString();
}

/** Stuck ones first, then the oldest. */
export function moveRows(app: AppRecords): Ranked<{readonly since: string}>[] {
  return app.once('moveRows', () => {
    const overdue = overdueHooks(app);
    const rows: Ranked<{readonly since: string; readonly stuck: boolean}>[] = [];
    for (const {move, known} of movesUnderWay(app.view)) {
      const hook = overdue.get(`${known.value.incarnation}/${move.shard}`);
      const note = hook ?? move.lastError;
      const stuck = move.failures > 0 || hook !== undefined;
      const key = `${app.app}/${move.shard}`;
      const row = (): LiveMove => ({...move, key, service: app.app, stuck, note});
      const print = `${stuck} ${move.revision} ${note}`;
      rows.push({key, print, rank: stuck ? 1 : 0, since: move.startedAt, stuck, row});
    }
    return rows.sort(
      (a, b) => b.rank - a.rank || compareText(a.since, b.since) || compareText(a.key, b.key),
    );
  });
}

function overdueHooks({view}: AppRecords): Map<string, string> {
  const hooks = new Map<string, string>();
  for (const [incarnation, {value}] of view.heartbeats)
    for (const {shard, hook} of value.overdue ?? [])
      hooks.set(`${incarnation}/${shard}`, `${hook} is overdue`);
  return hooks;
}

/** The newest of the moves that have ended. */
export function finishedRows(
  app: AppRecords,
  limit: number,
): (PrintedRow & {readonly endedAtMs: number})[] {
  return app.once('finishedRows', () =>
    app.ended.slice(-limit).map(({move, endedAtMs}) => {
      const key = `${app.app}/${move.id}/${move.shard}/${move.endedAt}`;
      const {id, shard, from, to, why, numbers, startedAt, endedAt, outcome, note} = move;
      const cause = numbers === undefined ? {why} : {why, numbers};
      const row = {id, shard, from, to, ...cause, startedAt, endedAt, outcome, note};
      // What has ended does not change.
      return {key, print: '', endedAtMs, row: () => ({...row, key, service: app.app})};
    }),
  );
}
