/** The part of 100,000 shards that a view shows: filtered, sorted and cut here, so that the watching end stays small. */
import {compareText} from '../../../model/compare-text.ts';
import {SHARD_STATES} from '../../../model/trouble.ts';
import type {LiveQuery, LiveShard, ShardState} from '../../../protocol/admin.ts';
import {inSlices} from '../listing.ts';
import type {AppListing} from '../listing.ts';
import {isUnplaced, reasonOf, shardState, shardView} from '../shard-views.ts';
import type {AppRecords} from './app-records.ts';
import type {PrintedRow} from './live-content.ts';
import type {LiveRecords} from './live-records.ts';
import {listingOf} from './live-rows.ts';

interface ShardWindow {
  readonly rows: readonly PrintedRow[];
  readonly matched: number;
  readonly total: number;
}

interface Match {
  readonly id: string;
  readonly state: ShardState;
  readonly home: string;
}

export async function shardWindow(
  records: LiveRecords,
  app: AppRecords | undefined,
  query: LiveQuery,
): Promise<ShardWindow> {
  if (app === undefined) return {rows: [], matched: 0, total: 0};
  const listing = listingOf(app, records);
  const ids = app.ids(listing);
  const matches: Match[] = [];
  const takes = matcher(query, listing);
  await inSlices(ids, (id) => {
    const match = takes(id);
    if (match !== undefined) matches.push(match);
  });
  const shown = windowOf(matches, query);
  return {
    rows: shown.map((match) => printed(app.app, listing, match)),
    matched: matches.length,
    total: ids.length,
  };
}

function matcher(query: LiveQuery, listing: AppListing): (id: string) => Match | undefined {
  const needle = query.filter.toLowerCase();
  return (id) => {
    const record = listing.view.own.get(id)?.value;
    const home = record === undefined || record.state === 'free' ? '' : record.container;
    if (query.container !== undefined && home !== query.container) return undefined;
    if (query.unplaced && !isUnplaced(listing, id)) return undefined;
    const found =
      needle === '' || id.toLowerCase().includes(needle) || home.toLowerCase().includes(needle);
    if (!found) return undefined;
    const state = shardState(listing, id);
    return query.state !== undefined && state !== query.state ? undefined : {id, state, home};
  };
}

/** `matches` come by id. */
function windowOf(matches: readonly Match[], {sort, limit}: LiveQuery): readonly Match[] {
  if (sort === 'name') return matches.slice(0, limit);
  if (sort === 'container')
    return matches
      .toSorted((a, b) => compareText(a.home, b.home) || compareText(a.id, b.id))
      .slice(0, limit);
  const byState = new Map<ShardState, Match[]>(SHARD_STATES.map((state) => [state, []]));
  for (const match of matches) byState.get(match.state)?.push(match);
  const window: Match[] = [];
  for (const group of byState.values()) window.push(...group.slice(0, limit - window.length));
  return window;
}

function printed(service: string, listing: AppListing, {id, state}: Match): PrintedRow {
  const own = listing.view.own.get(id)?.mod ?? 0;
  const spec = listing.view.shards.get(id)?.mod ?? 0;
  return {
    key: id,
    print: `${state} ${own} ${spec} ${reasonOf(listing, id)}`,
    row: () => liveShard(service, listing, id),
  };
}

function liveShard(service: string, listing: AppListing, id: string): LiveShard {
  const {task: _task, updateTime: _time, taskVersion: _version, ...view} = shardView(listing, id);
  return {...view, key: id, service};
}
