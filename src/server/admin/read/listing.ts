/** Everything that is asked of an app: from the view that this daemon holds of it, or read at one revision. */
import {AppView} from '../../../appstate/app-view.ts';
import type {AppStatus, FinishedMove} from '../../../model/status.ts';
import {joinedSummary} from '../../../load/summary.ts';
import type {LoadSummary} from '../../../load/summary.ts';
import {
  decodeAppStatus,
  decodeCluster,
  decodeLoadSummary,
  decodeMoveRound,
} from '../../../protocol/records.ts';
import type {KeyValue} from '../../../store/port.ts';
import {changeOf} from '../../../appview/app-changes.ts';
import {valueOf} from '../../../appview/app-news.ts';
import {appExists, inSlices} from '../../../appview/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {unknownSince} from '../../../model/store-writes.ts';
import {appNotFound} from '../../../model/not-found.ts';

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
  const listed = await listTogether(dependencies, app, [...WHOLE_APP, 'moves']);
  if (exists(dependencies, listed)) return listed;
  throw appNotFound(app);
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
  const listing = await listAppOrNothing(dependencies, app, parts, options);
  if (exists(dependencies, listing)) return listing;
  throw appNotFound(app);
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
  const {revision, entries} = await store.list(prefixes, options);
  const builder = new ListingBuilder(dependencies, app, revision);
  await inSlices(entries, (entry) => builder.take(entry));
  return builder.listing();
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
  const {revision, entries} = await store.getMany([keys.appSpec(app), keys.cluster(), ...wanted]);
  const builder = new ListingBuilder(dependencies, app, revision);
  for (const entry of entries) if (entry !== undefined) builder.take(entry);
  const listing = builder.listing();
  if (exists(dependencies, listing)) return listing;
  throw appNotFound(app);
}

class ListingBuilder {
  private readonly keys: AdminDependencies['keys'];
  private readonly unknownSince: string;
  private readonly app: string;
  private readonly revision: number;
  private readonly view = new AppView();
  private readonly finished: FinishedMove[] = [];
  private readonly loadParts: LoadSummary[] = [];
  private status: AppStatus | undefined;
  private epoch = 1;

  constructor({keys, writes}: AdminDependencies, app: string, revision: number) {
    this.keys = keys;
    this.unknownSince = unknownSince(writes());
    this.app = app;
    this.revision = revision;
  }

  take(entry: KeyValue): void {
    const parsed = this.keys.parse(entry.key);
    if (parsed === undefined) return;
    if (parsed.kind === 'status') this.status = valueOf(entry, decodeAppStatus);
    else if (parsed.kind === 'load') {
      const part = valueOf(entry, decodeLoadSummary);
      if (part !== undefined) this.loadParts.push(part);
    } else if (parsed.kind === 'cluster') {
      this.epoch = valueOf(entry, decodeCluster)?.epoch ?? this.epoch;
    } else if (parsed.kind === 'moves') {
      this.finished.push(...(valueOf(entry, decodeMoveRound) ?? []));
    } else {
      const change = changeOf(parsed, entry, entry.mod);
      if (change !== undefined) this.view.apply(change);
    }
  }

  listing(): AppListing {
    const {app, revision, view, status, finished, epoch, unknownSince} = this;
    const loads = joinedSummary(this.loadParts);
    const known = {app, revision, view, status, epoch, unknownSince};
    return {...known, finished: () => finished, loads: () => loads};
  }
}
