/** What a container makes of the spec of its app and of the cluster record, as it finds them or is told of them. */
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {findApp} from '../../src/container/app-lookup.ts';
import {takeCluster} from '../../src/container/cluster-look.ts';
import {REWATCH_MIN_MS, SPEC_READ_INTERVAL_MS} from '../../src/container/limits.ts';
import type {Joining} from '../../src/container/options.ts';
import {RemovalWatch} from '../../src/container/removal-watch.ts';
import {CLUSTER_QUOTA_DEFAULT} from '../../src/model/quota.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import type {Clock, Timer} from '../../src/runtime/clock.ts';
import {MemoryStore} from '../support/memory-store.ts';
import {SessionBed} from '../ownership/session-bed.ts';
import {LONG_MS, pause, until} from '../support/until.ts';

const keys = new Keys('/sm', 'sm');
const KEY = keys.appSpec('app');
const SPEC = {service: 'app', createTime: 1, maxShardCount: 0, maxRecoveryTime: 0};
const SPEC_ENTRY = {key: KEY, value: encodeRecord(SPEC), create: 1, mod: 1};

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore();
});

/** Writes, or deletes where there is no value; the revision of it. */
async function write(key: string, value?: object): Promise<number> {
  const then = [
    value === undefined
      ? {op: 'delete' as const, key}
      : {op: 'put' as const, key, value: encodeRecord(value)},
  ];
  await store.transact({compares: [], then});
  return store.kv.revision;
}

let close = (): void => undefined;
afterEach(() => close());

/** What was said so far: for each time whether the spec was missing. */
function watch(stoodAt: number, clock = systemClock()): boolean[] {
  const said: boolean[] = [];
  const removed = (isMissing: boolean): unknown => said.push(isMissing);
  const removal = new RemovalWatch({store, key: KEY, clock, removed}, stoodAt);
  close = () => removal.close();
  return said;
}

/** A thousand times as fast. */
function fastClock(delays: number[] = []): Clock {
  const clock = systemClock();
  const after = (delayMs: number, callback: () => void): Timer => {
    delays.push(delayMs);
    return clock.after(delayMs / 1_000, callback);
  };
  return {...clock, after};
}

function silenceWatches(): void {
  vi.spyOn(store, 'watch').mockReturnValue({close: () => undefined});
}

describe('the app of a container', () => {
  it('that is being removed is told of, as it is when it is gone, and no other change is', async () => {
    const stoodAt = await write(KEY, SPEC);
    const said = watch(stoodAt);
    let seen = 0;
    // Reported right after the watch before it.
    const onBatch = (): number => (seen += 1);
    const beside = store.watch(KEY, stoodAt + 1, {onBatch, onLost: () => undefined});
    const reported: number[] = [];
    for (const over of [{paused: true}, {deleting: true}, undefined]) {
      await write(KEY, over && {...SPEC, ...over});
      await until(() => seen > reported.length, LONG_MS, 'the change is told of');
      reported.push(said.length);
    }
    beside.close();
    expect(reported).toEqual([0, 1, 2]);
  });

  it('that is gone at once is told of, too', async () => {
    const said = watch(await write(KEY, SPEC));
    await write(KEY);
    await until(() => said.length > 0, LONG_MS, 'the removal is told of');
  });

  it('that is not found once the watch was lost is said to be missing, and its return is watched', async () => {
    const stoodAt = await write(KEY, SPEC);
    let lose = (): void => undefined;
    const watching = vi.spyOn(store, 'watch').mockImplementation((key, revision, handlers) => {
      lose = () => handlers.onLost('lost');
      return MemoryStore.prototype.watch.call(store, key, revision, handlers);
    });
    const said = watch(stoodAt);
    vi.spyOn(store, 'get').mockResolvedValueOnce({revision: 1, entry: undefined});
    lose();
    await until(() => watching.mock.calls.length === 2, LONG_MS, 'it watches again');
    expect(said).toEqual([true]);
    await write(KEY, {...SPEC, deleting: true});
    await until(() => said.length > 1, LONG_MS, 'the removal is told of');
    expect(said.slice(0, 2)).toEqual([true, false]);
  });

  it('that was found after a lost watch is not missing because a later read shows the past', async () => {
    const stoodAt = await write(KEY, SPEC);
    let lose = (): void => undefined;
    vi.spyOn(store, 'watch').mockImplementation((_key, _revision, handlers) => {
      lose = () => handlers.onLost('lost');
      return {close: () => undefined};
    });
    const said = watch(stoodAt, fastClock());
    const get = vi.spyOn(store, 'get');
    get.mockResolvedValueOnce({revision: stoodAt, entry: {...SPEC_ENTRY, mod: stoodAt}});
    get.mockResolvedValue({revision: stoodAt - 1, entry: undefined});
    lose();
    await until(() => get.mock.calls.length > 4, LONG_MS, 'it reads again and again');
    expect(said).toEqual([]);
  });

  it('that is removed while its watch loses events is found by a read, 30 s +-20 % later', async () => {
    const delays: number[] = [];
    const stoodAt = await write(KEY, SPEC);
    silenceWatches();
    const said = watch(stoodAt, fastClock(delays));
    await until(() => delays.length > 3, LONG_MS, 'it reads again and again');
    expect(said).toEqual([]);
    await write(KEY, {...SPEC, deleting: true});
    await until(() => said.length > 0, LONG_MS, 'the removal is found');
    expect(said[0]).toBe(false);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0.8 * SPEC_READ_INTERVAL_MS);
    expect(Math.max(...delays)).toBeLessThanOrEqual(1.2 * SPEC_READ_INTERVAL_MS);
    await write(KEY);
    await until(() => said.at(-1) === true, LONG_MS, 'the missing spec is found');
  });

  it('is not missing because a read shows the time before it was created, or fails', async () => {
    const stoodAt = await write(KEY, SPEC);
    silenceWatches();
    const get = vi.spyOn(store, 'get').mockRejectedValueOnce(new Error('no answer'));
    get.mockResolvedValue({revision: stoodAt - 1, entry: undefined});
    const said = watch(stoodAt, fastClock());
    await until(() => get.mock.calls.length > 3, LONG_MS, 'it reads again and again');
    expect(said).toEqual([]);
    get.mockResolvedValue({revision: stoodAt, entry: undefined});
    await until(() => said.length > 0, LONG_MS, 'the missing spec is found');
    close();
    const reads = get.mock.calls.length;
    await pause(100);
    expect(get.mock.calls.length - reads).toBeLessThanOrEqual(1);
  });
});

describe('an app that is there', () => {
  it('is not joined while it is being removed, nor in a store that was restored', async () => {
    const joining = {app: 'app', service: 'sm', etcdPrefix: '/sm', waitForApp: false};
    const find = () => findApp(store, joining as Joining, systemClock());
    await write(KEY, SPEC);
    expect(await find()).toMatchObject({epoch: 1});
    await write(KEY, {...SPEC, deleting: true});
    await expect(find()).rejects.toMatchObject({code: 'APP_DELETING'});
    await write(KEY, SPEC);
    const cluster = {v: 1, epoch: 3, clusterId: 'one', maxRevision: 1};
    await write(keys.cluster(), cluster);
    expect(await find()).toMatchObject({epoch: 3, clusterId: 'one'});
    await write(keys.cluster(), {...cluster, restored: 'a snapshot'});
    await expect(find()).rejects.toMatchObject({code: 'STORE_RESTORED'});
  });

  it('is not joined while an import is not complete; who waits for the app waits for its end', async () => {
    const joining = {app: 'app', service: 'sm', etcdPrefix: '/sm', waitForApp: false} as Joining;
    await write(KEY, SPEC);
    const cluster = {v: 1, epoch: 3, clusterId: 'one', maxRevision: 1};
    await write(keys.cluster(), {...cluster, clusterId: '', maxRevision: 0, importing: true});
    const refused = findApp(store, joining, systemClock());
    await expect(refused).rejects.toMatchObject({code: 'CONFLICT', retryable: true});
    const delays: number[] = [];
    const waiting = findApp(
      store,
      {...joining, endpoints: [], waitForApp: true},
      fastClock(delays),
    );
    await until(() => delays.length > 2, LONG_MS, 'it waits');
    await write(keys.cluster(), cluster);
    expect(await waiting).toMatchObject({epoch: 3, clusterId: 'one'});
  });

  it('is not joined where the cluster record cannot be read: its tokens would be of a guessed epoch', async () => {
    const joining = {app: 'app', service: 'sm', etcdPrefix: '/sm', waitForApp: false};
    await write(KEY, SPEC);
    for (const cluster of [{v: 1}, {v: 2, epoch: 3, clusterId: 'one', maxRevision: 1}]) {
      await write(keys.cluster(), cluster);
      const found = findApp(store, joining as Joining, systemClock());
      await expect(found).rejects.toMatchObject({code: 'STORE_CORRUPT', retryable: false});
    }
  });
});

describe('the spec of an app', () => {
  it('is read at most 30 times in 10 minutes while no read is answered, and soon again after an answer', async () => {
    const delays: number[] = [];
    const stoodAt = await write(KEY, SPEC);
    let lose = (): void => undefined;
    vi.spyOn(store, 'watch').mockImplementation((_key, _revision, handlers) => {
      lose = () => handlers.onLost('lost');
      return {close: () => undefined};
    });
    const get = vi.spyOn(store, 'get');
    const waited = (): number => delays.slice(1).reduce((sum, delayMs) => sum + delayMs, 0);
    let reads = 0;
    get.mockImplementation(() => {
      if (waited() < 600_000) reads += 1;
      return Promise.reject(new Error('no answer'));
    });
    watch(stoodAt, fastClock(delays));
    lose();
    await until(() => waited() >= 600_000, LONG_MS, 'ten minutes have passed');
    expect(reads).toBeLessThanOrEqual(30);
    get.mockResolvedValue({revision: stoodAt, entry: {...SPEC_ENTRY, mod: stoodAt}});
    const before = get.mock.calls.length;
    await until(() => get.mock.calls.length > before + 1, LONG_MS, 'a read is answered');
    lose();
    expect(delays.at(-1)).toBeLessThanOrEqual(1.2 * REWATCH_MIN_MS);
  });
});

describe('a quota of containers', () => {
  const beats = {seq: 1, nonce: 'n', ttlMs: 10_000, state: 'ready'};
  const join = (name: string) =>
    write(keys.heartbeat('app', `${name}-1`), {v: 1, container: name, ...beats});
  const find = (id?: string) => {
    const joining = {app: 'app', id, service: 'sm', etcdPrefix: '/sm', waitForApp: true};
    return findApp(store, joining as Joining, systemClock());
  };

  it('that is used up refuses whoever joins, but who comes back under its id', async () => {
    await write(KEY, {...SPEC, quota: {containers: 2}});
    await join('c1');
    await find('c2');
    await join('c2');
    await expect(find('c3')).rejects.toMatchObject({
      code: 'QUOTA',
      message: 'app app has a quota of 2 containers, and has 2',
      hint: expect.stringContaining('sm app quota app --containers 4'),
    });
    await expect(find()).rejects.toMatchObject({code: 'QUOTA'});
    await find('c2');
  });

  it('of all apps together counts as the leader has counted', async () => {
    await write(KEY, SPEC);
    const quota = {...CLUSTER_QUOTA_DEFAULT, containers: 5};
    const none = {apps: 1, shards: 0, specBytes: 0, groups: 0, pushSessions: 0};
    await write(keys.usage(), {v: 1, quota, used: {...none, containers: 4}});
    await find('c1');
    await write(keys.usage(), {v: 1, quota, used: {...none, containers: 5}});
    await expect(find('c1')).rejects.toMatchObject({
      code: 'QUOTA',
      message: 'the cluster has a quota of 5 containers, and has 5',
    });
  });
});

describe('the cluster record', () => {
  it('that says the store was restored stops the container until a newer epoch is accepted', async () => {
    const {session} = new SessionBed().ready();
    const record = {v: 1, epoch: 1, clusterId: 'one', maxRevision: 1};
    for (const [fields, isHalted] of [
      [{}, false],
      [{restored: 'a snapshot'}, true],
      [{}, true],
      [{epoch: 2}, false],
    ] as const) {
      await write(keys.cluster(), {...record, ...fields});
      takeCluster(session, store.kv.get(keys.cluster()), 2_000);
      expect(session.isHalted).toBe(isHalted);
    }
  });
});
