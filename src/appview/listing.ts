/** An app as it is read: everything that is asked of it, as one object, whoever keeps it. */
import type {AppView} from '../appstate/app-view.ts';
import type {ReadLoads} from '../load/summary.ts';
import type {AcceptedRestore, AppStatus, FinishedMove} from '../model/status.ts';
import {runInSlices} from '../runtime/slices.ts';
import {ENTRIES_BETWEEN_LOOKS} from './limits.ts';

export interface AppListing {
  readonly app: string;
  /** Everything up to this revision is in it. */
  readonly revision: number;
  /** Only what was asked for is filled in; the app's spec always. */
  readonly view: AppView;
  /** The governor's last word; undefined before the first. */
  readonly status: AppStatus | undefined;
  /** Moves that have ended, oldest first. */
  readonly finished: () => readonly FinishedMove[];
  /** The governor's last summary of loads. */
  readonly loads: () => ReadLoads;
  /** Epoch of fencing tokens. */
  readonly epoch: number;
  /** The last restore of etcd that was accepted; undefined: there was none. */
  readonly accepted?: AcceptedRestore | undefined;
  /** ISO time since when no write has committed, so that nobody knows who still serves what; '' while writes commit. */
  readonly unknownSince: string;
  /** The sorted ids of all shards, made by `make` unless they are known from before; absent where nothing is remembered. */
  readonly ids?: (make: () => Promise<readonly string[]>) => Promise<readonly string[]>;
}

/** What the cluster record says that every listing needs. */
export type ClusterWord = Pick<AppListing, 'epoch' | 'accepted'>;

export const NO_CLUSTER_WORD: ClusterWord = {epoch: 1};

const derived = new WeakMap<AppListing, Map<string, unknown>>();

/** What `make` makes of the listing, made once however many ask for it by that name. */
export function once<T>(listing: AppListing, name: string, make: () => T): T {
  let known = derived.get(listing);
  if (known === undefined) {
    known = new Map();
    derived.set(listing, known);
  }
  if (!known.has(name)) known.set(name, make());
  return known.get(name) as T;
}

/** As `once`, for what takes its time. What fails is made anew for the next who asks. */
export function onceSoon<T>(listing: AppListing, name: string, make: () => Promise<T>): Promise<T> {
  return once(listing, name, () => {
    const making = make();
    making.catch(() => derived.get(listing)?.delete(name));
    return making;
  });
}

/**
 * A listing of its own for whoever goes on reading it, or changes it, while the one that is shared moves on. It is copied in parts: what changes
 * meanwhile may be in it or not.
 */
export async function frozen(listing: AppListing): Promise<AppListing> {
  return withView(listing, await runInSlices(listing.view.copying()));
}

/** The listing with a view of its own. */
export function withView({ids: _, ...listing}: AppListing, view: AppView): AppListing {
  return {...listing, view};
}

/** Whether there is such an app: sm itself (`service`) always exists, and so does an app whose spec cannot be read. */
export function appExists(app: string, view: AppView, service: string): boolean {
  return app === service || !view.isGone;
}

/** Calls `take` for every entry and lets others run in between. */
export function inSlices<T>(entries: readonly T[], take: (entry: T) => void): Promise<void> {
  return runInSlices(steps(entries, take));
}

function* steps<T>(entries: readonly T[], take: (entry: T) => void): Generator<undefined, void> {
  for (const [at, entry] of entries.entries()) {
    take(entry);
    if (at % ENTRIES_BETWEEN_LOOKS === 0) yield;
  }
}
