/** Everything that is asked of an app: from the view that this daemon holds of it, or read at one revision. */
import {newsOf} from '../../../appview/app-news.ts';
import {AppRecords} from '../../../appview/app-records.ts';
import {NO_CLUSTER_WORD, appExists, inSlices} from '../../../appview/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {appNotFound} from '../../../model/not-found.ts';
import {unknownSince} from '../../../model/store-writes.ts';
import type {KeyValue} from '../../../store/port.ts';
import type {AdminDependencies} from '../dependencies.ts';

/** All but the history of moves. */
export const WHOLE_APP = [
  'shards',
  'workers',
  'orders',
  'overrides',
  'own',
  'heartbeats',
  'ids',
  'status',
  'loads',
] as const;

type ListingPart = (typeof WHOLE_APP)[number] | 'moves';

interface ListingOptions {
  /** Default: the newest. */
  readonly atRevision?: number;
  /** Of specs and records only this shard's (and of those whose ids begin with its id). Default: all. */
  readonly shard?: string;
}

/**
 * The app as it is now: as new as the store at the call, from the view that this daemon holds of it. It is shared, and moves on: who changes
 * it, or reads it for long, takes a `frozen` one.
 * @throws SmError APP_NOT_FOUND, and what the store throws.
 */
export async function currentApp(
  dependencies: AdminDependencies,
  app: string,
): Promise<AppListing> {
  const listing = await dependencies.views.current(app);
  if (listing !== undefined && exists(dependencies, listing)) return listing;
  return existing(dependencies, await listTogether(dependencies, app, [...WHOLE_APP, 'moves']));
}

function existing(dependencies: AdminDependencies, listing: AppListing): AppListing {
  if (exists(dependencies, listing)) return listing;
  throw appNotFound(listing.app);
}

/**
 * As `listAppOrNothing`, in one listing for all who wait for one when it begins: the view of the app is behind, and maybe because the store is slow.
 * The listing is shared: who changes it, or reads it for long, takes a `frozen` one.
 */
export function listTogether(
  dependencies: AdminDependencies,
  app: string,
  parts: readonly ListingPart[],
): Promise<AppListing> {
  const list = (): Promise<AppListing> => listAppOrNothing(dependencies, app, parts);
  return dependencies.views.listings.next([app, ...parts].join(' '), list);
}

/**
 * Reads parts of an app at one revision.
 * @throws SmError APP_NOT_FOUND when there is no such app at that revision.
 */
export async function listApp(
  dependencies: AdminDependencies,
  app: string,
  parts: readonly ListingPart[],
  options: ListingOptions = {},
): Promise<AppListing> {
  return existing(dependencies, await listAppOrNothing(dependencies, app, parts, options));
}

/** sm itself always exists; an app whose spec cannot be read exists too. */
export function exists(
  {service}: Pick<AdminDependencies, 'service'>,
  listing: AppListing,
): boolean {
  return appExists(listing.app, listing.view, service);
}

/** As `listApp`; for an app that does not exist, what is left of it. */
export async function listAppOrNothing(
  dependencies: AdminDependencies,
  app: string,
  parts: readonly ListingPart[],
  {atRevision, shard}: ListingOptions = {},
): Promise<AppListing> {
  const {store, keys} = dependencies;
  const prefixByPart: Record<ListingPart, string> = {
    shards: shard === undefined ? keys.shardSpecPrefix(app) : keys.shardSpec(app, shard),
    workers: keys.workerPrefix(app),
    orders: keys.containerOrderPrefix(app),
    overrides: keys.containerOverridePrefix(app),
    own: shard === undefined ? keys.ownershipPrefix(app) : keys.ownership(app, shard),
    heartbeats: keys.heartbeatPrefix(app),
    ids: keys.containerIdPrefix(app),
    status: keys.status(app),
    loads: keys.loadPrefix(app),
    moves: keys.movesPrefix(app),
  };
  const prefixes = [keys.appSpec(app), keys.cluster(), ...parts.map((part) => prefixByPart[part])];
  const options = atRevision === undefined ? {} : {atRevision};
  return listingOf(dependencies, app, await store.list(prefixes, options));
}

/**
 * As `listApp`, for single keys of the app (at most 100).
 * @throws SmError APP_NOT_FOUND when there is no such app.
 */
export async function readKeys(
  dependencies: AdminDependencies,
  app: string,
  wanted: readonly string[],
): Promise<AppListing> {
  const {store, keys} = dependencies;
  const read = await store.getMany([keys.appSpec(app), keys.cluster(), ...wanted]);
  return existing(dependencies, await listingOf(dependencies, app, read));
}

/** What the entries say of the app. Nobody comes back to it, so nothing may be kept beside it for the next reader. */
async function listingOf(
  {keys, writes}: AdminDependencies,
  app: string,
  {revision, entries}: {revision: number; entries: readonly (KeyValue | undefined)[]},
): Promise<AppListing> {
  const records = new AppRecords(app);
  const since = unknownSince(writes());
  const nowMs = performance.now();
  let cluster = NO_CLUSTER_WORD;
  await inSlices(entries, (entry) => {
    const parsed = entry && keys.parse(entry.key);
    const news = parsed && newsOf(parsed, entry, entry.mod);
    if (news === undefined || news.kind === 'leader') return;
    if (news.kind === 'cluster') cluster = news.word ?? cluster;
    else records.take(news, nowMs);
  });
  records.refresh(since);
  const {ids: _, ...listing} = records.listing(revision, cluster);
  return listing;
}
