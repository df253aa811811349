/**
 * One watch that loses nothing and doubles nothing: it keeps the revision it has applied, and after every reconnect asks
 * from the next. When history is gone (compaction, a restored or wiped store) it says so and is over.
 */
import {backOff} from '../model/back-off.ts';
import type {IDuplexWatchStream, WatchResponse} from './wire.ts';
import type {WatchBatch, WatchEvent, WatchListener} from '../model/stored.ts';
import {WatchProgress} from './watch-progress.ts';
import {WatchIntake} from './watch-intake.ts';
import {closeStream, endOfPrefix, safeRevision, toKeyValue} from './wire.ts';
import {EVENTS_PER_STEP, RECONNECT_MAX_MS, RECONNECT_MIN_MS, STREAM_LASTS_MS} from './limits.ts';

export interface WatchSource {
  /** A fresh stream, on whatever endpoint works. */
  openStream(): Promise<IDuplexWatchStream>;
  /** The cluster that answered last; undefined while none has. */
  clusterId(): string | undefined;
  /** The history has come so far. */
  seen(revision: number): void;
  /** A stream has failed: refresh what it may have failed for. */
  streamFailed(): Promise<void>;
  /** The store's newest revision, which a member that lags does not answer. */
  revision(): Promise<number>;
}

/** The watcher of an answer that is about all watchers of the stream. */
const WHOLE_STREAM = '-1';

export class PrefixWatch {
  private readonly source: WatchSource;
  private readonly prefix: string;
  private readonly listener: WatchListener;
  private next: number;
  /** The reader knows the content at this revision without the watch. */
  private known = 0;
  /** Whose revisions `next` counts: fixed at the start, for a later read may have met another cluster already. */
  private cluster: string | undefined;
  private stream: IDuplexWatchStream | undefined;
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  /** When the stream under way began to watch, monotonic ms. */
  private createdAtMs = Number.POSITIVE_INFINITY;
  private closed = false;
  private readonly progress = new WatchProgress(() => this.stream?.write({progress_request: {}}));

  constructor(source: WatchSource, prefix: string, fromRevision: number, listener: WatchListener) {
    this.source = source;
    this.prefix = prefix;
    this.next = fromRevision;
    this.cluster = source.clusterId();
    this.listener = listener;
    void this.open();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.progress.close();
    this.dropStream();
  }

  /** Revision up to which everything has been delivered, at least the store's at this call; undefined when the watch ends before. */
  reached(): Promise<number | undefined> {
    return this.progress.ask();
  }

  /** As `Watch.advance`. It counts from the next stream on: what this one still sends of the past is delivered. */
  advance(revision: number): void {
    this.known = Math.max(this.known, revision);
  }

  private async open(): Promise<void> {
    try {
      const stream = await this.source.openStream();
      if (this.closed) {
        closeStream(stream);
        return;
      }
      this.stream = stream;
      this.next = Math.max(this.next, this.known + 1);
      stream.on('error', () => this.failed(stream));
      stream.on('end', () => this.failed(stream));
      const intake = new WatchIntake(stream, (response) => this.received(stream, response));
      stream.on('data', (response) => intake.take(response));
      const key = Buffer.from(this.prefix);
      stream.write({
        create_request: {
          key,
          range_end: endOfPrefix(key),
          // One earlier than needed, and dropped again: at exactly the compacted revision etcd hides deletions in silence.
          start_revision: String(Math.max(1, this.next - 1)),
          progress_notify: true,
        },
      });
    } catch {
      this.retry();
    }
  }

  private failed(stream: IDuplexWatchStream): void {
    if (this.stream !== stream) return;
    if (performance.now() - this.createdAtMs >= STREAM_LASTS_MS) this.failures = 0;
    this.dropStream();
    this.retry();
  }

  private retry(): void {
    if (this.closed) return;
    this.failures += 1;
    const delayMs = backOff(this.failures, RECONNECT_MIN_MS, RECONNECT_MAX_MS, Math.random());
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      void this.source.streamFailed().finally(() => {
        if (!this.closed) void this.open();
      });
    }, delayMs);
  }

  /** Yields between parts of a long response. */
  private *received(
    stream: IDuplexWatchStream,
    response: WatchResponse,
  ): Generator<undefined, undefined> {
    if (this.closed || this.stream !== stream) return;
    if (response.canceled) {
      this.canceled(response);
      return;
    }
    if (response.created && !this.sameCluster(response)) return;
    if (response.created) {
      this.created(stream, safeRevision(response.header.revision));
      return;
    }
    // It works. That it is open says little: one that ends as soon as it is open must not be opened again without pauses.
    this.failures = 0;
    if (response.events.length > 0) yield* this.deliver(stream, response);
    else this.progressed(response);
  }

  /** A report that etcd sends by itself is about a watcher that has got everything. Versions below 3.4.25 and 3.5.8 answer a question also for one that has not. */
  private progressed({watch_id, header}: WatchResponse): void {
    const revision = safeRevision(header.revision);
    if (watch_id !== WHOLE_STREAM) this.advance(revision);
    this.progress.answered(revision);
  }

  private canceled(response: WatchResponse): void {
    this.dropStream();
    if (safeRevision(response.compact_revision) > 0)
      this.lost(`history before revision ${response.compact_revision} is compacted`);
    else this.retry();
  }

  private sameCluster({header}: WatchResponse): boolean {
    this.cluster ??= header.cluster_id;
    if (header.cluster_id === this.cluster) return true;
    this.dropStream();
    this.lost('the store is another one');
    return false;
  }

  private created(stream: IDuplexWatchStream, revision: number): void {
    this.createdAtMs = performance.now();
    this.progress.created();
    if (revision < this.next - 1) void this.lookBack(stream, this.next - 1);
  }

  /**
   * The member of etcd has less history than the reader. It may lag behind the others, as one behind a load balancer does: then it delivers what is asked for once it has it.
   * Or the store has gone back, which a read of the store itself tells.
   */
  private async lookBack(stream: IDuplexWatchStream, known: number): Promise<void> {
    const revision = await this.source.revision().catch(() => undefined);
    if (this.closed || this.stream !== stream) return;
    if (revision === undefined) this.failed(stream);
    else if (revision < known) this.lost(`the store has gone back to revision ${revision}`);
  }

  /** In parts that end where a revision does. */
  private *deliver(
    stream: IDuplexWatchStream,
    response: WatchResponse,
  ): Generator<undefined, undefined> {
    let events: WatchEvent[] = [];
    let last = this.next - 1;
    for (const event of response.events) {
      const mod = safeRevision(event.kv.mod_revision);
      if (mod < this.next) continue;
      if (mod > last && events.length >= EVENTS_PER_STEP) {
        this.hand({revision: last, events});
        events = [];
        yield;
        if (this.closed || this.stream !== stream) return;
      }
      last = Math.max(last, mod);
      if (event.type === 'Delete' || event.type === 'DELETE')
        events.push({type: 'delete', key: event.kv.key.toString('utf8'), mod});
      else events.push({type: 'put', entry: toKeyValue(event.kv)});
    }
    this.hand({revision: last, events});
  }

  private hand(batch: WatchBatch): void {
    this.next = batch.revision + 1;
    this.source.seen(batch.revision);
    if (batch.events.length > 0) this.listener.onBatch(batch);
  }

  private lost(reason: string): void {
    this.close();
    this.listener.onLost(reason);
  }

  private dropStream(): void {
    const {stream} = this;
    this.stream = undefined;
    this.createdAtMs = Number.POSITIVE_INFINITY;
    if (stream === undefined) return;
    this.progress.streamLost();
    // A cancelled stream still emits an error: it must find a listener.
    stream.removeAllListeners('data');
    closeStream(stream);
  }
}
