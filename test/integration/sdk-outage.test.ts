import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import type {Shard} from '../../src/container/index.ts';
import {awakeClock} from '../support/awake-clock.ts';
import {LONG_MS, TTL_MS, shardIds, startCluster} from '../support/cluster.ts';
import type {Cluster} from '../support/cluster.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {pause, until} from '../support/until.ts';

const SHARDS = shardIds(6);
let etcd: EtcdProcess;
let cluster: Cluster;
let handles: Map<string, Shard>;

beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());
afterEach(async () => {
  etcd.resume();
  await cluster.stop();
});

/** Six shards on two containers. */
async function begin(ttlMs: number): Promise<void> {
  cluster = await startCluster({etcd});
  handles = new Map();
  await cluster.createApp('orders');
  await cluster.addShards('orders', SHARDS);
  const add = (shard: Shard): void => void handles.set(shard.id, shard);
  await cluster.join('orders', 'c1', {add}, {ttlMs});
  await cluster.join('orders', 'c2', {add}, {ttlMs});
  await cluster.settled('orders');
}

/** Drop has ended for the last handle of every shard. */
function allDropped(): boolean {
  return SHARDS.every((shard) => cluster.log.story(shard).at(-1)?.startsWith('dropped') === true);
}

/**
 * Each shard is owned by a handle that is not one of `old`. It is waited for: records stay ready while a container that was short of the
 * processor has no right to act, and it gets its shards back by handles of their own.
 */
async function allBackBy(old: ReadonlyMap<string, Shard>): Promise<void> {
  const isBack = (id: string): boolean => {
    const handle = handles.get(id);
    return handle !== undefined && handle !== old.get(id) && handle.owned;
  };
  await until(() => SHARDS.every(isBack), LONG_MS, 'all are back');
}

/** Ownership of every shard: container, incarnation, token. */
async function owners(): Promise<string[]> {
  return [...(await cluster.shards('orders')).values()].map(
    ({id, container, incarnation, token}) => `${id} ${container} ${incarnation} ${token}`,
  );
}

describe('etcd, for less than T', () => {
  // Long, so that a busy machine does not make the outage longer than T.
  beforeEach(() => begin(5 * TTL_MS));

  it('that stands still: no shard stops', async () => {
    const before = await owners();
    await etcd.pause();
    const pausedAtMs = performance.now();
    while (performance.now() - pausedAtMs < TTL_MS / 3) {
      for (const shard of handles.values()) shard.guard();
      await pause(10);
    }
    etcd.resume();
    await pause(TTL_MS / 2);
    await cluster.settled('orders');
    expect(await owners()).toEqual(before);
    expect(cluster.log.count('drop')).toBe(0);
    expect(cluster.log.count('add')).toBe(SHARDS.length);
  });

  it('that dies and is back at once: nothing is lost and nothing stops', async () => {
    const before = await owners();
    await etcd.kill('SIGKILL');
    await etcd.restart();
    await pause(TTL_MS / 2);
    await cluster.settled('orders');
    expect(await owners()).toEqual(before);
    expect(cluster.log.count('drop')).toBe(0);
    await cluster.addShards('orders', ['late']);
    await cluster.settled('orders');
    expect(cluster.log.ownerOf('late')).not.toBe('');
  });
});

describe('etcd stands still', () => {
  beforeEach(() => begin(TTL_MS));

  it('for longer than T: the right to act ends in time, and comes back with the same tokens', async () => {
    const before = await owners();
    await etcd.pause();
    const pausedAtMs = performance.now();
    let lastOwnedMs = 0;
    await until(
      () => {
        const atMs = performance.now();
        const owned = [...handles.values()].some((shard) => shard.owned);
        if (owned) lastOwnedMs = atMs;
        return !owned;
      },
      LONG_MS,
      'every guard throws',
    );
    // The last heartbeat that could commit was sent before the pause; nobody may evict its sender before T is over.
    expect(lastOwnedMs - pausedAtMs).toBeLessThan(TTL_MS);
    await until(allDropped, LONG_MS, 'all were dropped');
    expect(new Set(cluster.log.entries.map(({reason}) => reason))).toEqual(
      new Set([undefined, 'fenced']),
    );
    await pause(TTL_MS / 2);
    const old = new Map(handles);
    etcd.resume();
    await allBackBy(old);
    await cluster.settled('orders');
    expect(await owners()).toEqual(before);
    for (const shard of old.values()) expect(shard.owned).toBe(false);
  });

  it('for longer than T while drop hangs: add comes only after it', async () => {
    const release: (() => void)[] = [];
    await cluster.join('orders', 'c3', {
      drop: () => new Promise<void>((resolve) => release.push(resolve)),
    });
    const mine = 'slow';
    await cluster.admin.call('addShard', {
      service: 'orders',
      shardId: mine,
      manualContainerId: 'c3',
    });
    await until(() => cluster.log.ownerOf(mine) === 'c3', LONG_MS, 'c3 has its shard');
    await etcd.pause();
    await until(() => cluster.log.story(mine).includes('drop c3'), LONG_MS, 'drop was called');
    await until(() => cluster.log.ownerOf(mine) === '', LONG_MS, 'the right to act is over');
    etcd.resume();
    await until(
      () => cluster.admin.call('status', {}).catch(() => undefined),
      LONG_MS,
      'the daemon answers again',
    );
    await pause(TTL_MS / 2);
    expect(cluster.log.story(mine)).toEqual(['add c3', 'added c3', 'drop c3']);
    expect(cluster.log.ownerOf(mine)).toBe('');
    await until(
      () => {
        for (const go of release.splice(0)) go();
        return cluster.log.ownerOf(mine) === 'c3';
      },
      LONG_MS,
      'it is added again',
    );
    expect(cluster.log.story(mine).slice(0, 6)).toEqual([
      'add c3',
      'added c3',
      'drop c3',
      'dropped c3',
      'add c3',
      'added c3',
    ]);
  });
});

describe('told to go while etcd is away', () => {
  beforeEach(() => begin(TTL_MS));

  it('container and daemon are gone within 2 s after they are fenced', async () => {
    const late = await cluster.join('orders', 'c3', {});
    await late.ready;
    const leader = await cluster.leader();
    await etcd.pause();
    const clock = awakeClock();
    const startMs = clock.nowMs();
    const tookMs = async (work: Promise<unknown>): Promise<number> => {
      await work;
      return clock.nowMs() - startMs;
    };
    const [container, daemon] = await Promise.all([tookMs(late.leave()), tookMs(leader.stop())]);
    // A second of room for a machine that is busy.
    expect(container).toBeLessThan(TTL_MS + 3_000);
    expect(daemon).toBeLessThan(TTL_MS + 3_000);
    etcd.resume();
  });
});

describe('etcd dies', () => {
  beforeEach(() => begin(TTL_MS));

  it('and stays away longer than T: the same owners go on with the same tokens', async () => {
    const before = await owners();
    await etcd.kill('SIGKILL');
    await until(allDropped, LONG_MS, 'all were dropped');
    await until(
      () => SHARDS.every((shard) => cluster.log.ownerOf(shard) === ''),
      LONG_MS,
      'the right to act is over',
    );
    const old = new Map(handles);
    await etcd.restart();
    await allBackBy(old);
    await cluster.settled('orders');
    expect(await owners()).toEqual(before);
  });
});
