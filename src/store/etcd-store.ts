/**
 * The store port on etcd. Reads move on to another endpoint within their time. Writes are sent once; only one that etcd has refused before it did anything is sent
 * again.
 */
import {statusKeyOf} from '../etcd/connection.ts';
import type {EndpointClient, EtcdOptions, StoreCall} from '../etcd/connection.ts';
import {localLogin} from '../etcd/local-login.ts';
import {EndpointClients} from '../etcd/endpoint-clients.ts';
import type {EtcdSecrets} from '../etcd/endpoint-clients.ts';
import {EndpointRotation} from '../etcd/endpoint-rotation.ts';
import {leaveSilent} from '../etcd/silent-endpoints.ts';
import {
  isLate,
  isRefusedUndone,
  isTransportFault,
  isUnconnected,
  translateError,
} from '../etcd/foreign-errors.ts';
import {PrefixWatch} from '../etcd/watch.ts';
import {PageBounds} from '../etcd/page-bounds.ts';
import type {AnsweredPage, PageRange} from '../etcd/page-bounds.ts';
import {rightToRead, rightToReadFrom, rightToWrite} from '../etcd/rights.ts';
import {safeRevision} from '../etcd/wire.ts';
import type {IDuplexWatchStream} from '../etcd/wire.ts';
import {backOff} from '../model/back-off.ts';
import {chunksOf} from '../model/chunks.ts';
import {SmError} from '../model/errors.ts';
import {answersOf, entriesOf, keysOf, toWire} from './etcd-transactions.ts';
import {usageOf} from './etcd-usage.ts';
import {ReadFaults} from './read-faults.ts';
import {storeClosed} from './port.ts';
import type {
  CallOptions,
  KeyValue,
  Store,
  StoreStatus,
  StoreUsage,
  Transaction,
  TransactionOutcome,
  Watch,
  WatchListener,
} from './port.ts';
import {PAGE_KEYS, PREFIXES_READ_AT_ONCE, TRY_PAUSE_MAX_MS, TRY_PAUSE_MIN_MS} from './limits.ts';
import {ATTEMPT_LIMIT_MS} from '../etcd/limits.ts';
import {pause} from '../runtime/pause.ts';

/** What a page of a listing was answered with. */
interface StorePage extends AnsweredPage {
  readonly revision: number;
  readonly entries: readonly KeyValue[];
}

interface Header {
  readonly cluster_id: string;
  readonly revision: string;
}

export class EtcdStore implements Store {
  private readonly clients: EndpointClients;
  private readonly limitMs: number;
  private readonly watches = new Set<PrefixWatch>();
  /** Newest revision that any answer or watch has named. */
  newestRevision = 0;
  private readonly rotation: EndpointRotation;
  private cluster: string | undefined;
  private closed = false;
  /** Asked after watches were lost; undefined: not now. */
  private asking: Promise<void> | undefined;
  private readonly onCall: EtcdOptions['onCall'];
  private readonly statusKey: Buffer;

  constructor(options: EtcdOptions) {
    if (options.endpoints.length === 0)
      throw new SmError('INVALID_INPUT', 'no etcd endpoint is given');
    this.clients = new EndpointClients(options);
    this.rotation = new EndpointRotation(options.endpoints.length);
    this.limitMs = options.timeoutMs ?? ATTEMPT_LIMIT_MS;
    this.onCall = options.onCall;
    this.statusKey = statusKeyOf(options);
  }

  /** Cluster that answered last; '' while none has. */
  get clusterId(): string {
    return this.cluster ?? '';
  }

  async get(
    key: string,
    options?: CallOptions,
  ): Promise<{revision: number; entry: KeyValue | undefined}> {
    const right = (): string => rightToRead([key]);
    const reply = await this.read(options, right, ({kv}, call) =>
      kv.range({key: Buffer.from(key)}, call),
    );
    return {revision: this.noted(reply.header), entry: entriesOf(reply)[0]};
  }

  async getMany(
    keys: readonly string[],
    options?: CallOptions,
  ): Promise<{revision: number; entries: (KeyValue | undefined)[]}> {
    const success = keys.map((key) => ({request_range: {key: Buffer.from(key)}}));
    const right = (): string => rightToRead(keys);
    const reply = await this.read(options, right, ({kv}, call) =>
      kv.txn({compare: [], success, failure: []}, call),
    );
    const entries = answersOf(reply);
    return {revision: this.noted(reply.header), entries};
  }

  async list(
    prefixes: readonly string[],
    options?: CallOptions & {atRevision?: number},
  ): Promise<{revision: number; entries: KeyValue[]}> {
    const entries: KeyValue[] = [];
    const take = (page: readonly KeyValue[]): void => {
      for (const entry of page) entries.push(entry);
    };
    const {revision} = await this.scan(prefixes, take, options);
    return {revision, entries};
  }

  async scan(
    prefixes: readonly string[],
    onPage: (entries: readonly KeyValue[]) => void,
    options?: CallOptions & {atRevision?: number},
  ): Promise<{revision: number}> {
    let revision = options?.atRevision;
    const bounds = prefixes.map((prefix) => new PageBounds(Buffer.from(prefix), PAGE_KEYS));
    const read = async (range: PageRange): Promise<StorePage> => {
      const page = await this.page(range, revision, options);
      revision ??= page.revision;
      return page;
    };
    // The first answer names the revision for all. The others are asked for together, so that a slow etcd is not waited for once for each prefix.
    const alone = revision === undefined ? 1 : 0;
    const others = chunksOf(bounds.slice(alone), PREFIXES_READ_AT_ONCE);
    for (const some of [bounds.slice(0, alone), ...others]) {
      const heads = await Promise.all(some.map(({first}) => read(first)));
      for (const [index, bound] of some.entries())
        for (let page = heads[index]; page !== undefined;) {
          onPage(page.entries);
          const next = bound.after(page);
          page = next && (await read(next));
        }
    }
    return {revision: revision ?? 0};
  }

  async transact(transaction: Transaction, options?: CallOptions): Promise<TransactionOutcome> {
    const limitMs = options?.timeoutMs ?? this.limitMs;
    const endMs = performance.now() + limitMs;
    for (let tries = 1; ; tries += 1) {
      const outcome = await this.transactOnce(transaction, endMs, limitMs);
      if (outcome.kind !== 'unknown' || !isRefusedUndone(outcome.error)) return outcome;
      if (!(await pausedBefore(endMs, tries))) return outcome;
    }
  }

  private async transactOnce(
    transaction: Transaction,
    endMs: number,
    limitMs: number,
  ): Promise<TransactionOutcome> {
    await this.leaveSilent('KV', endMs);
    if (this.closed) return {kind: 'unknown', error: storeClosed()};
    const client = this.client();
    const startedMs = performance.now();
    try {
      const deadline = Date.now() + endMs - startedMs;
      const reply = await client.kv.txn(toWire(transaction), {deadline});
      this.ended('write', startedMs);
      const revision = this.noted(reply.header);
      return {kind: reply.succeeded ? 'committed' : 'refused', revision, answers: answersOf(reply)};
    } catch (error) {
      const right = rightToWrite(keysOf(transaction));
      const fault = this.fault(client, error, right, endMs - startedMs >= limitMs / 2);
      this.ended('write', startedMs, fault.code);
      return {kind: 'unknown', error: fault};
    }
  }

  watch(prefix: string, fromRevision: number, listener: WatchListener): Watch {
    const watch: PrefixWatch = new PrefixWatch(
      {
        openStream: () => this.openStream(),
        clusterId: () => this.cluster,
        streamFailed: () => this.streamFailed(),
        revision: async () => (await this.status()).revision,
        seen: (revision) => (this.newestRevision = Math.max(this.newestRevision, revision)),
      },
      prefix,
      fromRevision,
      {
        onBatch: (batch) => listener.onBatch(batch),
        onLost: (reason) => {
          // It is over: kept until somebody closes it, it would keep what its listener has.
          this.watches.delete(watch);
          listener.onLost(reason);
        },
      },
    );
    this.watches.add(watch);
    return {
      close: () => {
        watch.close();
        this.watches.delete(watch);
      },
      reached: () => watch.reached(),
      advance: (revision) => watch.advance(revision),
    };
  }

  async status(options?: CallOptions): Promise<StoreStatus> {
    const right = (): string => rightToRead([this.statusKey.toString('utf8')]);
    const reply = await this.read(options, right, ({kv}, call) =>
      kv.range({key: this.statusKey, count_only: true}, call),
    );
    return {clusterId: reply.header.cluster_id, revision: this.noted(reply.header)};
  }

  async usage(): Promise<StoreUsage> {
    const client = this.client();
    try {
      return await usageOf(client, this.clients);
    } catch (error) {
      throw this.fault(client, error);
    }
  }

  async compact(revision: number): Promise<void> {
    const client = this.client();
    try {
      await client.kv.compact({revision: String(revision)}, {deadline: Date.now() + this.limitMs});
    } catch (error) {
      throw this.fault(client, error);
    }
  }

  /** Other certificates or another password, from the next call on. Calls under way end as they were begun; watches are taken up again. */
  renew(secrets: EtcdSecrets): void {
    this.clients.renew(secrets);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const watch of this.watches) watch.close();
    this.watches.clear();
    this.clients.close();
  }

  private async page(
    {from, to}: PageRange,
    revision: number | undefined,
    options: CallOptions | undefined,
  ): Promise<StorePage> {
    const at = revision === undefined ? {} : {revision: String(revision)};
    const right = (): string => rightToReadFrom(from.toString('utf8'));
    const reply = await this.read(options, right, ({kv}, call) =>
      kv.range({key: from, range_end: to, limit: PAGE_KEYS, ...at}, call),
    );
    const keys = reply.kvs.map(({key}) => key);
    return {
      entries: entriesOf(reply),
      revision: this.noted(reply.header),
      keys,
      isMore: reply.more,
    };
  }

  /** Repeats a read on the next endpoint until its time is up. `right`: what has to be allowed for it. */
  private async read<T>(
    options: CallOptions | undefined,
    right: () => string,
    call: (client: EndpointClient, options: {deadline: number}) => Promise<T>,
  ): Promise<T> {
    const limitMs = options?.timeoutMs ?? this.limitMs;
    const endMs = performance.now() + limitMs;
    const faults = new ReadFaults(limitMs);
    for (let tries = 1; ; tries += 1) {
      await this.leaveSilent('KV', endMs);
      const client = this.client();
      const startedMs = performance.now();
      try {
        // The client takes a time of day: made anew for each attempt, for a clock that is set back would stretch it.
        const reply = await call(client, {deadline: Date.now() + endMs - performance.now()});
        this.ended('read', startedMs);
        return reply;
      } catch (error) {
        const givenMs = endMs - startedMs;
        const fault = this.fault(client, error, right(), givenMs >= limitMs / 2);
        this.ended('read', startedMs, fault.code);
        // A connection that we have replaced meanwhile says nothing of etcd.
        faults.take(fault, this.clients.all.includes(client) ? givenMs : 0);
        if (!isTransportFault(fault) || this.closed) throw fault;
        if (!(await pausedBefore(endMs, tries))) throw faults.clearest ?? fault;
      }
    }
  }

  private ended(
    operation: StoreCall['operation'],
    startedMs: number,
    code: StoreCall['code'] = '',
  ) {
    this.onCall?.({operation, ms: performance.now() - startedMs, code});
  }

  private client(): EndpointClient {
    const client = this.clients.all[this.rotation.current];
    if (client === undefined || this.closed) throw storeClosed();
    return client;
  }

  private leaveSilent(service: 'KV' | 'Watch', endMs: number): Promise<void> {
    return leaveSilent(this.clients.all, this.rotation, service, endMs);
  }

  /**
   * Translates, and leaves an endpoint that does not work for the next one. `hadTime`: it had enough to answer. Where silent endpoints have taken the time of the call the
   * one that works is late without a fault of its own: if it were left, the next call would begin with the silent ones again.
   */
  private fault(client: EndpointClient, error: unknown, right = '', hadTime = true): SmError {
    const fault = translateError(error, right);
    const index = this.clients.all.indexOf(client);
    const isAtFault = isTransportFault(fault) && (hadTime || !isLate(fault));
    // One that was replaced says nothing of its endpoint.
    if (isAtFault && index >= 0) this.rotation.failed(index, isUnconnected(fault));
    return fault;
  }

  private async openStream(): Promise<IDuplexWatchStream> {
    await this.leaveSilent('Watch', performance.now() + this.limitMs);
    const client = this.client();
    try {
      return (await client.watch.watch()) as unknown as IDuplexWatchStream;
    } catch (error) {
      throw this.fault(client, error);
    }
  }

  /** All watches of an endpoint are lost together: one question is enough for them. */
  private streamFailed(): Promise<void> {
    this.asking ??= this.askAfterLoss().finally(() => (this.asking = undefined));
    return this.asking;
  }

  /** A read refreshes an expired login, which streams do not, and moves on from a dead endpoint. */
  private async askAfterLoss(): Promise<void> {
    const {all, options} = this.clients;
    const logsIn =
      options.username !== undefined || localLogin(all[0]?.endpoint ?? '') !== undefined;
    if (this.closed || (!logsIn && all.length === 1)) return;
    await this.status().catch(() => undefined);
  }

  /** Remembers the newest cluster met, not the first: after a loss a listing of the new one must satisfy the next watch. */
  private noted(header: Header): number {
    this.cluster = header.cluster_id;
    const revision = safeRevision(header.revision);
    this.newestRevision = Math.max(this.newestRevision, revision);
    return revision;
  }
}

/** After so many tries that failed, waits before the next one; false at once where the time would be up by then. */
async function pausedBefore(endMs: number, tries: number): Promise<boolean> {
  const pauseMs = backOff(tries, TRY_PAUSE_MIN_MS, TRY_PAUSE_MAX_MS, Math.random());
  if (performance.now() + pauseMs >= endMs) return false;
  await pause(pauseMs);
  return true;
}

/** Opens the store; connects lazily, so nothing fails here but an empty list of endpoints. */
export function openEtcdStore(options: EtcdOptions): EtcdStore {
  return new EtcdStore(options);
}
