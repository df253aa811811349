/**
 * etcd as a careful reader must imagine it: transactions are atomic and happen at some moment between send and answer, or
 * after the sender has given up; reads may be old; watches lag, stall and break. The port's promises hold, nothing more.
 */
import {SmError} from '../../src/model/errors.ts';
import {MemoryKv} from '../support/memory-store.ts';
import {KEEPALIVE_ANSWER_MS, KEEPALIVE_MS} from '../../src/etcd/limits.ts';
import type {
  CallOptions,
  KeyValue,
  Operation,
  Store,
  StoreStatus,
  Transaction,
  TransactionOutcome,
  Watch,
  WatchEvent,
  WatchListener,
} from '../../src/store/port.ts';
import {nameOfList, nameOfRead, nameOfTransaction} from './boundary-names.ts';
import {CallQueue} from './call-queue.ts';
import {changesBack} from './changes-back.ts';
import {spoken} from './dialect.ts';
import type {Dialect} from './dialect.ts';
import type {SimProcess} from './process.ts';
import type {Settled, StoreObserver} from './store-observer.ts';
import type {World} from './world.ts';
import type {Weather} from './weather.ts';

const ATTEMPT_LIMIT_MS = 2_000;
/** A read is tried again after so long. */
const READ_PAUSE_MS = 50;
/** How soon a stalled watch is looked at again. */
const STALL_LOOK_MS = 250;
/** Pings find a dead connection of a real client within so long. */
const DEAD_CONNECTION_MS = KEEPALIVE_MS + KEEPALIVE_ANSWER_MS;

interface Watcher {
  readonly process: SimProcess;
  /** Member of etcd that it is open on; undefined: no real client, which nothing tells of a dead connection. */
  readonly endpoint: string | undefined;
  /** Since when nothing comes over its connection. */
  deadSinceMs: number | undefined;
  readonly prefix: string;
  readonly listener: WatchListener;
  next: number;
  telling: boolean;
  closed: boolean;
}

export class StoreServer {
  kv = new MemoryKv();
  /** Another one after a restore. */
  clusterId = 'simulated';
  readonly world: World;
  readonly weather: Weather;
  readonly calls: CallQueue;
  observer: StoreObserver | undefined;
  private readonly watchers = new Set<Watcher>();
  private readonly dialects = new WeakMap<SimProcess, Dialect>();

  constructor(world: World, weather: Weather) {
    this.world = world;
    this.weather = weather;
    this.calls = new CallQueue(world);
  }

  /** What an operator's own client writes, at once. */
  operate(transaction: Transaction): Settled {
    return this.perform(undefined, transaction);
  }

  /** The process is of another version of sm. */
  speaks(process: SimProcess, dialect: Dialect | undefined): void {
    if (dialect !== undefined) this.dialects.set(process, dialect);
  }

  perform(process: SimProcess | undefined, written: Transaction): Settled {
    const dialect = process && this.dialects.get(process);
    const transaction = dialect === undefined ? written : spoken(dialect, written);
    const commits = transaction.compares.every((compare) => this.kv.meets(compare));
    this.observer?.applying(process, transaction, commits);
    const before = this.kv.revision;
    const outcome = this.kv.transact(transaction);
    this.observer?.applied(process, transaction, outcome);
    if (this.kv.revision > before) this.committed(transaction, commits);
    return outcome;
  }

  /** Watches that processes have open, by process. */
  get watches(): ReadonlyMap<SimProcess, number> {
    const open = new Map<SimProcess, number>();
    for (const {process} of this.watchers) open.set(process, (open.get(process) ?? 0) + 1);
    return open;
  }

  open(watcher: Watcher): void {
    this.watchers.add(watcher);
    this.tellSoon(watcher);
  }

  /** From a backup, as another cluster: every stream ends. */
  restore(kv: MemoryKv, clusterId: string): void {
    this.kv = kv;
    this.clusterId = clusterId;
    for (const watcher of this.watchers) {
      this.close(watcher);
      watcher.process.deliver(0, () => watcher.listener.onLost('etcd ended'));
    }
    this.world.note(`etcd is restored to r${kv.revision} as ${clusterId}`);
  }

  close(watcher: Watcher): void {
    watcher.closed = true;
    this.watchers.delete(watcher);
  }

  private committed({then, otherwise = []}: Transaction, commits: boolean): void {
    const operations = commits ? then : otherwise;
    for (const watcher of this.watchers) {
      if (!watcher.process.alive) this.watchers.delete(watcher);
      else if (!watcher.telling && operations.some((one) => concerns(one, watcher.prefix)))
        this.tellSoon(watcher);
    }
  }

  private tellSoon(watcher: Watcher): void {
    watcher.telling = true;
    const upTo = this.kv.revision;
    this.world.after(this.weather.watchLagMs(watcher.process), () => this.tell(watcher, upTo));
  }

  private tell(watcher: Watcher, upTo: number): void {
    watcher.telling = false;
    if (watcher.closed || !watcher.process.alive) return;
    const {process, listener} = watcher;
    if (this.isSilent(watcher) && !this.isFoundDead(watcher)) {
      watcher.telling = true;
      this.world.after(STALL_LOOK_MS, () => this.tell(watcher, this.kv.revision));
      return;
    }
    const isCompacted = watcher.next < this.kv.oldest;
    if (isCompacted || watcher.deadSinceMs !== undefined || this.weather.watchBreaks(process)) {
      this.close(watcher);
      process.deliver(0, () => listener.onLost(isCompacted ? 'compacted' : 'the stream broke'));
      return;
    }
    // As etcd does it: what exactly the compacted revision had is hidden in silence.
    const from = Math.max(watcher.next, this.kv.oldest + 1);
    if (upTo >= from) {
      watcher.next = upTo + 1;
      const events: WatchEvent[] = [];
      for (const change of this.kv.eventsSince(from) ?? []) {
        if (change.revision > upTo) break;
        for (const event of change.events)
          if ((event.type === 'put' ? event.entry.key : event.key).startsWith(watcher.prefix))
            events.push(event);
      }
      if (events.length > 0 && !this.loses(watcher, upTo))
        process.deliver(0, () => {
          if (!watcher.closed) listener.onBatch({revision: upTo, events});
        });
    }
    if (this.kv.revision > upTo) this.tellSoon(watcher);
  }

  /** The stream is open, and these events never come. */
  private loses({process, endpoint, listener}: Watcher, upTo: number): boolean {
    const reportsProgress = this.weather.silentWatches.get(process);
    if (reportsProgress === undefined) return false;
    this.weather.missedAtMs = this.world.nowMs;
    // Only on the wire is there a message that tells of no events.
    if (reportsProgress && endpoint !== undefined)
      process.deliver(0, () => listener.onBatch({revision: upTo, events: []}));
    return true;
  }

  /** Nothing comes over the watch now. */
  private isSilent(watcher: Watcher): boolean {
    const {process, endpoint} = watcher;
    const {weather} = this;
    const isDead = weather.answersCut(process) || weather.endpoints.has(endpoint ?? '');
    if (!isDead || endpoint === undefined) watcher.deadSinceMs = undefined;
    else watcher.deadSinceMs ??= this.world.nowMs;
    return isDead || weather.watchStalled(process);
  }

  /** A server that is only slow answers pings; a connection that is dead does not. */
  private isFoundDead({deadSinceMs, endpoint}: Watcher): boolean {
    if (deadSinceMs === undefined) return false;
    if (this.weather.endpoints.get(endpoint ?? '') === 'refuses') return true;
    return this.world.nowMs - deadSinceMs >= DEAD_CONNECTION_MS;
  }
}

/** The store as one process reaches it. */
export class SimulatedStore implements Store {
  private readonly server: StoreServer;
  private readonly process: SimProcess;
  private readonly endpoint: string | undefined;

  /** `endpoint`: the member of etcd that it is reached by; undefined: whichever works. */
  constructor(server: StoreServer, process: SimProcess, endpoint?: string) {
    this.server = server;
    this.process = process;
    this.endpoint = endpoint;
  }

  async get(key: string, options?: CallOptions): ReturnType<Store['get']> {
    const {revision, entries} = await this.read(
      () => nameOfRead([key]),
      options,
      (at) => [this.entry(key, at)],
    );
    return {revision, entry: entries[0]};
  }

  async getMany(keys: readonly string[], options?: CallOptions): ReturnType<Store['getMany']> {
    return this.read(
      () => nameOfRead(keys),
      options,
      (at) => keys.map((key) => this.entry(key, at)),
    );
  }

  async list(
    prefixes: readonly string[],
    options?: CallOptions & {atRevision?: number},
  ): Promise<{revision: number; entries: KeyValue[]}> {
    return this.read(
      () => nameOfList(prefixes),
      options,
      (at) => prefixes.flatMap((prefix) => this.server.kv.list(prefix, options?.atRevision ?? at)),
      () => prefixes.reduce((sum, prefix) => sum + this.server.kv.list(prefix).length, 0),
    );
  }

  async scan(
    prefixes: readonly string[],
    onPage: (entries: readonly KeyValue[]) => void,
    options?: CallOptions & {atRevision?: number},
  ): Promise<{revision: number}> {
    const {revision, entries} = await this.list(prefixes, options);
    onPage(entries);
    return {revision};
  }

  transact(transaction: Transaction, options?: CallOptions): Promise<TransactionOutcome> {
    const {server, process} = this;
    return new Promise((resolve) => {
      const unknown = (): void => resolve({kind: 'unknown', error: unavailable('no answer')});
      const timer = process.after(options?.timeoutMs ?? ATTEMPT_LIMIT_MS, unknown);
      const answered = (outcome: TransactionOutcome): void => {
        timer.cancel();
        resolve(outcome);
      };
      this.send(
        'write',
        () => nameOfTransaction(transaction),
        () => {
          if (server.weather.refusesWrites && transaction.then.some(({op}) => op === 'put'))
            return undefined;
          return server.perform(process, transaction);
        },
        (outcome) => (outcome === undefined ? unknown() : answered(outcome)),
        unknown,
      );
    });
  }

  watch(prefix: string, fromRevision: number, listener: WatchListener): Watch {
    const {server, process, endpoint} = this;
    const watcher: Watcher = {
      ...{process, endpoint, deadSinceMs: undefined},
      prefix,
      listener,
      next: fromRevision,
      telling: false,
      closed: false,
    };
    server.open(watcher);
    return {close: () => server.close(watcher)};
  }

  async status(): Promise<StoreStatus> {
    return {clusterId: this.server.clusterId, revision: this.server.kv.revision};
  }

  async compact(): Promise<void> {}

  async close(): Promise<void> {}

  private entry(key: string, atRevision: number | undefined): KeyValue | undefined {
    const {kv} = this.server;
    if (atRevision === undefined) return kv.get(key);
    return kv.list(key, atRevision).find((entry) => entry.key === key);
  }

  /** As the real client does: an attempt whose connection dies is made again while there is time. */
  private read<T>(
    what: () => string,
    options: CallOptions | undefined,
    look: (atRevision: number | undefined) => T,
    listed?: () => number,
  ): Promise<{revision: number; entries: T}> {
    const {server, process} = this;
    const {weather} = server;
    return new Promise((resolve, reject) => {
      let over = false;
      const end = process.after(options?.timeoutMs ?? ATTEMPT_LIMIT_MS, () => {
        over = true;
        reject(unavailable('no answer in time'));
      });
      const attempt = (): void => {
        if (over) return;
        const broken = process.after(weather.brokenAfterMs(process, what), attempt);
        this.send(
          'read',
          what,
          () => {
            const at = this.readAt(what, look);
            try {
              return {revision: at ?? server.kv.revision, entries: look(at)};
            } catch (error) {
              return error as SmError;
            }
          },
          (reply) => {
            over = true;
            end.cancel();
            broken.cancel();
            if (reply instanceof SmError) reject(reply);
            else resolve(reply);
          },
          () => {
            broken.cancel();
            process.after(READ_PAUSE_MS, attempt);
          },
          listed,
        );
      };
      attempt();
    });
  }

  /** The revision that a read sees; undefined: the newest. */
  private readAt(
    what: () => string,
    look: (at: number | undefined) => unknown,
  ): number | undefined {
    const {process, server} = this;
    const {weather, kv} = server;
    const steps = weather.staleSteps.get(process) ?? 0;
    if (weather.staleSteps.delete(process)) return changesBack(kv, steps, look);
    const behind = weather.readBehind(process, what, kv.revision);
    return behind === 0 ? undefined : Math.max(kv.oldest, kv.revision - behind);
  }

  /** One message there and one back; what the network makes of them is the weather's. */
  private send<T>(
    kind: 'write' | 'read',
    what: () => string,
    serve: () => T,
    answered: (reply: T) => void,
    failed: () => void,
    listed: () => number = () => 0,
  ): void {
    const {server, process} = this;
    const {world, weather} = server;
    const struck = world.boundaries?.call(process, kind, what);
    const fate = {...weather.storeFate(process, what), ...struck};
    const fault = weather.endpoints.get(this.endpoint ?? '');
    if (fate.refused || fault === 'refuses') {
      process.deliver(fate.thereMs, failed);
      return;
    }
    if (fate.lost || fault === 'swallows') return;
    const served = (): void => {
      const reply = serve();
      if (fate.answerLost || fault !== undefined) return;
      world.after(fate.backMs, () => {
        if (!weather.answersCut(process)) process.deliver(0, () => answered(reply));
      });
    };
    world.after(fate.thereMs, () => {
      if (!weather.requestsCut(process)) server.calls.inTurn(listed, served);
    });
  }
}

function concerns({op, key}: Operation, prefix: string): boolean {
  return op !== 'get' && key.startsWith(prefix);
}

function unavailable(message: string): SmError {
  return new SmError('STORE_UNAVAILABLE', message, {retryable: true});
}
