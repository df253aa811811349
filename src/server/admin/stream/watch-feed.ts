/** What happens below a prefix: one watch, in the order of revisions, so that a caller can go on where it stopped. */
import type {KeyValue, Store, Watch, WatchBatch} from '../../../store/port.ts';
import {WatchLosses} from '../../../store/watch-losses.ts';
import {pause} from '../../../runtime/pause.ts';
import {BACKLOG_LIMIT, BACKLOG_LIMIT_CHARACTERS} from '../limits.ts';

/** The stream begins behind this revision. */
export interface FeedHello {
  readonly type: 'hello';
  readonly revision: string;
}

/** Where a stream begins. */
export interface FeedStart {
  /** Of the store now. */
  readonly revision: number;
  /** The last revision that the caller knows, decimal; undefined: it begins now. */
  readonly after?: string | undefined;
}

/** Something may have been missed; what follows is newer than this revision. */
export interface FeedGap {
  readonly type: 'gap';
  readonly revision: string;
  readonly reason: string;
}

export interface FeedSource<T> {
  readonly store: Pick<Store, 'watch' | 'status'>;
  readonly prefix: string;
  /** What the changes of a batch mean. Where that is nothing, nobody hears of it. */
  readonly itemsOf: (batch: WatchBatch) => readonly T[];
  /** What is said besides, until the function that it returns is called. `say`: with the revision up to which all has been said. */
  readonly besides?: ((say: (itemAt: (revision: string) => T) => void) => () => void) | undefined;
}

/** What is made of a batch, once for all streams that ask for the same thing, which `key` names. */
export function oncePerBatch<T>(): (batch: WatchBatch, key: string, make: () => T) => T {
  const made = new WeakMap<WatchBatch, Map<string, T>>();
  return (batch, key, make) => {
    const ofBatch = made.get(batch) ?? new Map<string, T>();
    made.set(batch, ofBatch);
    const known = ofBatch.get(key) ?? make();
    ofBatch.set(key, known);
    return known;
  };
}

/** A round of a history whose answer is late is written once more, as it was, with the next one: it was said when its key was created. */
export function isRepeated({create, mod}: Pick<KeyValue, 'create' | 'mod'>): boolean {
  return create !== mod;
}

const charactersOnce = oncePerBatch<number>();

/** How long the keys and values of a batch are. */
export function charactersOf(batch: WatchBatch): number {
  return charactersOnce(batch, '', () =>
    batch.events.reduce((sum, event) => {
      const {key, value} = event.type === 'put' ? event.entry : {key: event.key, value: ''};
      return sum + key.length + value.length;
    }, 0),
  );
}

/**
 * A hello, then what happens behind the last revision that the caller knows, until the signal is aborted. Items that came together come together: the arrays are those
 * of `itemsOf`. To a caller that knows a later revision than the store comes a gap: what it saw is not what is there, and the store may have written since.
 * @throws store errors.
 */
export async function* watchFeed<T>(
  source: FeedSource<T>,
  {revision, after = String(revision)}: FeedStart,
  signal: AbortSignal,
): AsyncGenerator<readonly (T | FeedHello | FeedGap)[]> {
  const from = Math.min(Number(after), revision);
  const feed = new WatchFeed(source, from, signal);
  try {
    yield [{type: 'hello', revision: String(from)}];
    if (Number(after) > revision)
      yield [{type: 'gap', revision: String(from), reason: isBehind(revision, after)}];
    while (!signal.aborted) yield* await feed.next();
  } finally {
    feed.close();
  }
}

function isBehind(revision: number, after: string): string {
  return `the store is at revision ${revision}, and has none of ${after}: it was restored or replaced`;
}

class WatchFeed<T> {
  private readonly source: FeedSource<T>;
  private readonly signal: AbortSignal;
  private backlog: (readonly (T | FeedGap)[])[] = [];
  /** Items in the backlog. */
  private waiting = 0;
  /** Characters of the batches that they were read from. */
  private waitingCharacters = 0;
  private wake: () => void = () => undefined;
  /** Why the watch is over, and the pause, ms, before another one is opened. */
  private lost: {readonly reason: string; readonly pauseMs: number} | undefined;
  private readonly losses = new WatchLosses();
  private watch: Watch;
  /** All up to here has been said or waits. */
  private revision: number;
  private readonly endBesides: (() => void) | undefined;

  constructor(source: FeedSource<T>, after: number, signal: AbortSignal) {
    this.source = source;
    this.signal = signal;
    this.revision = after;
    this.watch = this.open(after + 1);
    this.endBesides = source.besides?.((itemAt) => {
      this.backlog.push([itemAt(String(this.revision))]);
      this.wake();
    });
    signal.addEventListener('abort', () => this.wake(), {once: true});
  }

  close(): void {
    this.watch.close();
    this.endBesides?.();
  }

  /** What has come, at least one unless the signal was aborted. */
  async next(): Promise<(readonly (T | FeedGap)[])[]> {
    if (this.backlog.length === 0 && this.lost === undefined && !this.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const groups = this.takeBacklog();
    const gap = await this.startAnew();
    if (gap !== undefined) groups.push([gap]);
    return groups;
  }

  private open(fromRevision: number): Watch {
    this.losses.opened(performance.now());
    return this.source.store.watch(this.source.prefix, fromRevision, {
      onBatch: (batch) => this.take(batch),
      onLost: (reason) => this.lose(reason, this.losses.lost(performance.now(), Math.random())),
    });
  }

  private take(batch: WatchBatch): void {
    const items = this.source.itemsOf(batch);
    this.revision = Math.max(this.revision, batch.revision);
    if (items.length === 0) return;
    this.backlog.push(items);
    this.waiting += items.length;
    this.waitingCharacters += charactersOf(batch);
    // One batch alone may be long: a caller that reads gets it.
    const isShort = this.waitingCharacters <= BACKLOG_LIMIT_CHARACTERS || this.backlog.length === 1;
    if (this.waiting <= BACKLOG_LIMIT && isShort) return this.wake();
    this.watch.close();
    this.takeBacklog();
    this.lose('the caller reads too slowly');
  }

  private takeBacklog(): (readonly (T | FeedGap)[])[] {
    const {backlog} = this;
    this.backlog = [];
    this.waiting = 0;
    this.waitingCharacters = 0;
    return backlog;
  }

  /** Without a pause: the store has not lost anything. */
  private lose(reason: string, pauseMs = 0): void {
    this.lost = {reason, pauseMs};
    this.wake();
  }

  /** Another watch where the last one is over. Undefined: it is not, or the signal was aborted. */
  private async startAnew(): Promise<FeedGap | undefined> {
    const {lost, signal} = this;
    if (lost === undefined) return undefined;
    await pause(lost.pauseMs, signal);
    if (signal.aborted) return undefined;
    this.lost = undefined;
    const {revision} = await this.source.store.status();
    this.revision = revision;
    this.watch = this.open(revision + 1);
    return {type: 'gap', revision: String(revision), reason: lost.reason};
  }
}
