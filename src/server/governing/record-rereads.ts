/**
 * Reads the records whose writes got no answer: those of one app together, one call at a time. The pause grows while the store gives no useful answer, so that a sick
 * store is not asked more than a well one.
 */
import type {Keys} from '../../etcd/keys.ts';
import {backOff} from '../../model/back-off.ts';
import type {AppChange} from '../../model/change.ts';
import type {Clock} from '../../runtime/clock.ts';
import {KEYS_PER_TRANSACTION} from '../../store/limits.ts';
import {ownChange} from '../../store/ownership-transactions.ts';
import type {Store} from '../../store/port.ts';
import {REREAD_RETRY_MAX_MS, REREAD_RETRY_MIN_MS} from './limits.ts';

export interface RecordRereadsOptions {
  readonly app: string;
  readonly keys: Keys;
  readonly store: Pick<Store, 'getMany'>;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Newest revision that is known: an answer from before it could bring back a record that was deleted meanwhile. */
  readonly newest: () => number;
  readonly isStopped: () => boolean;
  /** What was read of a shard. */
  readonly onRead: (shard: string, own: AppChange) => void;
}

export class RecordRereads {
  private readonly options: RecordRereadsOptions;
  private readonly wanted = new Set<string>();
  private failures = 0;
  private isReading = false;

  constructor(options: RecordRereadsOptions) {
    this.options = options;
  }

  /** Reads the shard's record, however long that takes. Resolves when nothing is left to read; for who joins a reading under way, at once. @throws what `onRead` throws. */
  async want(shard: string): Promise<void> {
    this.wanted.add(shard);
    if (this.isReading) return;
    this.isReading = true;
    // The other writes of one transaction get no answer either.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.wanted.size > 0 && !this.options.isStopped()) await this.readSome();
    this.isReading = false;
  }

  private async readSome(): Promise<void> {
    const {app, keys, store, clock, newest, isStopped, onRead} = this.options;
    const shards = [...this.wanted].slice(0, KEYS_PER_TRANSACTION);
    const paths = shards.map((shard) => keys.ownership(app, shard));
    const known = newest();
    const reply = await store.getMany(paths).catch(() => undefined);
    if (isStopped()) return;
    if (reply === undefined || reply.revision < newest()) {
      // The watch may overtake an answer; in a busy app it often does. The store is well then.
      const isOvertaken = reply !== undefined && reply.revision >= known;
      this.failures = isOvertaken ? 1 : this.failures + 1;
      const [minMs, maxMs] = [REREAD_RETRY_MIN_MS, REREAD_RETRY_MAX_MS];
      return clock.sleep(backOff(this.failures, minMs, maxMs, Math.random()));
    }
    this.failures = 0;
    for (const [at, shard] of shards.entries()) {
      this.wanted.delete(shard);
      onRead(shard, ownChange(shard, reply.entries[at], reply.revision));
    }
  }
}
