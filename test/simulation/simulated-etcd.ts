/** etcd's gRPC clients as the real store sees them: the shapes of the wire around the simulated store. */
import type {EndpointClient} from '../../src/etcd/connection.ts';
import type {IDuplexWatchStream, WatchResponse, WireKeyValue} from '../../src/etcd/wire.ts';
import type {
  Compare,
  KeyValue,
  Operation,
  Transaction,
  Watch,
  WatchEvent,
} from '../../src/store/port.ts';
import type {SimProcess} from './process.ts';
import {SimulatedStore} from './simulated-store.ts';
import type {StoreServer} from './simulated-store.ts';

interface RangeRequest {
  readonly key: Buffer;
  readonly range_end?: Buffer;
  readonly revision?: string;
  readonly count_only?: boolean;
}

interface WireCompare {
  readonly key: Buffer;
  readonly result: 'Equal' | 'NotEqual';
  readonly target: 'Mod' | 'Create' | 'Value';
  readonly value?: Buffer;
  readonly mod_revision?: string;
  readonly create_revision?: string;
}

interface WireOperation {
  readonly request_put?: {readonly key: Buffer; readonly value: Buffer};
  readonly request_delete_range?: {readonly key: Buffer};
  readonly request_range?: {readonly key: Buffer};
}

interface TxnRequest {
  readonly compare: readonly WireCompare[];
  readonly success: readonly WireOperation[];
  readonly failure: readonly WireOperation[];
}

interface CallLimit {
  readonly deadline: number;
}

/** The clients of one process on one endpoint. */
export function simulatedEndpoint(
  server: StoreServer,
  process: SimProcess,
): (endpoint: string) => EndpointClient {
  return (endpoint) => {
    const store = new SimulatedStore(server, process, endpoint);
    const wire = new Wire(server, store);
    const clients = {
      endpoint,
      kv: {
        range: (request: RangeRequest, limit: CallLimit) => wire.range(request, limit),
        txn: (request: TxnRequest, limit: CallLimit) => wire.txn(request, limit),
        compact: () => Promise.resolve({}),
      },
      watch: {watch: () => Promise.resolve(new SimulatedWatchStream(server, process, store))},
      maintenance: {status: () => Promise.resolve({dbSize: '0'})},
      lease: {},
      close: () => undefined,
    };
    return clients as unknown as EndpointClient;
  };
}

class Wire {
  private readonly server: StoreServer;
  private readonly store: SimulatedStore;

  constructor(server: StoreServer, store: SimulatedStore) {
    this.server = server;
    this.store = store;
  }

  async range(request: RangeRequest, limit: CallLimit): Promise<object> {
    const key = text(request.key);
    const call = {timeoutMs: leftMs(limit)};
    if (request.range_end === undefined || request.count_only === true) {
      const {revision, entry} = await this.store.get(key, call);
      return this.ranged(revision, entry === undefined ? [] : [entry]);
    }
    const at = request.revision === undefined ? {} : {atRevision: Number(request.revision)};
    const {revision, entries} = await this.store.list([key], {...call, ...at});
    return this.ranged(revision, entries);
  }

  async txn({compare, success, failure}: TxnRequest, limit: CallLimit): Promise<object> {
    const call = {timeoutMs: leftMs(limit)};
    const isRead = [...success, ...failure].every((one) => one.request_range !== undefined);
    if (isRead && compare.length === 0) {
      const keys = success.map((one) => text(one.request_range?.key));
      const {revision, entries} = await this.store.getMany(keys, call);
      const responses = entries.map(found);
      return {header: this.header(revision), succeeded: true, responses};
    }
    const transaction: Transaction = {
      compares: compare.map(compareOf),
      then: success.map(operationOf),
      otherwise: failure.map(operationOf),
    };
    const outcome = await this.store.transact(transaction, call);
    if (outcome.kind === 'unknown') throw new Error(`14 UNAVAILABLE: ${outcome.error.message}`);
    return {
      header: this.header(outcome.revision),
      succeeded: outcome.kind === 'committed',
      responses: outcome.answers.map(found),
    };
  }

  private header(revision: number): object {
    return {cluster_id: this.server.clusterId, revision: String(revision)};
  }

  private ranged(revision: number, entries: readonly KeyValue[]): object {
    return {header: this.header(revision), kvs: entries.map(wireOf), more: false};
  }
}

type Listeners = Record<'data' | 'error' | 'end', ((said: never) => void)[]>;

/** One watch stream: what breaks it ends it; the real watch opens another one. */
class SimulatedWatchStream implements IDuplexWatchStream {
  private readonly server: StoreServer;
  private readonly process: SimProcess;
  private readonly store: SimulatedStore;
  private readonly listeners: Listeners = {data: [], error: [], end: []};
  private watch: Watch | undefined;
  private over = false;

  constructor(server: StoreServer, process: SimProcess, store: SimulatedStore) {
    this.server = server;
    this.process = process;
    this.store = store;
  }

  on(event: keyof Listeners, listener: (said: never) => void): this {
    this.listeners[event].push(listener);
    return this;
  }

  removeAllListeners(event: 'data'): this {
    this.listeners[event] = [];
    return this;
  }

  pause(): this {
    return this;
  }

  resume(): this {
    return this;
  }

  write(request: {create_request: {key: Buffer; start_revision: string}}): void {
    const {key, start_revision: from} = request.create_request;
    this.create(text(key), Number(from)).catch((error: unknown) => this.broken(String(error)));
  }

  end(): void {
    this.over = true;
    this.watch?.close();
  }

  /** A cancelled stream still emits an error. */
  cancel(): void {
    this.end();
    this.process.soon(() => this.emit('error', new Error('1 CANCELLED: Cancelled on client')));
  }

  private async create(prefix: string, from: number): Promise<void> {
    const {clusterId} = this.server;
    const {revision} = await this.store.get(prefix);
    if (this.over) return;
    this.emit('data', this.message(clusterId, revision, true, []));
    if (this.over) return;
    const {oldest} = this.server.kv;
    if (from < oldest) {
      this.emit('data', {
        ...this.message(clusterId, revision, false, []),
        ...{canceled: true, compact_revision: String(oldest)},
      });
      return;
    }
    this.watch = this.store.watch(prefix, from, {
      onBatch: (batch) =>
        this.emit('data', this.message(clusterId, batch.revision, false, batch.events)),
      onLost: (reason) => this.broken(reason),
    });
  }

  private message(
    clusterId: string,
    revision: number,
    created: boolean,
    events: readonly WatchEvent[],
  ): WatchResponse {
    return {
      header: {cluster_id: clusterId, revision: String(revision)},
      ...{watch_id: '0', created, canceled: false, compact_revision: '0'},
      events: events.map((event) =>
        event.type === 'put'
          ? {type: 'Put', kv: wireOf(event.entry)}
          : {type: 'Delete', kv: wireOf({...event, value: '', create: 0})},
      ),
    };
  }

  private broken(reason: string): void {
    if (this.over) return;
    this.end();
    this.emit('error', new Error(`14 UNAVAILABLE: ${reason}`));
  }

  private emit(event: keyof Listeners, said: unknown): void {
    for (const listener of [...this.listeners[event]]) listener(said as never);
  }
}

function text(key: Buffer | undefined): string {
  return key?.toString('utf8') ?? '';
}

function leftMs({deadline}: CallLimit): number {
  return Math.max(1, deadline - Date.now());
}

/** An entry never changes: every watch and every read of it gets the same message. */
const WIRED = new WeakMap<KeyValue, WireKeyValue>();

function wireOf(entry: KeyValue): WireKeyValue {
  let wired = WIRED.get(entry);
  if (wired === undefined) {
    const {key, value, mod, create} = entry;
    wired = {
      key: Buffer.from(key),
      value: Buffer.from(value),
      mod_revision: String(mod),
      create_revision: String(create),
    };
    WIRED.set(entry, wired);
  }
  return wired;
}

function found(entry: KeyValue | undefined): object {
  return {response_range: {kvs: entry === undefined ? [] : [wireOf(entry)]}};
}

function compareOf(compare: WireCompare): Compare {
  const key = text(compare.key);
  if (compare.target === 'Value')
    return {key, target: 'value', op: '=', value: text(compare.value)};
  const op = compare.result === 'Equal' ? '=' : '!=';
  return compare.target === 'Mod'
    ? {key, target: 'mod', op, value: Number(compare.mod_revision)}
    : {key, target: 'create', op, value: Number(compare.create_revision)};
}

function operationOf(one: WireOperation): Operation {
  const {request_put: put, request_delete_range: gone, request_range: read} = one;
  if (put !== undefined) return {op: 'put', key: text(put.key), value: text(put.value)};
  if (gone !== undefined) return {op: 'delete', key: text(gone.key)};
  return {op: 'get', key: text(read?.key)};
}
