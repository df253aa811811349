/** A paused app on a real daemon and real containers: nothing moves for balance, everything else goes on. */
import {expect, it} from 'vitest';
import {LONG_MS, TTL_MS, clusterOfFile, shardIds} from '../support/cluster.ts';
import {pause, until} from '../support/until.ts';

const APP = 'held';
const theCluster = clusterOfFile();

async function owned(container: string): Promise<number> {
  return [...(await theCluster().placement(APP)).values()].filter((owner) => owner === container)
    .length;
}

/** Waits until the planner would make so many moves, all of which are kept back. */
async function wanted(moves: number): Promise<void> {
  const plan = await until(
    async () => {
      const found = await theCluster().admin.call('plan', {service: APP});
      return found.moveCount === moves ? found : undefined;
    },
    LONG_MS,
    `the planner wants to move ${moves}`,
  );
  expect(plan.heldCount).toBe(moves);
}

it('makes no voluntary move, recovers what is lost, and balances once it is resumed', async () => {
  await theCluster().createApp(APP);
  await theCluster().addShards(APP, shardIds(6, APP));
  const first = await theCluster().join(APP, 'c1');
  await theCluster().settled(APP);
  await theCluster().admin.call('updateSpec', {service: APP, paused: true, reason: 'load test'});
  await theCluster().join(APP, 'c2');
  // Time enough for several rounds of planning.
  await pause(TTL_MS);
  expect([await owned('c1'), await owned('c2')]).toEqual([6, 0]);
  // A new shard has to run somewhere: no voluntary move either.
  await theCluster().addShards(APP, [`${APP}-new`]);
  await until(async () => (await owned('c2')) === 1, LONG_MS, 'the new shard is placed on c2');
  // That proves it: of seven shards two would move.
  await wanted(2);
  expect([await owned('c1'), await owned('c2')]).toEqual([6, 1]);
  // The first container dies: recovery is not a voluntary move.
  await first.abandon();
  await until(async () => (await owned('c2')) === 7, LONG_MS, 'c2 takes over what was lost');
  await theCluster().join(APP, 'c3');
  await pause(TTL_MS);
  expect(await owned('c3')).toBe(0);
  await theCluster().admin.call('updateSpec', {service: APP, paused: false});
  await until(async () => (await owned('c3')) >= 3, LONG_MS, 'the resumed app balances');
  await theCluster().settled(APP);
});
