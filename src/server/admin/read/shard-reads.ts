/** Reading shards: pages of an app at one revision, one shard's owner. */
import {compareText} from '../../../model/compare-text.ts';
import {SmError} from '../../../model/errors.ts';
import {recordState} from '../../../model/shard-state.ts';
import {shardNotFound} from '../../../model/not-found.ts';
import type {GetShardsAnswer, GetShardsQuery, LocateAnswer} from '../../../protocol/admin.ts';
import {changeOf} from '../../../appview/app-changes.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {currentApp, listApp, readKeys, WHOLE_APP} from './listing.ts';
import {frozen, inSlices} from '../../../appview/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {hasSpec, isKnown, isUnplaced, shardIds, shardState, shardView} from './shard-views.ts';
import {withAllReasons} from './unplaced.ts';
import {PAGES_KEPT_LIMIT, PAGES_KEPT_MS} from '../limits.ts';

interface Kept {
  readonly listing: AppListing;
  readonly ids: readonly string[];
  /** What the last filter has found among them. */
  readonly found?: Found;
  readonly untilMs: number;
}

interface Found {
  readonly filter: string;
  readonly matching: readonly string[];
}

/** Pages through shards. Keeps the listing behind an unfinished page, so that the pages of a call belong together. */
export class ShardPages {
  private readonly dependencies: AdminDependencies;
  private readonly kept = new Map<string, Kept>();
  private timer: NodeJS.Timeout | undefined;

  constructor(dependencies: AdminDependencies) {
    this.dependencies = dependencies;
  }

  async page(query: GetShardsQuery): Promise<GetShardsAnswer> {
    const cursor = query.cursor === undefined ? undefined : parseCursor(query.cursor);
    const {listing, ids, found} = await this.listing(query, cursor?.revision);
    const filter = filterOf(query);
    const matching =
      found?.filter === filter ? found.matching : await matchingIds(listing, ids, query);
    const from = cursor === undefined ? 0 : firstAfter(matching, cursor.after);
    const shown = matching.slice(from, from + query.limit);
    const more = from + shown.length < matching.length;
    if (more) this.keep({listing, ids, found: {filter, matching}});
    const last = shown.at(-1);
    const next = more && last !== undefined ? printCursor(listing.revision, last) : '';
    return {
      shards: shown.map((id) => shardView(listing, id)),
      matched: matching.length,
      total: ids.length,
      ...{cursor: next, next},
      revision: String(listing.revision),
    };
  }

  private async listing(
    {service: app, shardId, limit}: GetShardsQuery,
    revision: number | undefined,
  ): Promise<Omit<Kept, 'untilMs'>> {
    if (shardId !== undefined) {
      // One shard is no reason to make a view of them all.
      const isOpen = this.dependencies.views.holds(app);
      const listing = isOpen
        ? await currentApp(this.dependencies, app)
        : await listApp(this.dependencies, app, WHOLE_APP, {shard: shardId});
      if (isOpen) return {listing, ids: isKnown(listing, shardId) ? [shardId] : []};
      return {listing, ids: (await shardIds(listing)).filter((id) => id === shardId)};
    }
    const kept = revision === undefined ? undefined : this.kept.get(`${app}@${revision}`);
    if (kept !== undefined && kept.untilMs > performance.now()) return kept;
    // Kept no longer, or a page of another daemon: the rest comes from the newest revision.
    const read = await currentApp(this.dependencies, app);
    const fresh = await withAllReasons(this.dependencies, read);
    const ids = await shardIds(fresh);
    return {listing: ids.length > limit ? await frozen(fresh) : fresh, ids};
  }

  private keep(page: Omit<Kept, 'untilMs'>): void {
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

function filterOf({shardId, state, container, unplaced}: GetShardsQuery): string {
  return JSON.stringify([shardId, state, container, unplaced]);
}

async function matchingIds(
  listing: AppListing,
  ids: readonly string[],
  query: GetShardsQuery,
): Promise<readonly string[]> {
  const {shardId, state, container, unplaced} = query;
  const isFiltered = shardId !== undefined || state !== undefined || container !== undefined;
  if (!isFiltered && !unplaced) return ids;
  const matching: string[] = [];
  await inSlices(ids, (id) => {
    if (matches(listing, id, query)) matching.push(id);
  });
  return matching;
}

function matches(listing: AppListing, id: string, query: GetShardsQuery): boolean {
  const {shardId, state, container, unplaced} = query;
  if (shardId !== undefined && id !== shardId) return false;
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
  if (match === null) throw new SmError('INVALID_INPUT', 'cursor was not issued by this API');
  const after = Buffer.from(match[2] ?? '', 'base64url').toString('utf8');
  return {revision: Number(match[1]), after};
}

/** Index of the first sorted id behind `after`. */
function firstAfter(ids: readonly string[], after: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareText(ids[middle] ?? '', after) > 0) high = middle;
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
): Promise<LocateAnswer> {
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
