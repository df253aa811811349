import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import type {AdminAnswer} from '../../src/admin/index.ts';
import {LONG_MS, STEADY_TTL_MS, TTL_MS, withCluster} from '../support/cluster.ts';
import type {Cluster, PartialHooks} from '../support/cluster.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {pause, until} from '../support/until.ts';

/** What a container does is read by the daemon a little later. */
const SEEN = {timeout: LONG_MS};
let etcd: EtcdProcess;

beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

/** A test on a cluster of its own with the app `orders`; the waits of several tests pass side by side. */
function scene(title: string, work: (cluster: Cluster) => Promise<void>): void {
  it(title, () =>
    withCluster({etcd}, async (cluster) => {
      await cluster.createApp('orders');
      await work(cluster);
    }),
  );
}

const never = (): Promise<void> => new Promise(() => undefined);

function failing(times: number, message: string): () => void {
  let left = times;
  return () => {
    left -= 1;
    if (left >= 0) throw new Error(message);
  };
}

async function containerView(
  cluster: Cluster,
  id: string,
): Promise<AdminAnswer<'getContainers'>['containers'][number] | undefined> {
  const {containers} = await cluster.admin.call('getContainers', {service: 'orders'});
  return containers.find((container) => container.id === id);
}

async function alarms(cluster: Cluster): Promise<string[]> {
  const {app} = await cluster.admin.call('getApp', {service: 'orders'});
  return app.alarms.map(({code, text}) => `${code}: ${text}`);
}

/** Container c1 with these hooks, and its shard s0 ready there. */
async function ownedByFirst(
  cluster: Cluster,
  hooks: PartialHooks,
  dropTimeoutMs = 30_000,
): Promise<void> {
  await cluster.join('orders', 'c1', hooks, {dropTimeoutMs});
  await cluster.addShards('orders', ['s0']);
  await cluster.settled('orders');
}

describe.concurrent('an eviction', () => {
  scene('ends a container whose drop hangs, in time and with the reason', async (cluster) => {
    const container = await cluster.join('orders', 'c1', {drop: never}, {dropTimeoutMs: 1_000});
    await cluster.addShards('orders', ['s0']);
    await cluster.settled('orders');
    const ended = expect(container.ended).rejects.toMatchObject({
      code: 'EVICTED',
      message: 'container c1 was evicted by an operator; still running here: drop of s0',
    });
    await cluster.admin.call('evict', {service: 'orders', container: 'c1'});
    await ended;
  });
});

describe.concurrent('add', () => {
  scene('that throws once is tried next on the other container', async (cluster) => {
    const tried: string[] = [];
    const hooksOf = (id: string): PartialHooks => ({
      add: () => {
        tried.push(id);
        if (tried.length === 1) throw new Error('no disk');
      },
    });
    await cluster.join('orders', 'c1', hooksOf('c1'), {ttlMs: STEADY_TTL_MS});
    await cluster.join('orders', 'c2', hooksOf('c2'), {ttlMs: STEADY_TTL_MS});
    await cluster.addShards('orders', ['s0']);
    await until(() => cluster.log.count('added') === 1, LONG_MS, 'it is added');
    await cluster.settled('orders');
    const [first = '', second = ''] = tried;
    expect(new Set(tried)).toEqual(new Set(['c1', 'c2']));
    const story = ['add', 'drop', 'dropped'].map((event) => `${event} ${first}`);
    expect(cluster.log.story('s0')).toEqual([...story, `add ${second}`, `added ${second}`]);
    const row = (await cluster.shards('orders')).get('s0');
    expect(row).toMatchObject({state: 'ready', container: second, failures: 0, lastError: ''});
  });

  scene('that throws again and again: tried ever more rarely, then shown as failed', async (c) => {
    await c.join('orders', 'c1', {add: failing(100, 'no disk')});
    await c.addShards('orders', ['s0']);
    const failed = await until(
      async () => {
        const row = (await c.shards('orders')).get('s0');
        return row?.state === 'failed' ? row : undefined;
      },
      2 * LONG_MS,
      'the shard is shown as failed',
    );
    expect(failed).toMatchObject({lastError: 'no disk', container: ''});
    expect(failed.failures).toBeGreaterThanOrEqual(5);
    const tries = c.log.entries.filter(({event}) => event === 'add');
    const gaps = tries.slice(1).map(({atMs}, index) => atMs - (tries[index]?.atMs ?? 0));
    for (const [index, gapMs] of gaps.entries()) expect(gapMs).toBeGreaterThan(900 * 2 ** index);
    expect(await containerView(c, 'c1')).toMatchObject({state: 'ready'});
  });

  scene('that hangs is stuck and said so, while the rest goes on', async (cluster) => {
    const hooks: PartialHooks = {add: (shard) => (shard.id === 'bad' ? never() : undefined)};
    await cluster.join('orders', 'c1', hooks, {addTimeoutMs: 200});
    await cluster.addShards('orders', ['bad', 'good']);
    await until(() => cluster.log.ownerOf('good') === 'c1', LONG_MS, 'the other shard is added');
    await until(
      async () => (await alarms(cluster)).some((text) => /^STUCK: add of bad on c1/.test(text)),
      LONG_MS,
      'an alarm is raised',
    );
    await until(
      async () => {
        const view = await containerView(cluster, 'c1');
        return view?.state === 'ready' && view.note.includes('add of bad is overdue');
      },
      LONG_MS,
      'the container is ready, and its note says what is overdue',
    );
    await pause(TTL_MS + 500);
    expect(cluster.log.ownerOf('good')).toBe('c1');
    expect((await cluster.shards('orders')).get('bad')).toMatchObject({
      state: 'owned',
      container: 'c1',
    });
    expect(cluster.log.count('drop')).toBe(0);
  });

  scene('that hangs and then ends: the alarm is lifted', async (cluster) => {
    let finish: () => void = () => undefined;
    // One end for all calls: a container that had no processor for T joins again, and adds again.
    const end = new Promise<void>((resolve) => (finish = resolve));
    const hooks = {add: () => end};
    await cluster.join('orders', 'c1', hooks, {addTimeoutMs: 200});
    await cluster.addShards('orders', ['s0']);
    await until(async () => (await alarms(cluster)).length > 0, LONG_MS, 'an alarm is raised');
    finish();
    await until(async () => (await alarms(cluster)).length === 0, LONG_MS, 'the alarm is lifted');
    await cluster.settled('orders');
  });

  scene('is told by its signal when the shard is removed meanwhile', async (cluster) => {
    await cluster.join('orders', 'c1', {
      add: (shard) =>
        new Promise<void>((resolve) => {
          shard.signal.addEventListener('abort', () => resolve());
        }),
    });
    await cluster.addShards('orders', ['s0']);
    await until(() => cluster.log.count('add') === 1, LONG_MS, 'add runs');
    await cluster.admin.call('delShard', {service: 'orders', shardId: 's0'});
    await until(async () => (await cluster.shards('orders')).size === 0, LONG_MS, 'it is gone');
    expect(cluster.log.story('s0')).toEqual(['add c1', 'added c1', 'drop c1', 'dropped c1']);
  });
});

describe.concurrent('drop', () => {
  scene('that throws is tried again, and frees nothing before it resolves', async (cluster) => {
    const fail = failing(2, 'still busy');
    let letGo = (): void => undefined;
    const gone = new Promise<void>((resolve) => (letGo = resolve));
    const drop = (): Promise<void> => {
      fail();
      return gone;
    };
    await ownedByFirst(cluster, {drop});
    await cluster.join('orders', 'c2');
    await cluster.admin.call('drain', {service: 'orders', container: 'c1'});
    await until(() => cluster.log.count('drop') === 3, LONG_MS, 'drop is called a third time');
    await vi.waitFor(async () => {
      const row = (await cluster.shards('orders')).get('s0');
      expect(row).toMatchObject({state: 'dropping', container: 'c1'});
    }, SEEN);
    letGo();
    await cluster.settled('orders');
    expect(cluster.log.story('s0')).toEqual([
      'add c1',
      'added c1',
      'drop c1',
      'drop c1',
      'drop c1',
      'dropped c1',
      'add c2',
      'added c2',
    ]);
  });

  scene(
    'that hangs keeps the shard, raises an alarm, and never stops the heart',
    async (cluster) => {
      await ownedByFirst(cluster, {drop: never}, 200);
      await cluster.join('orders', 'c2');
      await cluster.admin.call('drain', {service: 'orders', container: 'c1'});
      await until(
        async () => (await alarms(cluster)).some((text) => /^STUCK: drop of s0 on c1/.test(text)),
        LONG_MS,
        'an alarm is raised',
      );
      await pause(TTL_MS + 500);
      expect(await containerView(cluster, 'c1')).toMatchObject({
        state: 'draining',
        shards: {total: 1, dropping: 1},
      });
      expect(cluster.log.ownerOf('s0')).toBe('c1');
      expect(cluster.log.story('s0')).toEqual(['add c1', 'added c1', 'drop c1']);
    },
  );
});

describe.concurrent('a drain', () => {
  scene(
    'takes as many shards out of service as the app says, and shows how far it is',
    async (cluster) => {
      await cluster.admin.call('updateSpec', {service: 'orders', maxMoving: 2, paused: true});
      const going: (() => void)[] = [];
      const drop = (): Promise<void> => new Promise((resolve) => going.push(resolve));
      await cluster.join('orders', 'c1', {drop});
      await cluster.addShards('orders', ['s0', 's1', 's2', 's3', 's4']);
      const ready = {service: 'orders', kind: 'app', for: 'ready', timeoutMs: 20_000} as const;
      await until(async () => (await cluster.admin.call('waitCheck', ready)).met, LONG_MS, 'ready');
      await cluster.join('orders', 'c2');
      // A container that has run no shard yet would get one on trial first.
      await cluster.addShards('orders', ['proof']);
      await until(
        async () => (await cluster.shards('orders')).get('proof')?.state === 'ready',
        LONG_MS,
        'c2 is proved',
      );
      await cluster.admin.call('drain', {service: 'orders', container: 'c1'});
      for (const left of [5, 3, 1]) {
        const most = Math.min(2, left);
        await until(() => going.length === most, LONG_MS, `${most} of ${left} are let go of`);
        const shown = {
          state: 'draining',
          shards: {total: left, dropping: most},
          order: {shards: 5},
        };
        const drained = {service: 'orders', kind: 'container', id: 'c1', for: 'drained'} as const;
        const waits = expect.stringContaining('maxMoving (2 of 2)') as string;
        const moving = Array.from({length: most}, () => 'dropping');
        const waiting = Array.from({length: left - most}, () => waits);
        // A container begins to drop before the daemon has read that.
        await vi.waitFor(async () => {
          const {missing} = await cluster.admin.call('waitCheck', {...drained, timeoutMs: 0});
          expect(missing.map(({reason}) => reason)).toEqual([...moving, ...waiting]);
          expect(await containerView(cluster, 'c1')).toMatchObject(shown);
        }, SEEN);
        for (const letGo of going.splice(0)) letGo();
      }
      await until(
        async () => [...(await cluster.placement('orders')).values()].every((at) => at === 'c2'),
        LONG_MS,
        'all are on c2',
      );
    },
  );
});
