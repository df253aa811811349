/** Reading shards: pages of an app at one revision, one shard's owner. */
import type {KnownShard} from '../../../appstate/app-view.ts';
import {compareText} from '../../../model/compare-text.ts';
import {SmError} from '../../../model/errors.ts';
import {recordState} from '../../../model/shard-state.ts';
import {shardNotFound} from '../../../model/not-found.ts';
import type {AdminAnswer, GetShardsAnswer, GetShardsQuery} from '../../../protocol/admin.ts';
import {changeOf} from '../../../appview/app-changes.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {currentApp, listApp, readKeys, WHOLE_APP} from './listing.ts';
import {inSlices, withView} from '../../../appview/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {hasSpec, isKnown, isUnplaced, shardIds, shardState, shardView} from './shard-views.ts';
import {withAllReasons} from './unplaced.ts';
import {PAGES_KEPT_LIMIT, PAGES_KEPT_MS} from '../limits.ts';

interface Kept {
  /** A shard is in its view once it has been looked at. */
  readonly listing: AppListing;
  /** All that there are, sorted by id. */
  readonly shards: readonly KnownShard[];
  readonly filter: string;
  /** What the filter has found among them. */
  readonly matching: readonly KnownShard[];
}

/** Pages through shards. Keeps what is behind an unfinished page, so that the pages of a call belong together. */
export class ShardPages {
  private readonly dependencies: AdminDependencies;
  private readonly kept = new Map<string, Kept & {readonly untilMs: number}>();
  private timer: NodeJS.Timeout | undefined;

  constructor(dependencies: AdminDependencies) {
    this.dependencies = dependencies;
  }

  async page(query: GetShardsQuery): Promise<GetShardsAnswer> {
    const cursor = query.cursor === undefined ? undefined : parseCursor(query.cursor);
    if (query.shardId !== undefined) return this.one(query, query.shardId);
    const page = this.keptPage(query, cursor?.revision) ?? (await this.fresh(query));
    const filtered = await withFilter(page, query);
    const {listing, shards, matching} = filtered;
    const from = cursor === undefined ? 0 : firstAfter(matching, cursor.after);
    const shown = matching.slice(from, from + query.limit);
    for (const one of shown) listing.view.adopt(one);
    const more = from + shown.length < matching.length;
    if (more) this.keep(filtered);
    const last = shown.at(-1);
    const next = more && last !== undefined ? printCursor(listing.revision, last.id) : '';
    const ids = shown.map(({id}) => id);
    return {...answerOf(listing, ids, matching.length, shards.length), cursor: next, next};
  }

  /** One shard is no reason to make a view of them all. */
  private async one(query: GetShardsQuery, shardId: string): Promise<GetShardsAnswer> {
    const {service: app} = query;
    const listing = this.dependencies.views.holds(app)
      ? await currentApp(this.dependencies, app)
      : await listApp(this.dependencies, app, WHOLE_APP, {shard: shardId});
    const ids = isKnown(listing, shardId) ? [shardId] : [];
    const shown = ids.filter((id) => matches(listing, id, query));
    return {...answerOf(listing, shown, shown.length, ids.length), cursor: '', next: ''};
  }

  /** Undefined: kept no longer, or a page of another daemon. The rest comes from the newest revision then. */
  private keptPage({service}: GetShardsQuery, revision: number | undefined): Kept | undefined {
    const kept = revision === undefined ? undefined : this.kept.get(`${service}@${revision}`);
    return kept !== undefined && kept.untilMs > performance.now() ? kept : undefined;
  }

  private async fresh(query: GetShardsQuery): Promise<Kept> {
    const read = await currentApp(this.dependencies, query.service);
    const listing = await withAllReasons(this.dependencies, read);
    const {view} = listing;
    const shards: KnownShard[] = [];
    const matching: KnownShard[] = [];
    const own = withView(listing, view.withoutShards());
    // A shard is taken as it is when it is looked at: the listing moves on.
    await inSlices(await shardIds(listing), (id) => {
      const shard = view.known(id);
      shards.push(shard);
      if (matches(listing, id, query)) matching.push(shard);
    });
    return {listing: own, shards, filter: filterOf(query), matching};
  }

  private keep(page: Kept): void {
    const {app, revision} = page.listing;
    const key = `${app}@${revision}`;
    this.kept.delete(key);
    this.kept.set(key, {...page, untilMs: performance.now() + PAGES_KEPT_MS});
    for (const known of this.kept.keys())
      if (this.kept.size > PAGES_KEPT_LIMIT) this.kept.delete(known);
    clearTimeout(this.timer);
    // It may be large: it goes by itself, not when somebody asks for pages again.
    this.timer = setTimeout(() => this.kept.clear(), PAGES_KEPT_MS);
    this.timer.unref();
  }
}

function answerOf(
  listing: AppListing,
  ids: readonly string[],
  matched: number,
  total: number,
): Omit<GetShardsAnswer, 'cursor' | 'next'> {
  const shards = ids.map((id) => shardView(listing, id));
  return {shards, matched, total, revision: String(listing.revision)};
}

function filterOf({state, container, unplaced}: GetShardsQuery): string {
  return JSON.stringify([state, container, unplaced]);
}

/** What was found before is not looked for again. */
async function withFilter(page: Kept, query: GetShardsQuery): Promise<Kept> {
  const filter = filterOf(query);
  if (page.filter === filter) return page;
  const {listing, shards} = page;
  const matching: KnownShard[] = [];
  await inSlices(shards, (shard) => {
    listing.view.adopt(shard);
    if (matches(listing, shard.id, query)) matching.push(shard);
  });
  return {listing, shards, filter, matching};
}

function matches(listing: AppListing, id: string, query: GetShardsQuery): boolean {
  const {state, container, unplaced} = query;
  if (state !== undefined && shardState(listing, id) !== state) return false;
  const record = listing.view.own.get(id)?.value;
  const home = record === undefined || record.state === 'free' ? '' : record.container;
  if (container !== undefined && home !== container) return false;
  return !unplaced || isUnplaced(listing, id);
}

function printCursor(revision: number, after: string): string {
  return `${revision}.${Buffer.from(after, 'utf8').toString('base64url')}`;
}

function parseCursor(text: string): {revision: number; after: string} {
  const match = /^(\d{1,15})\.([A-Za-z0-9_-]+)$/.exec(text);
  if (match === null)
    throw new SmError('INVALID_INPUT', 'cursor was not issued by this API', {
      hint: 'leave cursor out for the first page; for the next one pass that of the page before, unless it is empty: that was the last one',
    });
  const after = Buffer.from(match[2] ?? '', 'base64url').toString('utf8');
  return {revision: Number(match[1]), after};
}

/** Index of the first behind `after`, by id. */
function firstAfter(shards: readonly KnownShard[], after: string): number {
  let low = 0;
  let high = shards.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareText(shards[middle]?.id ?? '', after) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The origin's answer: ids of all shards that have a spec. */
export async function getShard(
  dependencies: AdminDependencies,
  app: string,
): Promise<{shards: string[]}> {
  const listing = await currentApp(dependencies, app);
  return {shards: (await shardIds(listing)).filter((id) => hasSpec(listing, id))};
}

/** Reads single keys only: as fast for 100,000 shards as for one. */
export async function locate(
  dependencies: AdminDependencies,
  {service: app, shardId}: {service: string; shardId: string},
): Promise<AdminAnswer<'locate'>> {
  const {keys} = dependencies;
  const wanted = [keys.shardSpec(app, shardId), keys.ownership(app, shardId), keys.status(app)];
  const listing = await readKeys(dependencies, app, wanted);
  const record = listing.view.own.get(shardId)?.value;
  const named = record !== undefined && record.state !== 'free';
  if (named) await addHeartbeat(dependencies, listing, record.incarnation);
  const {container, incarnation, token, state, reason, removing} = shardView(listing, shardId);
  if (removing && recordState(record) === 'unplaced' && state !== 'quarantined') {
    throw shardNotFound(app, shardId);
  }
  const owned = record?.state === 'owned' || record?.state === 'dropping';
  return {
    service: app,
    shardId,
    owner: owned ? container : '',
    incarnation: owned ? incarnation : '',
    endpoint: owned ? (listing.view.heartbeats.get(incarnation)?.value.endpoint ?? '') : '',
    token,
    state,
    ready: state === 'ready',
    reason,
    revision: String(listing.revision),
  };
}

/** Which one to read stands in the record, so it takes a second call. */
async function addHeartbeat(
  {store, keys}: AdminDependencies,
  {app, view}: AppListing,
  incarnation: string,
): Promise<void> {
  const key = keys.heartbeat(app, incarnation);
  const {entry} = await store.get(key);
  const parsed = keys.parse(key);
  if (entry === undefined || parsed === undefined) return;
  const change = changeOf(parsed, entry, entry.mod);
  if (change !== undefined) view.apply(change);
}
