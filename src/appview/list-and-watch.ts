/**
 * List and watch: keeps somebody informed of what lies below some prefixes, the only code that does: one listing at one revision, then watches from the next, a full listing every 30 s +-20 %,
 * and at once when a watch may have lost something. A watch is only a hint; no safety rests on it.
 */
import {setImmediate} from 'node:timers/promises';
import type {Keys, ParsedKey} from '../etcd/keys.ts';
import type {Clock, Timer} from '../runtime/clock.ts';
import type {Logger} from '../runtime/log-port.ts';
import {Throttle} from '../runtime/throttle.ts';
import type {KeyValue, Store, Watch, WatchBatch} from '../store/port.ts';
import {WatchLosses} from '../store/watch-losses.ts';
import {SLICE_MS} from '../runtime/limits.ts';
import {
  BEHIND_PAUSE_MAX_MS,
  BEHIND_PAUSE_MIN_MS,
  FAILURE_SAID_EVERY_MS,
  LIST_TIMEOUT_MS,
  RELIST_INTERVAL_MS,
  RETRY_MAX_MS,
  RETRY_MIN_MS,
} from './limits.ts';
import {backOff, jittered} from '../model/back-off.ts';

/** Goes on taking in a listing; true when everything has been taken. It is called again until then, and others may run in between. */
export type ListingStep = () => boolean;

export interface ListAndWatchSink<T> {
  /** A listing begins. `anew` as for `listed`. */
  listing?(anew: boolean): void;
  /** Whether nothing need be taken of a listed key, for it is known at its revision. Default: nothing is known. */
  isKnown?(parsed: ParsedKey, mod: number): boolean;
  /**
   * Everything there is at one revision that is not known, but for keys of which the watch has brought something newer: those as the watch has them. `anew`: changes may have been
   * missed, or the store may be another one, since the listing before; so it is for the first one. A sink that returns a step takes it in by and by; the
   * changes it has not looked at by then leave out what the watch tells meanwhile.
   */
  listed(changes: Iterable<T>, revision: number, anew: boolean): ListingStep | undefined;
  changed(changes: readonly T[]): void;
  /** A key below the prefixes that no builder of the Keys makes is there, as listed or as watched, or is gone. */
  foreign?(key: string, isThere: boolean): void;
  /** A listing has failed; it is tried again. */
  failed?(error: unknown): void;
}

export interface ListAndWatchOptions<T> {
  readonly prefixes: readonly string[];
  /** What a key and its value mean (`entry` undefined: deleted at `mod`); undefined for what is of no interest. */
  readonly decode: (parsed: ParsedKey, entry: KeyValue | undefined, mod: number) => T | undefined;
  readonly keys: Keys;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sink: ListAndWatchSink<T>;
  /** Between two listings, +-20 %, ms. Default 30000. */
  readonly relistIntervalMs?: number;
}

/** What a listing has shown that is not known. */
interface Found<T> {
  readonly changes: T[];
  /** Of the changes; undefined where no watch is open that could bring something newer: there may be millions. */
  readonly keys: string[] | undefined;
}

/** `put` undefined: the key was deleted. */
interface WatchedKey<T> {
  readonly mod: number;
  readonly put: T | undefined;
}

export class ListAndWatch<T> {
  private readonly options: ListAndWatchOptions<T>;
  private watches: Watch[] = [];
  /** By watch: the revision up to which everything has been taken in. */
  private completes: number[] = [];
  private readonly sleepers = new Map<() => void, number>();
  private timer: Timer | undefined;
  private generation = 0;
  /** Newest revision that a watch has brought. */
  private newest = 0;
  /** The last that the watch has brought of each key since the scan under way began; undefined between scans. */
  private watched: Map<string, WatchedKey<T>> | undefined;
  private closed = false;
  /** Listings in a row that have failed. */
  private failures = 0;
  private readonly failuresSaid: Throttle;
  private readonly losses = new WatchLosses();

  constructor(options: ListAndWatchOptions<T>) {
    this.options = options;
    this.failuresSaid = new Throttle(FAILURE_SAID_EVERY_MS, () => options.clock.nowMs());
  }

  start(): void {
    void this.list(true);
  }

  close(): void {
    this.closed = true;
    this.timer?.cancel();
    this.closeWatches();
    this.wake(Number.POSITIVE_INFINITY);
  }

  /** Revision up to which everything has been taken in; 0 while that is not known. */
  get complete(): number {
    return this.watches.length === 0 ? 0 : Math.min(...this.completes);
  }

  /**
   * Resolves with true once everything up to the revision has been taken in; with false when that takes longer than the limit, when the store
   * cannot tell how far its watches are, or when this is closed.
   */
  async untilComplete(revision: number, limitMs: number): Promise<boolean> {
    const {clock} = this.options;
    if (this.complete >= revision && !this.closed) return true;
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        this.sleepers.delete(done);
        resolve(!this.closed && this.complete >= revision);
      };
      const timer = clock.after(limitMs, done);
      this.sleepers.set(done, revision);
      this.ask(revision);
    });
  }

  private isClosed(): boolean {
    return this.closed;
  }

  /** `rewatch`: the watches are gone or not to be trusted, too. */
  private async list(rewatch: boolean): Promise<void> {
    const {store, sink, logger, relistIntervalMs} = this.options;
    const generation = this.generation;
    const newestBefore = this.newest;
    const watched = (this.watched = new Map<string, WatchedKey<T>>());
    try {
      const found: Found<T> = {changes: [], keys: rewatch ? undefined : []};
      sink.listing?.(rewatch);
      const take = (page: readonly KeyValue[]): void => this.collect(page, found);
      const {revision} = await store.scan(this.options.prefixes, take, {
        timeoutMs: LIST_TIMEOUT_MS,
      });
      if (this.closed || generation !== this.generation) return;
      // etcd may answer a read with the past: it would bring back what the watch has seen deleted.
      if (revision < newestBefore) throw new Error('the listing is older than the watch');
      const step = sink.listed(newest(found, watched, revision), revision, rewatch);
      if (step !== undefined) await this.inSlices(step, generation);
      // Whoever was called may have had enough.
      if (this.isClosed() || generation !== this.generation) return;
      this.watched = undefined;
      this.failures = 0;
      if (rewatch) this.watchFrom(revision + 1);
      else this.advance(revision);
      this.wake(this.complete);
      this.again(false, jittered(relistIntervalMs ?? RELIST_INTERVAL_MS, Math.random()));
    } catch (error) {
      if (this.closed || generation !== this.generation) return;
      this.watched = undefined;
      if (this.failuresSaid.passes())
        logger.warn({error: String(error)}, 'listing failed: trying again');
      this.failures += 1;
      this.again(rewatch, backOff(this.failures, RETRY_MIN_MS, RETRY_MAX_MS, Math.random()));
      sink.failed?.(error);
    }
  }

  /** Everything at this revision has been taken in from a listing. */
  private advance(revision: number): void {
    this.completes = this.completes.map((known) => Math.max(known, revision));
    for (const watch of this.watches) watch.advance?.(revision);
  }

  /** Lets others run in between. Ends early when the listing is of no use any more. */
  private async inSlices(step: ListingStep, generation: number): Promise<void> {
    let sinceMs = performance.now();
    while (!step()) {
      if (this.closed || generation !== this.generation) return;
      if (performance.now() - sinceMs < SLICE_MS) continue;
      await setImmediate();
      sinceMs = performance.now();
    }
  }

  private again(rewatch: boolean, afterMs: number): void {
    this.timer?.cancel();
    this.timer = this.options.clock.after(afterMs, () => void this.list(rewatch));
  }

  private collect(page: readonly KeyValue[], found: Found<T>): void {
    const {keys, decode, sink} = this.options;
    for (const entry of page) {
      const parsed = keys.parse(entry.key);
      if (parsed === undefined) sink.foreign?.(entry.key, true);
      if (parsed === undefined || sink.isKnown?.(parsed, entry.mod) === true) continue;
      const change = decode(parsed, entry, entry.mod);
      if (change === undefined) continue;
      found.changes.push(change);
      found.keys?.push(entry.key);
    }
  }

  private changeOf(key: string, entry: KeyValue | undefined, mod: number): T | undefined {
    const parsed = this.options.keys.parse(key);
    if (parsed !== undefined) return this.options.decode(parsed, entry, mod);
    this.options.sink.foreign?.(key, entry !== undefined);
    return undefined;
  }

  private watchFrom(revision: number): void {
    this.closeWatches();
    const generation = this.generation;
    const onLost = (reason: string): void => this.lost(reason, generation);
    this.losses.opened(this.options.clock.nowMs());
    this.completes = this.options.prefixes.map(() => revision - 1);
    this.watches = this.options.prefixes.map((prefix, at) =>
      this.options.store.watch(prefix, revision, {
        onBatch: (batch: WatchBatch) => {
          this.batch(batch);
          if (generation === this.generation) this.completed(at, batch.revision);
        },
        onLost,
      }),
    );
    // Whoever waits for more than the listing has: the watches that could have brought it are new.
    for (const wanted of this.sleepers.values()) this.ask(wanted);
  }

  private ask(revision: number): void {
    for (const at of this.watches.keys()) this.askWatch(at, revision, 1);
  }

  /** A member of etcd that lags says at once that it has come no further: the watch is asked again with pauses, for as long as somebody waits. */
  private askWatch(at: number, revision: number, tries: number): void {
    const {generation} = this;
    const watch = this.watches[at];
    if (watch === undefined || (this.completes[at] ?? 0) >= revision) return;
    if (watch.reached === undefined) return this.wake(revision);
    const isWanted = (): boolean =>
      !this.closed && generation === this.generation && this.isWaitedFor(revision);
    void watch.reached().then((reached) => {
      if (reached === undefined || generation !== this.generation) return;
      this.completed(at, reached);
      if (reached >= revision || !isWanted()) return;
      this.options.clock.after(backOff(tries, BEHIND_PAUSE_MIN_MS, BEHIND_PAUSE_MAX_MS), () => {
        if (isWanted()) this.askWatch(at, revision, tries + 1);
      });
    });
  }

  private isWaitedFor(revision: number): boolean {
    for (const wanted of this.sleepers.values()) if (wanted === revision) return true;
    return false;
  }

  private completed(at: number, revision: number): void {
    this.completes[at] = Math.max(this.completes[at] ?? 0, revision);
    this.wake(this.complete);
  }

  /** Everybody who waits for that revision or an older one. */
  private wake(revision: number): void {
    for (const [done, wanted] of [...this.sleepers]) if (wanted <= revision) done();
  }

  private batch(batch: WatchBatch): void {
    if (this.closed) return;
    this.newest = Math.max(this.newest, batch.revision);
    const changes: T[] = [];
    for (const event of batch.events) {
      const isPut = event.type === 'put';
      const {key, mod} = isPut ? event.entry : event;
      const change = this.changeOf(key, isPut ? event.entry : undefined, mod);
      if (change === undefined) continue;
      changes.push(change);
      this.watched?.set(key, {mod, put: isPut ? change : undefined});
    }
    if (changes.length > 0) this.options.sink.changed(changes);
  }

  private lost(reason: string, generation: number): void {
    if (this.closed || generation !== this.generation) return;
    const {clock, logger} = this.options;
    const pauseMs = this.losses.lost(clock.nowMs(), Math.random());
    logger.warn({reason, inMs: Math.round(pauseMs)}, 'watch lost: listing again');
    this.generation += 1;
    // A restored store begins at an older revision.
    this.newest = 0;
    this.watched = undefined;
    this.closeWatches();
    this.again(true, pauseMs);
  }

  private closeWatches(): void {
    for (const watch of this.watches) watch.close();
    this.watches = [];
  }
}

/**
 * A scan may take seconds: what the watch has brought meanwhile is newer than what was found, and deletions leave no trace. So is what it brings while
 * the changes are taken.
 */
function* newest<T>(
  {changes, keys}: Found<T>,
  watched: ReadonlyMap<string, WatchedKey<T>>,
  revision: number,
): Generator<T, undefined> {
  const isWatched = (key: string): boolean => (watched.get(key)?.mod ?? 0) > revision;
  for (const [at, change] of changes.entries()) {
    const key = keys?.[at] ?? '';
    if (watched.size === 0 || !isWatched(key)) yield change;
  }
  for (const {mod, put} of watched.values()) if (mod > revision && put !== undefined) yield put;
}
