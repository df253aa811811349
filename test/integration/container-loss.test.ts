import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {silenceMs} from '../../src/model/container.ts';
import {LONG_MS, TTL_MS, shardIds, startCluster} from '../support/cluster.ts';
import type {Cluster} from '../support/cluster.ts';
import {effectFaults, startContainer} from '../support/container-process.ts';
import type {ContainerProcess} from '../support/container-process.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {pause, until} from '../support/until.ts';

const SHARDS = shardIds(6);
let etcd: EtcdProcess;
let cluster: Cluster;
let processes: ContainerProcess[];

beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());
beforeEach(async () => {
  processes = [];
  cluster = await startCluster({etcd});
  await cluster.createApp('orders');
});
afterEach(async () => {
  await Promise.all(processes.map((container) => container.end()));
  await cluster.stop();
  expect(effectFaults(processes)).toEqual([]);
});

async function start(id: string): Promise<ContainerProcess> {
  const container = await startContainer(await cluster.joinOptions('orders', id));
  processes.push(container);
  return container;
}

async function gone(incarnation: string): Promise<void> {
  const key = cluster.keys.heartbeat('orders', incarnation);
  const absent = async (): Promise<boolean> => (await cluster.store.get(key)).entry === undefined;
  await until(absent, LONG_MS, 'the heartbeat is deleted');
}

async function heartbeatOf(container: ContainerProcess) {
  const {incarnation = ''} = await container.reported('ready');
  return (await cluster.store.get(cluster.keys.heartbeat('orders', incarnation))).entry;
}

/** Governors take who came after the last beat of a silent container for its successor, and wait no recovery time then. */
async function beatsAfter(container: ContainerProcess, other: ContainerProcess): Promise<void> {
  const created = (await heartbeatOf(other))?.create ?? 0;
  const isLater = async (): Promise<boolean> =>
    ((await heartbeatOf(container))?.mod ?? 0) > created;
  await until(isLater, LONG_MS, 'a heartbeat after the other container has come');
}

/** Of this process. Timers run before what has come in meanwhile, as the loop goes on after its immediates. */
function standStill(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => {
      const endMs = performance.now() + durationMs;
      while (performance.now() < endMs);
      resolve();
    });
  });
}

describe('a container process is lost', () => {
  it('killed: its shards become ready elsewhere, the others are not disturbed', async () => {
    const [first] = await Promise.all([start('c1'), start('c2'), start('c3')]);
    await cluster.addShards('orders', SHARDS);
    await cluster.settled('orders');
    const before = await cluster.shards('orders');
    await first.end('SIGKILL');
    await gone((await first.reported('ready')).incarnation ?? '');
    await cluster.settled('orders');
    for (const [id, {container, token}] of await cluster.shards('orders')) {
      const old = before.get(id);
      expect(container).not.toBe('c1');
      if (old?.container === 'c1') expect(token > old.token).toBe(true);
      else expect({container, token}).toEqual({container: old?.container, token: old?.token});
    }
  });

  it('killed, with a recovery time: its shards wait for it and are its own again', async () => {
    await cluster.admin.call('updateSpec', {service: 'orders', maxRecoveryTime: 300});
    const [first, second] = await Promise.all([start('c1'), start('c2')]);
    await cluster.addShards('orders', SHARDS);
    await cluster.settled('orders');
    const before = await cluster.placement('orders');
    await beatsAfter(first, second);
    await first.end('SIGKILL');
    await pause(silenceMs(TTL_MS) + 500);
    expect(await cluster.placement('orders')).toEqual(before);
    const successor = await start('c1');
    await cluster.settled('orders');
    expect(await cluster.placement('orders')).toEqual(before);
    expect(successor.of('add')).toHaveLength(3);
  });

  it('stopped for longer than W: it is fenced, has no effect after it, and joins anew', async () => {
    const [first, second] = await Promise.all([start('c1'), start('c2')]);
    await cluster.addShards('orders', SHARDS);
    await cluster.settled('orders');
    const old = (await first.reported('ready')).incarnation ?? '';
    const lost = new Set(first.of('add').map(({shard}) => shard));
    first.signal('SIGSTOP');
    await gone(old);
    for (const shard of lost) await second.reported('add', (one) => one.shard === shard);
    await pause(100);
    first.signal('SIGCONT');
    for (const shard of lost) await first.reported('refused', (one) => one.shard === shard);
    for (const shard of lost) await first.reported('drop', (one) => one.shard === shard);
    await until(
      async () => {
        const {containers} = await cluster.admin.call('getContainers', {service: 'orders'});
        return containers.some(
          ({id, incarnation, state}) => id === 'c1' && incarnation !== old && state === 'ready',
        );
      },
      LONG_MS,
      'c1 is back under a new incarnation',
    );
    await cluster.settled('orders');
    expect(new Set((await cluster.placement('orders')).values())).toEqual(new Set(['c1', 'c2']));
  });

  it('asked to end: it moves everything away and the process ends by itself', async () => {
    const [first] = await Promise.all([start('c1'), start('c2')]);
    await cluster.addShards('orders', SHARDS);
    await cluster.settled('orders');
    const {incarnation = ''} = await first.reported('ready');
    const startedMs = performance.now();
    await expect(first.end('SIGTERM')).resolves.toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(LONG_MS);
    expect(first.of('ended')).toMatchObject([{code: ''}]);
    const {entry} = await cluster.store.get(cluster.keys.heartbeat('orders', incarnation));
    expect(entry).toBeUndefined();
    await cluster.settled('orders');
  });
});

describe('a daemon whose event loop stands still', () => {
  // A container that really beats late, as the machine is busy, is rightly suspect: then once more.
  it('takes no healthy container for suspect', {retry: 3}, async () => {
    await Promise.all([start('c1'), start('c2')]);
    await cluster.addShards('orders', SHARDS);
    await cluster.settled('orders');
    const {revision} = await cluster.store.get(cluster.keys.status('orders'));
    const before = await cluster.shards('orders');
    const states: string[] = [];
    const watch = cluster.store.watch(cluster.keys.status('orders'), revision + 1, {
      onBatch: ({events}) => {
        for (const event of events) if (event.type === 'put') states.push(event.entry.value);
      },
      onLost: (reason) => states.push(reason),
    });
    // The daemon runs in this process. Longer than 2T/5, and shorter than what it would fence itself for.
    for (let stalls = 0; stalls < 3; stalls += 1) {
      await standStill(0.6 * TTL_MS);
      await pause(TTL_MS / 5);
    }
    // What a look at containers would have found is written within a second.
    await pause(1_500);
    watch.close();
    expect(states.filter((text) => /suspect|silent|lost/.test(text))).toEqual([]);
    expect(await cluster.shards('orders')).toEqual(before);
  });
});

describe('a copy of a container', () => {
  it('that renews the same heartbeat: the original is fenced and ends', async () => {
    await cluster.addShards('orders', SHARDS);
    const original = await cluster.join('orders', 'c1');
    await cluster.settled('orders');
    const key = cluster.keys.heartbeat('orders', original.incarnation);
    const {entry} = await cluster.store.get(key);
    const value = {...(JSON.parse(entry?.value ?? '{}') as object), nonce: 'of-the-copy'};
    await cluster.store.transact({
      compares: [],
      then: [{op: 'put', key, value: JSON.stringify(value)}],
    });
    await expect(original.ended).rejects.toMatchObject({code: 'CLONED'});
    await expect(original.leave()).resolves.toEqual({clean: false});
    for (const shard of SHARDS) expect(cluster.log.ownerOf(shard)).toBe('');
    await until(() => cluster.log.count('dropped') === SHARDS.length, LONG_MS, 'all were dropped');
    await cluster.join('orders', 'c1');
    await until(
      () => SHARDS.every((shard) => cluster.log.ownerOf(shard) === 'c1'),
      LONG_MS,
      'back',
    );
  });
});
