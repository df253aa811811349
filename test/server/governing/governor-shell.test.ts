/** A governor on the store in memory: which clock it waits by, what it believes, and when it stops. */
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import {FailureDetector} from '../../../src/ownership/failure-detector.ts';
import {plan} from '../../../src/planner/index.ts';
import {encodeIdHolder} from '../../../src/protocol/container-id.ts';
import {encodeRecord} from '../../../src/protocol/records.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import type {Clock} from '../../../src/runtime/clock.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';
import {GovernorRun} from '../../../src/server/governing/governor-run.ts';
import type {GovernorRunOptions} from '../../../src/server/governing/governor-run.ts';
import {PushCaller} from '../../../src/server/push/push-caller.ts';
import type {PushDependencies} from '../../../src/server/push/push-gateway.ts';
import {RESTART_MIN_MS, WELL_AFTER_MS} from '../../../src/server/governing/limits.ts';
import {HintSender} from '../../../src/server/governing/hint-sender.ts';
import {SmError} from '../../../src/model/errors.ts';
import {TransactionBatcher} from '../../../src/store/batcher.ts';
import {MemoryStore} from '../../support/memory-store.ts';
import type {Transaction, TransactionOutcome} from '../../../src/store/port.ts';
import {HoldingsCaller} from '../../../src/server/governing/holdings-audit.ts';
import {LONG_MS, until} from '../../support/until.ts';

const APP = 'app';
const TTL_MS = 3_000;
const keys = new Keys('/sm', 'sm');
const GOVERNS = keys.ownership('sm', APP);
const HB = keys.heartbeat(APP, 'i1');
const OWN = keys.ownership(APP, 's');

/** May lose answers, and may answer reads with the past. */
class FickleStore extends MemoryStore {
  /** Keys whose writes get no answer, though they are applied. */
  unanswered: readonly string[] = [];
  staleReads = 0;
  /** Attempts to write the shard's record. */
  writes = 0;
  /** Sessions of push containers are listed when this is done. */
  sessionsListed: Promise<void> | undefined;

  override async transact(transaction: Transaction): Promise<TransactionOutcome> {
    const puts = (key: string): boolean => transaction.then.some((one) => one.key === key);
    if (puts(OWN)) this.writes += 1;
    const outcome = await super.transact(transaction);
    if (!this.unanswered.some(puts)) return outcome;
    return {kind: 'unknown', error: new SmError('STORE_UNAVAILABLE', 'no answer')};
  }

  /** Reads of ownership records get no answer ... */
  isMute = false;
  /** ... and are noted: pauses so far at each. */
  readonly mutedReads: number[] = [];

  override async get(key: string): ReturnType<MemoryStore['get']> {
    this.refuse([key]);
    return this.isPast([key]) ? {revision: 1, entry: undefined} : super.get(key);
  }

  override async getMany(names: readonly string[]): ReturnType<MemoryStore['getMany']> {
    this.refuse(names);
    const past = {revision: 1, entries: names.map(() => undefined)};
    return this.isPast(names) ? past : super.getMany(names);
  }

  private isPast(names: readonly string[]): boolean {
    if (!names.includes(OWN) || this.staleReads === 0) return false;
    this.staleReads -= 1;
    return true;
  }

  private refuse(names: readonly string[]): void {
    if (!this.isMute || !names.some((name) => name.startsWith(keys.ownershipPrefix(APP)))) return;
    this.mutedReads.push(sleptMs);
    throw new SmError('STORE_UNAVAILABLE', 'no answer');
  }

  override async list(prefixes: readonly string[]): ReturnType<MemoryStore['list']> {
    if (prefixes.includes(keys.pushSessionPrefix(APP))) await this.sessionsListed;
    return super.list(prefixes);
  }

  async put(key: string, value: string): Promise<number> {
    await super.transact({compares: [], then: [{op: 'put', key, value}]});
    return this.kv.revision;
  }
}

function shardSpec(id: string): string {
  const shard = {id, service: APP, task: '', updateTime: 1};
  return encodeRecord({...shard, manualContainerId: '', group: '', workerGroup: ''});
}

let store: FickleStore;
let nowMs: number;
/** Pauses so far, one after the other. */
let sleptMs: number;
let wallMs: number;
let lostLeadership: number;
let isSick: boolean;
/** What a plan takes, ms, and the waits that the governor asked for. */
let planMs: number;
let waits: number[];
/** Begins a governor that has broken anew; where the test says so it alone calls it. */
let restart: (() => void) | undefined;
let restartsByHand: boolean;
let run: GovernorRun | undefined;
const hints = new HintSender({logger: silentLogger, allowLoopback: true});

/** Monotonic and wall time go on as the test says; pauses pass in a moment. */
function handClock(): Clock {
  const clock = systemClock();
  return {
    ...clock,
    nowMs: () => nowMs,
    wallMs: () => wallMs,
    after: (delayMs, callback) => {
      waits.push(delayMs);
      if (restartsByHand && delayMs === RESTART_MIN_MS) {
        restart = callback;
        return {cancel: () => (restart = undefined)};
      }
      // Nobody is well again within a test.
      return clock.after(delayMs === WELL_AFTER_MS ? delayMs : Math.min(delayMs, 5), callback);
    },
    sleep: (delayMs) => {
      sleptMs += delayMs;
      return clock.sleep(Math.min(delayMs, 5));
    },
  };
}

async function govern(
  silence?: FailureDetector,
  push?: PushDependencies,
  holdings?: HoldingsCaller,
): Promise<void> {
  const fencingKey = {
    key: GOVERNS,
    target: 'mod',
    value: store.kv.get(GOVERNS)?.mod ?? 0,
  } as const;
  const unused = (): Promise<never> => Promise.reject(new Error('there are no leases'));
  const options: GovernorRunOptions = {
    onAudited: () => undefined,
    ...{app: APP, governor: 'd1', keys, store, batcher: new TransactionBatcher(store), fencingKey},
    ...{epoch: 1, clock: handClock(), logger: silentLogger, hints, push, failureDetector: silence},
    holdings,
    takesOver: false,
    leases: {
      grant: unused,
      keepAliveOnce: unused,
      grantedSeconds: unused,
      revoke: unused,
      close: () => undefined,
    },
    plan: (snapshot) => {
      nowMs += planMs;
      if (!isSick) return plan(snapshot);
      isSick = false;
      throw new Error('an invariant does not hold');
    },
    onLostLeadership: () => (lostLeadership += 1),
    onProbeInterval: () => undefined,
  };
  run = new GovernorRun(options);
  run.start();
}

/** So many steps of time, with a write of our own committed after each. */
async function pass(steps: number, stepMs: number, wallStepMs: number): Promise<void> {
  for (let step = 0; step < steps; step += 1) {
    nowMs += stepMs;
    wallMs += wallStepMs;
    run?.shell?.probeCommitted();
    await systemClock().sleep(8);
  }
}

/** Time goes on until it is so. */
function passUntil(condition: () => boolean, what: string): Promise<unknown> {
  const stepped = async (): Promise<boolean> => {
    if (!condition()) await pass(1, 50, 50);
    return condition();
  };
  return until(stepped, LONG_MS, what);
}

function isThere(key: string): boolean {
  return store.kv.get(key) !== undefined;
}

beforeEach(async () => {
  store = new FickleStore();
  sleptMs = 0;
  [nowMs, wallMs, lostLeadership, isSick] = [1_000_000, 1_700_000_000_000, 0, false];
  [planMs, waits] = [0, []];
  [restart, restartsByHand] = [undefined, false];
  await store.put(GOVERNS, '{}');
  const spec = {service: APP, createTime: 1, maxShardCount: 0, maxRecoveryTime: 0};
  await store.put(keys.appSpec(APP), encodeRecord(spec));
  await store.put(keys.shardSpec(APP, 's'), shardSpec('s'));
  const heartbeat = {
    ...{v: 1, container: 'c1', ttlMs: TTL_MS, endpoint: '', host: '', pid: 1, bootId: '', zone: ''},
    ...{labels: {}, version: '', sdk: '', seq: 1, nonce: '', state: 'ready'},
  };
  await store.put(HB, encodeRecord(heartbeat));
  await store.put(keys.containerId(APP, 'c1'), encodeIdHolder('i1'));
});
afterEach(() => run?.stop());

describe('silence', () => {
  it('is counted by the monotonic clock: a wall clock that runs away evicts nobody', async () => {
    await govern();
    await until(() => isThere(keys.status(APP)), LONG_MS, 'it governs');
    await pass(20, 1, 500);
    expect(isThere(HB)).toBe(true);
    await pass(20, 500, 1);
    await until(() => !isThere(HB), LONG_MS, 'the silent container is evicted');
  });

  it('is counted anew by a governor that has broken: what it knew is not trusted', async () => {
    const warm = new FailureDetector();
    warm.observe('i1', store.kv.get(HB)?.mod ?? 0, TTL_MS, nowMs);
    for (let gone = 0; gone < 2_500; gone += 500) {
      warm.probeCommitted(nowMs);
      nowMs += 500;
    }
    warm.probeCommitted(nowMs);
    isSick = true;
    await govern(warm);
    await passUntil(() => run?.breaks === 1, 'it has broken');
    await passUntil(() => isThere(OWN) || !isThere(HB), 'it governs again');
    expect(isThere(HB)).toBe(true);
    await pass(4, 100, 100);
    expect(isThere(HB)).toBe(true);
  });
});

describe('a summary', () => {
  it('that somebody has damaged or deleted is written anew after the next listing, though nothing has changed', async () => {
    const key = keys.status(APP);
    await govern();
    const said = (): string => store.kv.get(key)?.value.toString() ?? '';
    await passUntil(
      () => said().includes('UNSERVED'),
      'its only container is gone: nothing more can come',
    );
    await store.put(key, 'damaged');
    await passUntil(() => said().includes('UNSERVED'), 'it is written anew');
    await store.transact({compares: [], then: [{op: 'delete', key}]});
    await passUntil(() => said().includes('UNSERVED'), 'it is written anew once more');
  });
});

describe('a container that cannot be asked which shards it runs', () => {
  it('is named in the summary', async () => {
    const caller = new HoldingsCaller({allowLoopback: true});
    // A shard that it does not claim would be the reason of another alarm.
    const key = keys.shardSpec(APP, 's');
    await store.transact({compares: [], then: [{op: 'delete', key}]});
    await govern(undefined, undefined, caller);
    const known = store.kv.get(HB)?.value.toString() ?? '';
    const heartbeat = known.replace('"endpoint":""', '"endpoint":"127.0.0.1:1"');
    const isNamed = async (): Promise<boolean> => {
      // It lives; nobody listens at its address.
      for (let beat = 0; beat < 20; beat += 1) {
        await store.put(HB, heartbeat);
        await pass(1, TTL_MS / 5, TTL_MS / 5);
      }
      return store.kv.get(keys.status(APP))?.value.includes('HOLDINGS_UNKNOWN') === true;
    };
    await until(isNamed, LONG_MS, 'it is named');
    run?.stop();
    await caller.close();
  });
});

describe('a governor that has broken', () => {
  it('says no more that nothing moves once it has begun anew', async () => {
    isSick = true;
    restartsByHand = true;
    await govern();
    const said = (): string => store.kv.get(keys.status(APP))?.value.toString() ?? '';
    await passUntil(
      () => said().includes('stopped itself 1 time, nothing moves meanwhile'),
      'it has stopped',
    );
    expect(isThere(OWN)).toBe(false);
    restart?.();
    await passUntil(() => isThere(OWN), 'it governs again');
    await passUntil(
      () => said().includes('stopped itself 1 time, and has begun anew'),
      'it says so',
    );
  });
});

describe('a governor whose turn was long', () => {
  it('leaves the event loop to others as long as the turn took, whatever news come meanwhile', async () => {
    planMs = 17;
    await govern();
    await passUntil(() => isThere(OWN), 'the shard is given');
    expect(waits).toContain(planMs);
  });
});

describe('a governor that does not know the sessions of push containers', () => {
  it('gives no shard away before it does: a container may run it by what it kept', async () => {
    const caller = new PushCaller({allowLoopback: true});
    let list = (): void => undefined;
    store.sessionsListed = new Promise((resolve) => (list = resolve));
    // Taken over already.
    await store.put(keys.governedBy(APP), 'sm');
    await govern(undefined, {caller, ttlMs: TTL_MS});
    // Far more than it takes to place the shard on the container that is there.
    await pass(40, 20, 20);
    expect(store.writes).toBe(0);
    list();
    await passUntil(() => isThere(OWN), 'the shard is given');
    run?.stop();
    await caller.close();
  });
});

describe('a write without an answer', () => {
  it('is not followed by another one on the word of a read that is older than what is known', async () => {
    store.unanswered = [OWN];
    store.staleReads = 3;
    await govern();
    const areGiven = (): boolean => store.staleReads === 0;
    await passUntil(() => areGiven() || store.writes > 1, 'all old answers are given');
    expect(store.writes).toBe(1);
  });

  it('of a thousand shards asks a store that answers no reads at most 200 times in a minute', async () => {
    const names = Array.from({length: 1_000}, (_, at) => `s${at}`);
    for (const name of names) await store.put(keys.shardSpec(APP, name), shardSpec(name));
    store.unanswered = names.map((name) => keys.ownership(APP, name));
    store.isMute = true;
    await govern();
    await passUntil(() => store.mutedReads.length > 0, 'it reads what it wrote');
    const endMs = (store.mutedReads[0] ?? 0) + 60_000;
    await until(() => sleptMs >= endMs, LONG_MS, 'a minute of pauses has passed');
    expect(store.mutedReads.filter((atMs) => atMs < endMs).length).toBeLessThanOrEqual(200);
  });
});

describe('a governor whose fencing key is lost', () => {
  it('stops at the first record it cannot write', async () => {
    // Nobody tells it by another write.
    store.unanswered = [keys.status(APP)];
    const seen = store.kv.get(GOVERNS)?.mod;
    await govern();
    await store.put(GOVERNS, '{"taken":true}');
    expect(store.kv.get(GOVERNS)?.mod).not.toBe(seen);
    // So long that it assigns the shard, and not so long that it would evict somebody.
    await pass(20, 50, 50);
    await until(() => lostLeadership === 1, LONG_MS, 'it knows');
    expect(isThere(OWN)).toBe(false);
  });
});
