/**
 * Finds out that the app of a container is being removed. A watch says so at once. It may also be open and lose events without a word, so the spec is
 * read again from time to time: otherwise one lost event keeps the container, and with it the removal, for ever.
 */
import {backOff, jittered} from '../model/back-off.ts';
import type {Clock, Timer} from '../runtime/clock.ts';
import {isDeleting} from '../store/app-spec-guard.ts';
import type {Store, Watch} from '../store/port.ts';
import {REWATCH_MAX_MS, REWATCH_MIN_MS, SPEC_READ_INTERVAL_MS} from './limits.ts';

export interface RemovalWatchOptions {
  readonly store: Store;
  /** Key of the app's spec. */
  readonly key: string;
  readonly clock: Clock;
  /** Called whenever the spec says that the app is being removed, or is gone. `isMissing`: a read did not find it; the store may be another one. */
  readonly removed: (isMissing: boolean) => void;
}

export class RemovalWatch {
  private readonly options: RemovalWatchOptions;
  /** The spec stood at this revision: a read of an older one says nothing. */
  private stoodAt: number;
  private watch: Watch | undefined;
  private timer: Timer | undefined;
  private closed = false;
  /** In a row: the watch was lost, or a read got no answer. */
  private failures = 0;

  /** `stoodAt`: revision at which the spec was read. */
  constructor(options: RemovalWatchOptions, stoodAt: number) {
    this.options = options;
    this.stoodAt = stoodAt;
    this.open(stoodAt + 1);
    this.readLater();
  }

  close(): void {
    this.closed = true;
    this.timer?.cancel();
    this.watch?.close();
  }

  private open(revision: number): void {
    const {store, key} = this.options;
    this.watch = store.watch(key, revision, {
      onBatch: ({events}) => {
        for (const event of events) {
          if (event.type === 'put' && event.entry.key === key) this.check(event.entry.value);
          if (event.type === 'delete' && event.key === key) this.check(undefined);
        }
      },
      onLost: () => this.lost(),
    });
  }

  private lost(): void {
    this.watch = undefined;
    // The store may have gone back.
    this.stoodAt = 0;
    this.readAgain();
  }

  private readAgain(): void {
    this.failures += 1;
    this.readAfter(backOff(this.failures, REWATCH_MIN_MS, REWATCH_MAX_MS, Math.random()));
  }

  private readLater(): void {
    this.readAfter(jittered(SPEC_READ_INTERVAL_MS, Math.random()));
  }

  private readAfter(delayMs: number): void {
    if (this.closed) return;
    this.timer?.cancel();
    this.timer = this.options.clock.after(delayMs, () => void this.read());
  }

  private async read(): Promise<void> {
    const {store, key} = this.options;
    const found = await store.get(key).catch(() => undefined);
    if (this.closed) return;
    if (found === undefined) return this.readAgain();
    this.failures = 0;
    const {revision, entry} = found;
    if (revision >= this.stoodAt) this.take(revision, entry?.value);
    if (this.isClosed()) return;
    if (this.watch === undefined) this.open(revision + 1);
    this.readLater();
  }

  private take(revision: number, value: string | undefined): void {
    if (value !== undefined) this.stoodAt = revision;
    this.watch?.advance?.(revision);
    this.check(value, value === undefined);
  }

  private check(value: string | undefined, isMissing = false): void {
    if (!this.closed && (value === undefined || isDeleting(value))) this.options.removed(isMissing);
  }

  /** Whoever was called may have closed this. */
  private isClosed(): boolean {
    return this.closed;
  }
}
