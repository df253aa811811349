/** What the ownership records of one app said and when, seen by a watch of its own: the benchmarks' only clock. */
import type {Keys} from '../../src/etcd/keys.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import type {Store, Watch, WatchBatch} from '../../src/store/port.ts';

/** What the figures need of a record: 300,000 whole ones would fill the memory of the process that measures. */
export type SeenRecord = Pick<OwnershipRecord, 'state' | 'ready' | 'container'>;

export interface RecordEvent {
  readonly shard: string;
  /** `performance.now()` of its arrival. */
  readonly atMs: number;
  /** Undefined: the record was deleted. */
  readonly record: SeenRecord | undefined;
}

export class RecordLog {
  readonly events: RecordEvent[] = [];
  readonly ready = new Map<string, string>();
  private readonly store: Store;
  private readonly prefix: string;
  private watch: Watch | undefined;
  private waiting = new Set<() => void>();

  constructor(store: Store, keys: Keys, app: string) {
    this.store = store;
    this.prefix = keys.ownershipPrefix(app);
  }

  async start(): Promise<void> {
    const {revision} = await this.store.status();
    this.watch = this.store.watch(this.prefix, revision + 1, {
      onBatch: (batch) => this.take(batch),
      onLost: (reason) => {
        throw new Error(`the benchmark's watch was lost: ${reason}`);
      },
    });
  }

  close(): void {
    this.watch?.close();
  }

  /** Forgets the events, not the present state. */
  clear(): void {
    this.events.length = 0;
  }

  /** Resolves with the arrival of the event that made the condition true. */
  async until(condition: () => boolean, complaint: string, limitMs = 120_000): Promise<number> {
    if (condition()) return performance.now();
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        this.waiting.delete(check);
        resolve(performance.now());
      };
      const timer = setTimeout(() => {
        this.waiting.delete(check);
        reject(new Error(`${complaint} (${this.ready.size} ready)`));
      }, limitMs);
      this.waiting.add(check);
    });
  }

  /** All of these shards are ready on a container that `fits`. */
  untilReady(
    shards: readonly string[],
    fits: (container: string) => boolean = () => true,
    limitMs?: number,
  ): Promise<number> {
    const isLeft = (shard: string): boolean => {
      const owner = this.ready.get(shard);
      return owner === undefined || !fits(owner);
    };
    const wanted = new Set(shards);
    const left = new Set(shards.filter(isLeft));
    let seen = this.events.length;
    // Only what is new is looked at: the wait itself must not cost what it measures.
    const condition = (): boolean => {
      for (; seen < this.events.length; seen += 1) {
        const shard = this.events[seen]?.shard ?? '';
        if (!wanted.has(shard)) continue;
        if (isLeft(shard)) left.add(shard);
        else left.delete(shard);
      }
      return left.size === 0;
    };
    return this.until(condition, `${shards.length} shards are not ready`, limitMs);
  }

  /** Shards ready on a container. */
  shardsOf(container: string): string[] {
    return [...this.ready].filter(([, owner]) => owner === container).map(([shard]) => shard);
  }

  private take(batch: WatchBatch): void {
    const atMs = performance.now();
    for (const event of batch.events) {
      const key = event.type === 'put' ? event.entry.key : event.key;
      // Not checked as sm checks it: who measures must not take the time of what is measured. The ids here need no unescaping.
      const shard = key.slice(this.prefix.length);
      const record = event.type === 'put' ? seen(event.entry.value) : undefined;
      this.events.push({shard, atMs, record});
      if (record?.state === 'owned' && record.ready) this.ready.set(shard, record.container);
      else this.ready.delete(shard);
    }
    for (const check of [...this.waiting]) check();
  }
}

function seen(text: string): SeenRecord {
  const {state, ready, container} = JSON.parse(text) as OwnershipRecord;
  return {state, ready, container};
}
