/** An app as it is read: everything that is asked of it, as one object, whoever keeps it. */
import {setImmediate} from 'node:timers/promises';
import type {AppView} from '../appstate/app-view.ts';
import type {ReadLoads} from '../load/summary.ts';
import type {AppStatus, FinishedMove} from '../model/status.ts';
import {ENTRIES_BETWEEN_LOOKS, SLICE_MS} from './limits.ts';

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
  /** ISO time since when no write has committed, so that nobody knows who still serves what; '' while writes commit. */
  readonly unknownSince: string;
  /** The sorted ids of all shards, made by `make` unless they are known from before; absent where nothing is remembered. */
  readonly ids?: (make: () => readonly string[]) => readonly string[];
}

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

/** The listing as it is now, for whoever goes on reading it, or changes it, while the one that is shared moves on. */
export function frozen(listing: AppListing): AppListing {
  const {app, revision, view, status, finished, loads, epoch, unknownSince} = listing;
  return {app, revision, view: view.clone(), status, finished, loads, epoch, unknownSince};
}

/** Whether there is such an app: sm itself (`service`) always exists, and so does an app whose spec cannot be read. */
export function appExists(app: string, view: AppView, service: string): boolean {
  return app === service || !view.isGone;
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
