/** The part of 100,000 shards that a view shows: filtered, sorted and cut here, so that the watching end stays small. */
import {compareText} from '../../../../model/compare-text.ts';
import {SHARD_STATES} from '../../../../model/trouble.ts';
import type {LiveQuery, LiveShard, ShardState} from '../../../../protocol/admin.ts';
import {inSlices} from '../../../../appview/listing.ts';
import type {AppListing} from '../../../../appview/listing.ts';
import {isUnplaced, reasonOf, shardIds, shardState, shardView} from '../../read/shard-views.ts';
import type {AppRecords} from '../../../../appview/app-records.ts';
import type {ViewLease} from '../../../../appview/app-views.ts';
import {listingOf} from './live-rows.ts';
import type {PrintedRow} from './live-rows.ts';

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
  records: ViewLease,
  app: AppRecords | undefined,
  query: LiveQuery,
): Promise<ShardWindow> {
  if (app === undefined) return {rows: [], matched: 0, total: 0};
  const listing = listingOf(app, records);
  const ids = await shardIds(listing);
  const window = new Window(query);
  const takes = matcher(query, listing);
  await inSlices(ids, (id) => {
    const match = takes(id);
    if (match !== undefined) window.take(match);
  });
  return {
    rows: window.shown().map((match) => printed(app.app, listing, match)),
    matched: window.matched,
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

/** What is shown of all that matches, which comes by id: of 100,000 no more is kept than may be shown, where the order allows it. */
class Window {
  matched = 0;
  private readonly query: LiveQuery;
  private readonly kept = new Map<ShardState | '', Match[]>();

  constructor(query: LiveQuery) {
    this.query = query;
    const groups = query.sort === 'trouble' ? SHARD_STATES : ([''] as const);
    for (const group of groups) this.kept.set(group, []);
  }

  take(match: Match): void {
    this.matched++;
    const {sort, limit} = this.query;
    const group = this.kept.get(sort === 'trouble' ? match.state : '');
    if (group !== undefined && (sort === 'container' || group.length < limit)) group.push(match);
  }

  shown(): readonly Match[] {
    const {sort, limit} = this.query;
    const matches = [...this.kept.values()].flat();
    if (sort === 'container')
      matches.sort((a, b) => compareText(a.home, b.home) || compareText(a.id, b.id));
    return matches.slice(0, limit);
  }
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
