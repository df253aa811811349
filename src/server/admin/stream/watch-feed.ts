/** What happens below a prefix, one item after the other: one watch, in the order of revisions, so that a caller can go on where it stopped. */
import type {Store, Watch, WatchBatch, WatchEvent} from '../../../store/port.ts';
import {BACKLOG_LIMIT} from '../limits.ts';

/** The stream begins behind this revision. */
export interface FeedHello {
  readonly type: 'hello';
  readonly revision: string;
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
  /** What a change means; `revision`: of the batch it came with. */
  readonly itemsOf: (event: WatchEvent, revision: number) => readonly T[];
}

/**
 * A hello, then what happens behind the revision, until the signal is aborted.
 * @throws store errors.
 */
export async function* watchFeed<T>(
  source: FeedSource<T>,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<T | FeedHello | FeedGap> {
  const feed = new WatchFeed(source, after, signal);
  try {
    yield {type: 'hello', revision: String(after)};
    while (!signal.aborted) yield* await feed.next();
  } finally {
    feed.close();
  }
}

class WatchFeed<T> {
  private readonly source: FeedSource<T>;
  private readonly signal: AbortSignal;
  private backlog: (T | FeedGap)[] = [];
  private wake: () => void = () => undefined;
  private lost: string | undefined;
  private watch: Watch;

  constructor(source: FeedSource<T>, after: number, signal: AbortSignal) {
    this.source = source;
    this.signal = signal;
    this.watch = this.open(after + 1);
    signal.addEventListener('abort', () => this.wake(), {once: true});
  }

  close(): void {
    this.watch.close();
  }

  /** What has come, at least one unless the signal was aborted. */
  async next(): Promise<(T | FeedGap)[]> {
    if (this.backlog.length === 0 && this.lost === undefined && !this.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const events = this.backlog;
    this.backlog = [];
    if (this.lost !== undefined) events.push(await this.startAnew(this.lost));
    return events;
  }

  private open(fromRevision: number): Watch {
    return this.source.store.watch(this.source.prefix, fromRevision, {
      onBatch: (batch) => this.take(batch),
      onLost: (reason) => this.lose(reason),
    });
  }

  private take({revision, events}: WatchBatch): void {
    for (const event of events) this.backlog.push(...this.source.itemsOf(event, revision));
    if (this.backlog.length > BACKLOG_LIMIT) {
      this.watch.close();
      this.backlog = [];
      this.lose('the caller reads too slowly');
    } else if (this.backlog.length > 0) this.wake();
  }

  private lose(reason: string): void {
    this.lost = reason;
    this.wake();
  }

  private async startAnew(reason: string): Promise<FeedGap> {
    this.lost = undefined;
    const {revision} = await this.source.store.status();
    this.watch = this.open(revision + 1);
    return {type: 'gap', revision: String(revision), reason};
  }
}
