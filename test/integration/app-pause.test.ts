/** A paused app on a real daemon and real containers: nothing moves for balance, everything else goes on. */
import {afterAll, beforeAll, expect, it} from 'vitest';
import {LONG_MS, TTL_MS, shardIds, startCluster} from '../support/cluster.ts';
import type {Cluster} from '../support/cluster.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {pause, until} from '../support/until.ts';

const APP = 'held';
let etcd: EtcdProcess;
let cluster: Cluster;

beforeAll(async () => {
  etcd = await startEtcd();
  cluster = await startCluster({etcd});
});
afterAll(async () => {
  await cluster.stop();
  await etcd.stop();
});

async function owned(container: string): Promise<number> {
  return [...(await cluster.placement(APP)).values()].filter((owner) => owner === container).length;
}

it('makes no voluntary move, recovers what is lost, and balances once it is resumed', async () => {
  await cluster.createApp(APP);
  await cluster.addShards(APP, shardIds(6, APP));
  const first = await cluster.join(APP, 'c1');
  await cluster.settled(APP);
  await cluster.admin.call('updateSpec', {service: APP, paused: true, reason: 'load test'});
  await cluster.join(APP, 'c2');
  // The planner would move three, and says so.
  const plan = await until(
    async () => {
      const found = await cluster.admin.call('plan', {service: APP});
      return found.moveCount === 3 ? found : undefined;
    },
    LONG_MS,
    'the planner wants to move three shards',
  );
  expect(plan.heldCount).toBe(3);
  // Time enough for several rounds of planning.
  await pause(TTL_MS);
  expect([await owned('c1'), await owned('c2')]).toEqual([6, 0]);
  // A new shard has to run somewhere: no voluntary move either.
  await cluster.addShards(APP, [`${APP}-new`]);
  await until(async () => (await owned('c2')) === 1, LONG_MS, 'the new shard is placed on c2');
  // The first container dies: recovery is no voluntary move.
  await first.abandon();
  await until(async () => (await owned('c2')) === 7, LONG_MS, 'c2 takes over what was lost');
  await cluster.join(APP, 'c3');
  await pause(TTL_MS);
  expect(await owned('c3')).toBe(0);
  await cluster.admin.call('updateSpec', {service: APP, paused: false});
  await until(async () => (await owned('c3')) >= 3, LONG_MS, 'the resumed app balances');
  await cluster.settled(APP);
});
