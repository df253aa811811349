/** The store port in memory: for tests and the simulation. Same semantics as etcd where the port promises something. */
import {SmError} from '../../src/model/errors.ts';
import {holds, storeClosed} from '../../src/store/port.ts';
import type {
  Compare,
  KeyValue,
  Operation,
  Store,
  StoreStatus,
  Transaction,
  TransactionOutcome,
  Watch,
  WatchBatch,
  WatchEvent,
  WatchListener,
} from '../../src/store/port.ts';
import {LIST_LIMIT, PAGE_KEYS} from '../../src/store/limits.ts';

interface Change {
  readonly revision: number;
  readonly events: readonly WatchEvent[];
}

/** Synchronous multi-version store: one revision per transaction that writes, none otherwise. */
export class MemoryKv {
  revision = 1;
  private readonly entries = new Map<string, KeyValue>();
  private history: Change[] = [];
  private compacted = 0;
  /** The content as of `compacted`. */
  private base = new Map<string, KeyValue>();

  /** As restored from a backup: these entries, at this revision, without the changes that led to them. */
  static restored(entries: readonly KeyValue[], revision: number): MemoryKv {
    const kv = new MemoryKv();
    for (const entry of entries) kv.entries.set(entry.key, entry);
    kv.base = new Map(kv.entries);
    kv.revision = kv.compacted = revision;
    return kv;
  }

  /** The oldest revision that can still be read; 0: all. */
  get oldest(): number {
    return this.compacted;
  }

  get(key: string): KeyValue | undefined {
    return this.entries.get(key);
  }

  /** Entries below the prefix in key order, now or as they were at a revision. */
  list(prefix: string, atRevision?: number): KeyValue[] {
    const entries =
      atRevision === undefined || atRevision >= this.revision
        ? this.entries
        : this.asOf(atRevision);
    const found = [...entries.values()].filter(({key}) => key.startsWith(prefix));
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  meets(compare: Compare): boolean {
    if (compare.target === 'below') return this.list(compare.key).length === 0;
    return holds(compare, this.entries.get(compare.key));
  }

  transact({
    compares,
    then,
    otherwise = [],
  }: Transaction): Exclude<TransactionOutcome, {kind: 'unknown'}> {
    const committed = compares.every((compare) => this.meets(compare));
    const operations = committed ? then : otherwise;
    const revision = this.revision + 1;
    const events: WatchEvent[] = [];
    const answers = operations.map((operation) => this.apply(operation, revision, events));
    if (events.length > 0) {
      this.revision = revision;
      this.history.push({revision, events});
    }
    return {kind: committed ? 'committed' : 'refused', revision: this.revision, answers};
  }

  /** Changes from a revision on, oldest first; undefined when they are compacted. */
  eventsSince(revision: number): readonly Change[] | undefined {
    if (revision <= this.compacted) return undefined;
    let low = 0;
    let high = this.history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.history[middle]?.revision ?? 0) < revision) low = middle + 1;
      else high = middle;
    }
    return this.history.slice(low);
  }

  compact(revision: number): void {
    if (revision <= this.compacted || revision > this.revision)
      throw new SmError('INVALID_INPUT', `cannot compact to revision ${revision}`);
    this.base = this.asOf(revision);
    this.compacted = revision;
    this.history = this.history.filter((change) => change.revision > revision);
  }

  private apply(
    operation: Operation,
    revision: number,
    events: WatchEvent[],
  ): KeyValue | undefined {
    const {key} = operation;
    const known = this.entries.get(key);
    if (operation.op === 'get') return known;
    if (operation.op === 'put') {
      const entry: KeyValue = {
        key,
        value: operation.value,
        mod: revision,
        create: known?.create ?? revision,
      };
      this.entries.set(key, entry);
      events.push({type: 'put', entry});
    } else if (this.entries.delete(key)) events.push({type: 'delete', key, mod: revision});
    return undefined;
  }

  private asOf(revision: number): Map<string, KeyValue> {
    if (revision < this.compacted)
      throw new SmError('STORE_UNAVAILABLE', 'the revision asked for has been compacted', {
        retryable: true,
      });
    const entries = new Map(this.base);
    for (const {revision: at, events} of this.history) {
      if (at > revision) break;
      for (const event of events) {
        if (event.type === 'put') entries.set(event.entry.key, event.entry);
        else entries.delete(event.key);
      }
    }
    return entries;
  }
}

interface Watcher {
  readonly prefix: string;
  readonly listener: WatchListener;
  next: number;
}

/** The port around a MemoryKv. Watchers are called in a later turn of the loop, as over a network. */
export class MemoryStore implements Store {
  readonly kv: MemoryKv;
  private readonly watchers = new Set<Watcher>();
  private notifyQueued = false;
  private closed = false;

  constructor(kv: MemoryKv = new MemoryKv()) {
    this.kv = kv;
  }

  async get(key: string): Promise<{revision: number; entry: KeyValue | undefined}> {
    this.checkOpen();
    return {revision: this.kv.revision, entry: this.kv.get(key)};
  }

  async getMany(
    keys: readonly string[],
  ): Promise<{revision: number; entries: (KeyValue | undefined)[]}> {
    this.checkOpen();
    if (keys.length > LIST_LIMIT) throw tooMany();
    return {revision: this.kv.revision, entries: keys.map((key) => this.kv.get(key))};
  }

  async list(
    prefixes: readonly string[],
    options: {atRevision?: number} = {},
  ): Promise<{revision: number; entries: KeyValue[]}> {
    this.checkOpen();
    const entries = prefixes.flatMap((prefix) => this.kv.list(prefix, options.atRevision));
    return {revision: options.atRevision ?? this.kv.revision, entries};
  }

  async transact(transaction: Transaction): Promise<TransactionOutcome> {
    if (this.closed) return {kind: 'unknown', error: storeClosed()};
    const {compares, then, otherwise = []} = transaction;
    if (Math.max(compares.length, then.length, otherwise.length) > LIST_LIMIT)
      return {kind: 'unknown', error: tooMany()};
    if (writesTwice(then) || writesTwice(otherwise))
      return {
        kind: 'unknown',
        error: new SmError('INVALID_INPUT', 'a transaction writes a key twice'),
      };
    const outcome = this.kv.transact(transaction);
    this.queueNotify();
    return outcome;
  }

  async scan(
    prefixes: readonly string[],
    onPage: (entries: readonly KeyValue[]) => void,
    options: {atRevision?: number} = {},
  ): Promise<{revision: number}> {
    const {revision, entries} = await this.list(prefixes, options);
    for (let from = 0; from === 0 || from < entries.length; from += PAGE_KEYS) {
      if (from > 0) await new Promise((resolve) => setImmediate(resolve));
      onPage(entries.slice(from, from + PAGE_KEYS));
    }
    return {revision};
  }

  watch(prefix: string, fromRevision: number, listener: WatchListener): Watch {
    const watcher: Watcher = {prefix, listener, next: fromRevision};
    this.watchers.add(watcher);
    this.queueNotify();
    return {
      close: () => void this.watchers.delete(watcher),
      reached: async () => this.reached(watcher),
    };
  }

  async status(): Promise<StoreStatus> {
    this.checkOpen();
    return {clusterId: 'memory', revision: this.kv.revision};
  }

  async compact(revision: number): Promise<void> {
    this.kv.compact(revision);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.watchers.clear();
  }

  private checkOpen(): void {
    if (this.closed) throw storeClosed();
  }

  private queueNotify(): void {
    if (this.notifyQueued || this.watchers.size === 0) return;
    this.notifyQueued = true;
    setImmediate(() => {
      this.notifyQueued = false;
      for (const watcher of this.watchers) this.notify(watcher);
    });
  }

  private reached(watcher: Watcher): number | undefined {
    this.notify(watcher);
    return this.watchers.has(watcher) ? watcher.next - 1 : undefined;
  }

  private notify(watcher: Watcher): void {
    if (watcher.next > this.kv.revision) return;
    const changes = this.kv.eventsSince(watcher.next);
    if (changes === undefined) {
      this.watchers.delete(watcher);
      watcher.listener.onLost(`history before revision ${watcher.next} is compacted`);
      return;
    }
    watcher.next = this.kv.revision + 1;
    const events = changes.flatMap((change) =>
      change.events.filter((event) => keyOf(event).startsWith(watcher.prefix)),
    );
    const batch: WatchBatch = {revision: this.kv.revision, events};
    if (events.length > 0) watcher.listener.onBatch(batch);
  }
}

function keyOf(event: WatchEvent): string {
  return event.type === 'put' ? event.entry.key : event.key;
}

/** Like etcd: a key that is put may not be put or deleted again. */
function writesTwice(operations: readonly Operation[]): boolean {
  const keys = (op: Operation['op']): string[] =>
    operations.filter((operation) => operation.op === op).map(({key}) => key);
  const deleted = new Set(keys('delete'));
  const put = keys('put');
  return new Set(put).size < put.length || put.some((key) => deleted.has(key));
}

function tooMany(): SmError {
  return new SmError(
    'INVALID_INPUT',
    `a transaction has more than the ${LIST_LIMIT} operations etcd allows`,
  );
}
