/** A governor that breaks: its app waits, everybody sees it, and nothing else is touched. */
import {afterEach, describe, expect, it} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import type {PlacementSnapshot, Plan} from '../../../src/model/placement.ts';
import type {AppStatus} from '../../../src/model/status.ts';
import {plan} from '../../../src/planner/index.ts';
import {decodeAppStatus, encodeRecord} from '../../../src/protocol/records.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import type {Clock} from '../../../src/runtime/clock.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';
import {Governors} from '../../../src/server/governing/governors.ts';
import {HintSender} from '../../../src/server/governing/hint-sender.ts';
import {PushCaller} from '../../../src/server/push/push-caller.ts';
import type {PushDependencies} from '../../../src/server/push/push-gateway.ts';
import {TransactionBatcher} from '../../../src/store/batcher.ts';
import {MemoryStore} from '../../support/memory-store.ts';
import type {Operation} from '../../../src/store/port.ts';
import {LONG_MS, until} from '../../support/until.ts';
import {UNREAD_LIMIT_MS, WELL_AFTER_MS} from '../../../src/server/governing/limits.ts';

const APPS = ['healthy', 'sick'];
/** Of one transaction with at most 100 writes. */
const SLOW_MS = 10;
/** 10 s of them. */
const OTHER_WRITES = 100_000;

class Bed {
  readonly keys = new Keys('/sm', 'sm');
  readonly store = new MemoryStore();
  /** One transaction under way at a time. */
  readonly batcher = new TransactionBatcher(this.store, {maxInFlight: 1});
  /** Pauses asked for that are long enough to be those between two attempts, or of being well. */
  readonly pauses: number[] = [];
  /** Pauses between two tries to take an app over. */
  readonly sleeps: number[] = [];
  readonly errors: object[] = [];
  sick = true;
  /** By how much its clock is ahead of ours. */
  aheadMs = 0;
  readonly governors: Governors;
  private readonly hints = new HintSender({logger: silentLogger, allowLoopback: true});

  constructor(push?: PushDependencies) {
    const logger = {...silentLogger, error: (fields: object) => void this.errors.push(fields)};
    const unused = (): Promise<never> => Promise.reject(new Error('there are no leases'));
    this.governors = new Governors({
      onAudited: () => undefined,
      ...{keys: this.keys, store: this.store, batcher: this.batcher},
      ...{clock: this.clock(), daemon: 'd1', epoch: () => 1, push, holdings: undefined},
      logger: {...logger, child: () => logger},
      ...{hints: this.hints, daemonHints: this.hints},
      leases: {
        grant: unused,
        keepAliveOnce: unused,
        grantedSeconds: unused,
        revoke: unused,
        close: () => undefined,
      },
      plan: (snapshot) => this.plan(snapshot),
      onProbeInterval: () => undefined,
    });
  }

  /** `also`: what stands in the store besides. */
  async govern(app: string, also: readonly Operation[] = []): Promise<void> {
    const key = this.keys.ownership('sm', app);
    const spec = {service: app, createTime: 1, maxShardCount: 0, maxRecoveryTime: 0};
    const shard = {id: `of ${app}`, service: app, task: '', updateTime: 1};
    const outcome = await this.store.transact({
      compares: [],
      then: [
        {op: 'put', key, value: '{}'},
        {op: 'put', key: this.keys.appSpec(app), value: encodeRecord(spec)},
        {op: 'put', key: this.keys.shardSpec(app, shard.id), value: encodeRecord(shard)},
        ...also,
      ],
    });
    if (outcome.kind !== 'committed') throw new Error('the fencing key could not be written');
    this.governors.start(app, {key, target: 'mod', value: outcome.revision});
  }

  async status(app: string): Promise<AppStatus | undefined> {
    const {entry} = await this.store.get(this.keys.status(app));
    const decoded = entry === undefined ? undefined : decodeAppStatus(entry.value);
    return decoded?.ok === true ? decoded.value : undefined;
  }

  async codes(app: string): Promise<string[] | undefined> {
    return (await this.status(app))?.alarms.map(({code}) => code);
  }

  async end(): Promise<void> {
    this.governors.stopAll();
    await this.hints.close();
  }

  private plan(snapshot: PlacementSnapshot): Plan {
    if (this.sick && snapshot.shards.some(({id}) => id === 'of sick'))
      throw new Error('a shard is planned twice');
    return plan(snapshot);
  }

  /** Pauses of a second and more pass in a moment; being well again waits until the test says so. */
  private clock(): Clock {
    const clock = systemClock();
    return {
      ...clock,
      nowMs: () => clock.nowMs() + this.aheadMs,
      sleep: (delayMs) => {
        this.sleeps.push(delayMs);
        return clock.sleep(Math.min(delayMs, 5));
      },
      after: (delayMs, callback) => {
        if (delayMs >= 1_000 && delayMs < 30_000) this.pauses.push(delayMs);
        if (delayMs !== WELL_AFTER_MS) return clock.after(Math.min(delayMs, 5), callback);
        this.becomeWell = callback;
        return {cancel: () => undefined};
      },
    };
  }

  becomeWell: () => void = () => undefined;
}

/** When each of these pauses began, which follow one another. */
function beginsOf(pauses: readonly number[]): number[] {
  let atMs = 0;
  return pauses.map((delayMs) => (atMs += delayMs) - delayMs);
}

describe('a governor whose invariant breaks', () => {
  let bed: Bed;
  afterEach(() => bed.end());

  it('raises an alarm, begins anew with growing pauses, and leaves the other apps alone', async () => {
    bed = new Bed();
    for (const app of APPS) await bed.govern(app);
    await until(() => bed.governors.breaks.ever >= 3, LONG_MS, 'three breaks');
    expect(await bed.codes('sick')).toEqual(['GOVERNOR_BROKEN']);
    expect((await bed.status('sick'))?.alarms[0]?.text).toContain('a shard is planned twice');
    expect(bed.governors.breaks.now).toBe(1);
    expect(bed.errors.length).toBeGreaterThanOrEqual(3);
    expect(bed.errors[0]).toMatchObject({app: 'sick', code: 'GOVERNOR_BROKEN', restartInMs: 1_000});
    expect(bed.errors[2]).toMatchObject({inARow: 3, restartInMs: 4_000});
    const healthy = await until(() => bed.status('healthy'), LONG_MS, 'the word of the other');
    expect(healthy.alarms).toEqual([]);
    expect(bed.governors.apps).toEqual(APPS);
  });

  it('governs again once the cause is gone, and the alarm ends when it has gone on for a while', async () => {
    bed = new Bed();
    await bed.govern('sick');
    await until(() => bed.governors.breaks.ever >= 1, LONG_MS, 'a break');
    bed.sick = false;
    const placed = async (): Promise<boolean> => (await bed.status('sick'))?.unplacedCount === 1;
    await until(placed, LONG_MS, 'a plan');
    expect(await bed.codes('sick')).toEqual(['GOVERNOR_BROKEN']);
    bed.becomeWell();
    await until(async () => (await bed.codes('sick'))?.length === 0, LONG_MS, 'no alarm');
    expect(bed.governors.breaks).toMatchObject({now: 0});
  });

  it('stays away once leadership is lost, and writes nothing any more', async () => {
    bed = new Bed();
    await bed.govern('sick');
    await until(() => bed.governors.breaks.ever >= 1, LONG_MS, 'a break');
    bed.governors.stop('sick');
    const {ever} = bed.governors.breaks;
    const key = bed.keys.ownership('sm', 'sick');
    const change = [{op: 'put', key, value: '{"by":"d2"}'}] as const;
    await bed.store.transact({compares: [], then: change});
    const {revision} = await bed.store.get(key);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await bed.store.get(key)).revision).toBe(revision);
    expect(bed.governors.breaks).toEqual({now: 0, ever});
    expect(bed.governors.apps).toEqual([]);
  });
});

describe('the figures of an app', () => {
  it('are not there before it was listed: that it has no shards, and nobody waits, is not known', async () => {
    const bed = new Bed();
    const scan = bed.store.scan.bind(bed.store);
    let answers = false;
    bed.store.scan = (...asked) =>
      answers ? scan(...asked) : Promise.reject(new Error('no answer in time'));
    await bed.govern('healthy');
    expect(bed.governors.figures(false).size).toBe(0);
    answers = true;
    const known = (): boolean => bed.governors.figures(false).get('healthy') !== undefined;
    await until(known, LONG_MS, 'a listing');
    const {shards} = bed.governors.figures(false).get('healthy') ?? {};
    expect(Object.values(shards ?? {}).reduce((sum, count) => sum + count, 0)).toBe(1);
    await bed.end();
  });
});

describe('an app that cannot be taken over', () => {
  it('is tried at most 40 times in a minute', async () => {
    const caller = new PushCaller({allowLoopback: true});
    const bed = new Bed({caller, ttlMs: 3_000});
    bed.store.getMany = () => Promise.reject(new Error('no answer'));
    await bed.govern('healthy');
    const begins = (): number[] => beginsOf(bed.sleeps);
    await until(() => (begins().at(-1) ?? 0) >= 60_000, LONG_MS, 'a minute of pauses has passed');
    expect(begins().filter((atMs) => atMs < 60_000).length).toBeLessThanOrEqual(40);
    expect(bed.governors.breaks.now).toBe(0);
    bed.aheadMs = UNREAD_LIMIT_MS;
    await until(() => bed.governors.breaks.now === 1, LONG_MS, 'it counts as broken');
    await bed.end();
    await caller.close();
  });
});

describe('the lane of writes', () => {
  it('is urgent for the governors of apps and for proxy heartbeats, and not for the shards of an app', async () => {
    const caller = new PushCaller({allowLoopback: true});
    const bed = new Bed({caller, ttlMs: 3_000});
    const urgent = new Map<string, boolean | undefined>();
    const lane = bed.batcher.lane.bind(bed.batcher);
    bed.batcher.lane = (name, options) => {
      urgent.set(name, options?.isUrgent);
      return lane(name, options);
    };
    for (const app of ['sm', 'healthy']) await bed.govern(app);
    expect(Object.fromEntries(urgent)).toEqual({
      sm: true,
      healthy: false,
      'healthy proxy heartbeats': true,
    });
    await bed.end();
    await caller.close();
  });
});

describe('a proxy heartbeat', () => {
  it('is written before the many other writes of the app that came before it', async () => {
    const caller = new PushCaller({allowLoopback: true});
    const bed = new Bed({caller, ttlMs: 3_000});
    const {transact} = bed.store;
    bed.store.transact = async (...call) => {
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      return transact.apply(bed.store, call);
    };
    let written = 0;
    const lane = bed.batcher.lane('healthy');
    for (let at = 0; at < OTHER_WRITES; at += 1) {
      const then = [{op: 'put', key: `/other/${at}`, value: ''}] as const;
      void lane.submit({compares: [], then}).then(() => (written += 1));
    }
    const beat = JSON.stringify({timestamp: 1, shards: []});
    await bed.govern('healthy', [
      {op: 'put', key: bed.keys.governedBy('healthy'), value: 'sm'},
      {op: 'put', key: bed.keys.pushSession('healthy', '127.0.0.1:9', 'ab'), value: beat},
    ]);
    const isKept = (): boolean => bed.store.kv.list(bed.keys.heartbeatPrefix('healthy')).length > 0;
    await until(isKept, LONG_MS, 'the proxy heartbeat is written');
    expect(written).toBeLessThan(OTHER_WRITES);
    await bed.end();
    await caller.close();
  });
});

describe('a governor that cannot read its app', () => {
  let bed: Bed;
  afterEach(() => bed.end());

  it('raises an alarm after a minute, which ends once it has read it', async () => {
    bed = new Bed();
    bed.sick = false;
    const scan = bed.store.scan.bind(bed.store);
    let failures = 0;
    bed.store.scan = () => {
      failures += 1;
      return Promise.reject(new Error('the page is too large'));
    };
    await bed.govern('sick');
    await until(() => failures >= 3, LONG_MS, 'failed listings');
    expect(await bed.codes('sick')).toBeUndefined();
    expect(bed.governors.breaks).toEqual({now: 0, ever: 0});
    bed.aheadMs = UNREAD_LIMIT_MS;
    const raised = await until(() => bed.status('sick'), LONG_MS, 'an alarm');
    expect(raised.alarms.map(({code}) => code)).toEqual(['GOVERNOR_BROKEN']);
    expect(raised.alarms[0]?.text).toContain('cannot read the app');
    expect(raised.alarms[0]?.text).toContain('the page is too large');
    expect(bed.governors.breaks).toEqual({now: 1, ever: 0});
    bed.store.scan = scan;
    const isOver = async (): Promise<boolean> => (await bed.codes('sick'))?.length === 0;
    await until(isOver, LONG_MS, 'a summary of its own');
    expect(bed.governors.breaks).toEqual({now: 0, ever: 0});
  });
});
