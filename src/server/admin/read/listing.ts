/** Everything that is asked of an app, read at one revision. */
import {setImmediate} from 'node:timers/promises';
import {AppView} from '../../../governor/view.ts';
import type {AppStatus, FinishedMove} from '../../../model/status.ts';
import {decodeAppStatus, decodeCluster, decodeMoveRound} from '../../../protocol/records.ts';
import type {KeyValue} from '../../../store/port.ts';
import {changeOf} from '../../watching/app-changes.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {appNotFound} from '../guards.ts';
import {unknownSince} from '../../../model/store-writes.ts';

export type ListingPart =
  'shards' | 'workers' | 'orders' | 'own' | 'heartbeats' | 'ids' | 'status' | 'moves';

/** All but the history of moves. */
export const WHOLE_APP: readonly ListingPart[] = [
  'shards',
  'workers',
  'orders',
  'own',
  'heartbeats',
  'ids',
  'status',
];

export interface AppListing {
  readonly app: string;
  readonly revision: number;
  /** Only what was asked for is filled in; the app's spec always. */
  readonly view: AppView;
  /** The governor's last word; undefined before the first. */
  readonly status: AppStatus | undefined;
  /** Oldest first. */
  readonly finished: readonly FinishedMove[];
  /** Epoch of fencing tokens. */
  readonly epoch: number;
  /** ISO time since when no write has committed, so that nobody knows who still serves what; '' while writes commit. */
  readonly unknownSince: string;
}

/** Decoding may hold the event loop for so long at a time, ms. */
const SLICE_MS = 10;
const ENTRIES_BETWEEN_LOOKS = 500;

export interface ListingOptions {
  /** Default: the newest. */
  readonly atRevision?: number;
  /** Of specs and records only this shard's (and of those whose ids begin with its id). Default: all. */
  readonly shard?: string;
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
  const {app, view} = listing;
  return (
    app === service || view.spec !== undefined || view.quarantined.problem('spec') !== undefined
  );
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
    own: shard === undefined ? keys.ownershipPrefix(app) : keys.ownership(app, shard),
    heartbeats: keys.heartbeatPrefix(app),
    ids: keys.containerIdPrefix(app),
    status: keys.status(app),
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

/** Calls `take` for every entry and lets others run in between. */
export async function inSlices<T>(entries: readonly T[], take: (entry: T) => void): Promise<void> {
  let since = performance.now();
  for (let at = 0; at < entries.length; at++) {
    take(entries[at] as T);
    if (at % ENTRIES_BETWEEN_LOOKS !== 0 || performance.now() - since < SLICE_MS) continue;
    await setImmediate();
    since = performance.now();
  }
}

class ListingBuilder {
  private readonly keys: AdminDependencies['keys'];
  private readonly unknownSince: string;
  private readonly app: string;
  private readonly revision: number;
  private readonly view = new AppView();
  private readonly finished: FinishedMove[] = [];
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
    if (parsed.kind === 'status') this.status = valueOf(decodeAppStatus(entry.value));
    else if (parsed.kind === 'cluster') {
      this.epoch = valueOf(decodeCluster(entry.value))?.epoch ?? this.epoch;
    } else if (parsed.kind === 'moves') {
      this.finished.push(...(valueOf(decodeMoveRound(entry.value)) ?? []));
    } else {
      const change = changeOf(parsed, entry, entry.mod);
      if (change !== undefined) this.view.apply(change);
    }
  }

  listing(): AppListing {
    const {app, revision, view, status, finished, epoch} = this;
    return {app, revision, view, status, finished, epoch, unknownSince: this.unknownSince};
  }
}

function valueOf<T>(decoded: {ok: true; value: T} | {ok: false}): T | undefined {
  return decoded.ok ? decoded.value : undefined;
}
