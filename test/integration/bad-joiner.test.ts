/** A third process that cannot run shards joins two that can: at most one of twelve shards is not served because of it, at any instant. */
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import {LONG_MS, STEADY_TTL_MS, shardIds, withCluster} from '../support/cluster.ts';
import type {Cluster} from '../support/cluster.ts';
import {ContainerProcess, effectFaults, startContainer} from '../support/container-process.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {pause, until} from '../support/until.ts';

const APP = 'orders';
const SHARDS = shardIds(12);
const WATCHED_MS = 25_000;
const LOOK_MS = 25;
const RESTART_MS = 1_000;

let etcd: EtcdProcess;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

async function twoHealthy(cluster: Cluster): Promise<ContainerProcess[]> {
  await cluster.createApp(APP);
  const healthy = await Promise.all(
    ['c1', 'c2'].map(async (id) => {
      const options = await cluster.joinOptions(APP, id, {ttlMs: STEADY_TTL_MS});
      return startContainer(options);
    }),
  );
  await cluster.addShards(APP, SHARDS);
  await cluster.settled(APP);
  return healthy;
}

/** Most shards that are not ready at one look, until `isOver`. */
async function worstUntil(cluster: Cluster, isOver: () => boolean): Promise<number> {
  let worst = 0;
  while (!isOver()) {
    const {entries} = await cluster.store.list([cluster.keys.ownershipPrefix(APP)]);
    const ready = entries.filter(({value}) => (JSON.parse(value) as OwnershipRecord).ready);
    worst = Math.max(worst, SHARDS.length - ready.length);
    await pause(LOOK_MS);
  }
  return worst;
}

/** A slow machine needs longer than that until the alarm: resolves when both have come, so that what is watched never ends before it. */
async function watchedAndRefusing(cluster: Cluster): Promise<void> {
  await pause(WATCHED_MS);
  await until(
    async () => (await alarms(cluster)).some((one) => /^REFUSING/.test(one)),
    LONG_MS,
    'an alarm',
  );
}

async function alarms(cluster: Cluster): Promise<string[]> {
  const {app} = await cluster.admin.call('getApp', {service: APP});
  // Where the processor is short, heartbeats of a process come so unevenly that its clock seems to run fast.
  const others = app.alarms.filter(({code}) => code !== 'CLOCK_RATE');
  return others.map(({code, text}) => `${code}: ${text}`);
}

describe.concurrent('of twelve shards on two containers', () => {
  it('one at most is not served while a third whose add throws is there', () =>
    withCluster({etcd}, async (cluster) => {
      const processes = await twoHealthy(cluster);
      const bad = await startContainer(await cluster.joinOptions(APP, 'c3'), 'throws');
      let isOver = false;
      const watched = worstUntil(cluster, () => isOver);
      await pause(WATCHED_MS);
      expect(bad.of('add').length).toBeLessThanOrEqual(7);
      await until(() => bad.of('add').length >= 3, LONG_MS, 'it is tried again');
      isOver = true;
      expect(await watched).toBeLessThanOrEqual(1);
      const {containers} = await cluster.admin.call('getContainers', {service: APP});
      expect(containers.find(({id}) => id === 'c3')).toMatchObject({
        state: 'refusing',
        note: 'its last add: no disk',
      });
      expect(await alarms(cluster)).toEqual([
        expect.stringMatching(/^REFUSING: container c3 .*no disk/),
      ]);
      const shard = bad.of('add')[0]?.shard ?? '';
      const why = await cluster.admin.call('why', {service: APP, shardId: shard});
      expect(why.excluded).toContainEqual({
        container: 'c3',
        rule: 'it is refusing: its last add: no disk',
      });
      await bad.end();
      await Promise.all(processes.map((container) => container.end()));
      expect(effectFaults([...processes, bad])).toEqual([]);
    }));

  it('one at most is not served while a third exits in add and is started again each second', () =>
    withCluster({etcd}, async (cluster) => {
      const processes = await twoHealthy(cluster);
      let isOver = false;
      const refusing = watchedAndRefusing(cluster).finally(() => (isOver = true));
      const watched = worstUntil(cluster, () => isOver);
      const crashed: ContainerProcess[] = [];
      while (!isOver) {
        const next = new ContainerProcess(await cluster.joinOptions(APP, 'c3'), 'exits');
        crashed.push(next);
        await until(() => next.hasEnded || isOver, 2 * LONG_MS, 'it ends');
        await pause(RESTART_MS);
      }
      await refusing;
      expect(await watched).toBeLessThanOrEqual(1);
      expect(crashed.filter((one) => one.of('add').length > 0).length).toBeGreaterThanOrEqual(2);
      await Promise.all([...processes, ...crashed].map((container) => container.end()));
      expect(effectFaults(processes)).toEqual([]);
    }));
});
