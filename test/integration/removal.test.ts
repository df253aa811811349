import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {LONG_MS, shardIds, startCluster} from '../support/cluster.ts';
import type {Cluster} from '../support/cluster.ts';
import {startContainer} from '../support/container-process.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {until} from '../support/until.ts';

const SHARDS = shardIds(6);
let etcd: EtcdProcess;
let cluster: Cluster;

beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());
beforeEach(async () => {
  cluster = await startCluster({etcd, daemons: 2});
  await cluster.createApp('orders');
  // A neighbour whose name begins alike must keep every key.
  await cluster.createApp('orders-2');
  await cluster.addShards('orders-2', ['s0']);
});
afterEach(() => cluster.stop());

function remove(force: boolean): Promise<unknown> {
  return cluster.admin.call('delSpec', {service: 'orders', force});
}

async function untilGone(): Promise<void> {
  const query = {service: 'orders', kind: 'app', for: 'gone', timeoutMs: 5_000} as const;
  await until(
    async () => (await cluster.admin.call('waitCheck', query)).met,
    LONG_MS,
    'the app is gone',
  );
  // The governing daemon's own claim on the app is the last key; it goes by the transition table.
  let left: string[] = [];
  await until(
    async () => (left = await cluster.keysOf('orders')).length === 0,
    LONG_MS,
    () => `no key is left: ${left.join(' ')}`,
  );
}

describe('removal of an app', () => {
  it('is refused while it has shards, and while it has containers', async () => {
    await cluster.addShards('orders', ['s0']);
    await expect(remove(false)).rejects.toMatchObject({failure: {code: 'APP_IN_USE'}});
    await cluster.admin.call('delShard', {service: 'orders', shardId: 's0'});
    const container = await cluster.join('orders', 'c1');
    await expect(remove(false)).rejects.toMatchObject({failure: {code: 'APP_IN_USE'}});
    await container.leave();
    await expect(remove(false)).resolves.toMatchObject({result: 'deleted'});
    await untilGone();
  });

  it('forced: every shard is dropped, containers end, and not one key is left', async () => {
    await cluster.addShards('orders', SHARDS);
    const containers = [
      await cluster.join('orders', 'c1'),
      await cluster.join('orders', 'c2'),
      await cluster.joinOnly('orders', 'c2', {}),
    ];
    await cluster.settled('orders');
    await cluster.admin.call('cordon', {service: 'orders', container: 'c2', reason: 'test'});
    await cluster.admin.call('addWorker', {service: 'orders', workerGroup: 'g', worker: 'c1'});
    const ends = containers.map(({ended}) => ended.catch((error: {code: string}) => error.code));
    await expect(remove(true)).resolves.toMatchObject({result: 'deleted', changed: true});
    await expect(remove(true)).resolves.toMatchObject({result: 'unchanged'});
    expect(await Promise.all(ends)).toEqual(['deleted', 'deleted', 'deleted']);
    await untilGone();
    expect(cluster.log.count('dropped')).toBe(SHARDS.length);
    for (const shard of SHARDS) expect(cluster.log.ownerOf(shard)).toBe('');
    const neighbour = await cluster.admin.call('getApp', {service: 'orders-2'});
    expect(neighbour.app.shards.total).toBe(1);
  });

  it('waits for a drop, and lets nobody in meanwhile', async () => {
    await cluster.addShards('orders', ['s0']);
    let finish: () => void = () => undefined;
    await cluster.join('orders', 'c1', {
      drop: () => new Promise<void>((resolve) => (finish = resolve)),
    });
    await cluster.settled('orders');
    await remove(true);
    await until(() => cluster.log.count('drop') === 1, LONG_MS, 'drop runs');
    const again = cluster.admin.call('addSpec', {service: 'orders'});
    await expect(again).rejects.toMatchObject({failure: {code: 'APP_DELETING'}});
    const adding = cluster.admin.call('addShard', {service: 'orders', shardId: 's1'});
    await expect(adding).rejects.toMatchObject({failure: {code: 'APP_DELETING'}});
    await expect(cluster.join('orders', 'c2')).rejects.toMatchObject({code: 'APP_DELETING'});
    expect(cluster.log.ownerOf('s0')).toBe('c1');
    finish();
    await untilGone();
  });

  it('clears up after a container that was lost', async () => {
    await cluster.addShards('orders', SHARDS);
    const container = await cluster.join('orders', 'c1');
    await cluster.settled('orders');
    await container.abandon();
    await remove(true);
    await untilGone();
  });

  it('ends a container process by itself, and goes on when the governor is killed', async () => {
    const child = await startContainer(await cluster.joinOptions('orders', 'c1'));
    try {
      await cluster.addShards('orders', SHARDS);
      await cluster.settled('orders');
      const governor = await cluster.governorOf('orders');
      await remove(true);
      await governor.kill();
      const ended = await child.reported('ended');
      expect(ended.how).toBe('deleted');
      expect(await child.exitedWithin(LONG_MS)).toBe(0);
      await untilGone();
    } finally {
      await child.end();
    }
  });

  it('leaves the name free: the app can be created again and works', async () => {
    await cluster.addShards('orders', SHARDS);
    await cluster.join('orders', 'c1');
    await cluster.settled('orders');
    await remove(true);
    await untilGone();
    await cluster.createApp('orders');
    await cluster.addShards('orders', SHARDS);
    await cluster.join('orders', 'c1');
    await cluster.settled('orders');
    expect(cluster.log.count('added')).toBe(2 * SHARDS.length);
  });
});
