import {AppViews} from '../../../src/appview/app-views.ts';
import {Keys} from '../../../src/etcd/keys.ts';
import type {Heartbeat} from '../../../src/model/container.ts';
import type {AppScope} from '../../../src/model/access.ts';
import {SmError} from '../../../src/model/errors.ts';
import {COMMITTING, unknownSince} from '../../../src/model/store-writes.ts';
import type {StoreWrites} from '../../../src/model/store-writes.ts';
import type {OwnershipRecord} from '../../../src/model/ownership.ts';
import type {PlacementSnapshot, Plan} from '../../../src/model/placement.ts';
import type {AppStatus} from '../../../src/model/status.ts';
import {adminRoutes} from '../../../src/protocol/admin.ts';
import type {AdminAnswer, AdminInput} from '../../../src/protocol/admin.ts';
import {encodeIdHolder} from '../../../src/protocol/container-id.ts';
import {encodeRecord} from '../../../src/protocol/records.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';
import {createAdminHandlers} from '../../../src/server/admin/handlers.ts';
import type {AdminDependencies} from '../../../src/server/admin/dependencies.ts';
import type {AnsweringOperation, Caller} from '../../../src/server/http/dependencies.ts';
import {MemoryStore} from '../../support/memory-store.ts';
import type {Store, Transaction, TransactionOutcome} from '../../../src/store/port.ts';

export const SERVICE = 'sm.test';
export const NOW_MS = Date.parse('2026-01-02T03:04:05Z');

/** Wants nothing: shards stay where they are. */
export function stillPlan(snapshot: PlacementSnapshot): Plan {
  return {
    target: new Int32Array(snapshot.shards.length).fill(-1),
    additions: new Int32Array(),
    moves: [],
    unplaced: [],
    stranded: [],
    trials: [],
  };
}

/** One by one what comes together. */
async function* each<T>(groups: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const group of groups) yield* group;
}

export class World {
  readonly memory = new MemoryStore();
  readonly keys = new Keys('/sm', SERVICE);
  readonly dependencies: AdminDependencies;
  readonly created: string[] = [];
  /** Who calls. */
  who = 'local';
  /** What it may see. */
  apps: AppScope = 'all';
  /** How the writes of the daemon fare. */
  writes: StoreWrites = COMMITTING;
  private readonly admin: ReturnType<typeof createAdminHandlers>;

  constructor(over: Partial<AdminDependencies> = {}) {
    const {store, keys} = {store: this.memory, keys: this.keys, ...over};
    this.dependencies = {
      store,
      keys,
      views: new AppViews({
        ...{store, keys, clock: systemClock(), logger: silentLogger},
        unknownSince: () => unknownSince(this.writes),
      }),
      service: SERVICE,
      version: '0.0.0',
      wallMs: () => NOW_MS,
      sleep: () => Promise.resolve(),
      writes: () => this.writes,
      oldRightsMs: () => 0,
      epoch: () => 1,
      plan: stillPlan,
      appCreated: async (app) => void this.created.push(app),
      ...over,
    };
    this.admin = createAdminHandlers(this.dependencies);
  }

  /** Calls an operation as the HTTP side does, and checks that the answer keeps to its schema. */
  async call<O extends AnsweringOperation>(
    operation: O,
    input: AdminInput<O>,
    signal = new AbortController().signal,
  ): Promise<AdminAnswer<O>> {
    const {request, answer} = adminRoutes[operation];
    const caller: Caller = {
      address: '127.0.0.1',
      requestId: 'r',
      who: this.who,
      apps: this.apps,
      signal,
    };
    const handler = this.admin[operation] as (given: unknown, by: Caller) => Promise<unknown>;
    const given = await handler(request.parse(input), caller);
    answer.parse(given);
    return given as AdminAnswer<O>;
  }

  stream(input: AdminInput<'movesStream'>, signal: AbortSignal) {
    const request = adminRoutes.movesStream.request.parse(input);
    const caller = {address: '', requestId: '', who: 'local', apps: this.apps, signal};
    return each(this.admin.movesStream(request, caller));
  }

  events(input: AdminInput<'eventsStream'>, signal: AbortSignal) {
    const request = adminRoutes.eventsStream.request.parse(input);
    const caller = {address: '', requestId: '', who: 'local', apps: this.apps, signal};
    return each(this.admin.eventsStream(request, caller));
  }

  live(input: AdminInput<'liveStream'>, lastEventId: string, signal: AbortSignal) {
    const request = adminRoutes.liveStream.request.parse(input);
    return this.admin.liveStream(request, lastEventId, {
      ...{address: '', requestId: '', who: 'local', apps: this.apps},
      signal,
    });
  }

  async put(key: string, value: string | object): Promise<number> {
    const text = typeof value === 'string' ? value : encodeRecord(value as never);
    const then = [{op: 'put', key, value: text}] as const;
    const outcome = await this.memory.transact({compares: [], then});
    if (outcome.kind !== 'committed') throw new Error('a put without conditions was not committed');
    return outcome.revision;
  }

  async delete(key: string): Promise<void> {
    await this.memory.transact({compares: [], then: [{op: 'delete', key}]});
  }

  async value(key: string): Promise<Record<string, unknown> | undefined> {
    const {entry} = await this.memory.get(key);
    return entry === undefined ? undefined : (JSON.parse(entry.value) as Record<string, unknown>);
  }

  /** A living container with its id; incarnation `<id>-1` unless given. */
  async join(app: string, container: string, over: Partial<Heartbeat> = {}): Promise<string> {
    const incarnation = `${container.replaceAll(/[^A-Za-z0-9]/g, '')}-1`;
    await this.put(this.keys.heartbeat(app, incarnation), heartbeat(container, over));
    await this.put(this.keys.containerId(app, container), encodeIdHolder(incarnation));
    return incarnation;
  }

  async own(app: string, shard: string, record: Partial<OwnershipRecord>): Promise<number> {
    return this.put(this.keys.ownership(app, shard), ownership(record));
  }

  async say(app: string, word: Partial<AppStatus>): Promise<void> {
    await this.put(this.keys.status(app), status(word));
  }
}

export function heartbeat(container: string, over: Partial<Heartbeat> = {}): Heartbeat {
  return {
    v: 1,
    container,
    seq: 1,
    nonce: 'n',
    ttlMs: 10_000,
    state: 'ready',
    endpoint: `${container}:1`,
    host: 'h',
    pid: 7,
    bootId: 'b',
    zone: 'z1',
    labels: {},
    version: '1',
    sdk: 'sm/0',
    ...over,
  };
}

export function ownership(over: Partial<OwnershipRecord>): OwnershipRecord {
  return {
    v: 1,
    state: 'owned',
    container: 'c1',
    incarnation: 'c1-1',
    token: '',
    ready: true,
    move: null,
    failures: 0,
    lastError: '',
    ...over,
  };
}

export function status(over: Partial<AppStatus>): AppStatus {
  return {
    v: 1,
    governor: 'daemon-1',
    at: '2026-01-02T03:04:05.000Z',
    containers: {},
    unplacedCount: 0,
    unplaced: [],
    failed: [],
    quarantined: [],
    alarms: [],
    settled: true,
    ...over,
  };
}

/** The store behind a wire that loses answers: `fate` says what becomes of the next transactions. */
export function withLostAnswers(inner: Store, fate: ('applied' | 'dropped' | 'answered')[]): Store {
  const lost = (): TransactionOutcome => ({
    kind: 'unknown',
    error: new SmError('STORE_UNAVAILABLE', 'no answer', {retryable: true}),
  });
  const transact = async (transaction: Transaction): Promise<TransactionOutcome> => {
    const next = fate.shift() ?? 'answered';
    if (next === 'dropped') return lost();
    const outcome = await inner.transact(transaction);
    return next === 'applied' ? lost() : outcome;
  };
  return new Proxy(inner, {
    get(target, name) {
      if (name === 'transact') return transact;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}
