import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {LONG_MS, STEADY_TTL_MS, withCluster} from '../support/cluster.ts';
import type {Cluster} from '../support/cluster.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {until} from '../support/until.ts';

const service = 'orders';
let etcd: EtcdProcess;

beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

/** A restart takes less, with the machine busy: moves for balance would begin between two. */
const RESTART_S = 30;

const names = (count: number): string[] => Array.from({length: count}, (_, at) => `s${at}`);

async function counts(cluster: Cluster): Promise<Record<string, number>> {
  const {containers} = await cluster.admin.call('getContainers', {service});
  return Object.fromEntries(containers.map(({id, shards}) => [id, shards.ready]));
}

/** Until each container has so many shards ready. */
function holding(cluster: Cluster, wanted: Record<string, number>): Promise<unknown> {
  const isMet = async (): Promise<boolean> =>
    JSON.stringify(Object.entries(await counts(cluster)).sort()) ===
    JSON.stringify(Object.entries(wanted).sort());
  return until(async () => (await isMet()) || undefined, LONG_MS, JSON.stringify(wanted));
}

describe.concurrent('placement', () => {
  it('follows weights as registered, and as operators say instead', () =>
    withCluster({etcd}, async (cluster) => {
      await cluster.admin.call('addSpec', {service, placement: {quietTime: 0}});
      await cluster.join(service, 'c1');
      await cluster.join(service, 'c2', {}, {weight: 2});
      await cluster.addShards(service, names(30));
      await holding(cluster, {c1: 10, c2: 20});
      await cluster.admin.call('setContainer', {service, container: 'c2', weight: 1});
      await holding(cluster, {c1: 15, c2: 15});
      await cluster.admin.call('setContainer', {service, container: 'c2', capacity: 12});
      await holding(cluster, {c1: 18, c2: 12});
    }));

  it('moves each shard about once in a rolling restart with a quiet time', () =>
    withCluster({etcd}, async (cluster) => {
      const [ids, shards] = [['c1', 'c2', 'c3', 'c4'], 40];
      await cluster.admin.call('addSpec', {service, placement: {quietTime: RESTART_S}});
      let adds = 0;
      const hooks = {add: () => void (adds += 1)};
      const joined = new Map<string, Awaited<ReturnType<Cluster['join']>>>();
      for (const id of ids)
        joined.set(id, await cluster.join(service, id, hooks, {ttlMs: STEADY_TTL_MS}));
      await cluster.addShards(service, names(shards));
      const even = Object.fromEntries(ids.map((id) => [id, shards / ids.length]));
      await holding(cluster, even);
      adds = 0;
      for (const id of ids) {
        await joined.get(id)?.leave();
        await cluster.join(service, id, hooks, {ttlMs: STEADY_TTL_MS});
        await until(
          async () => (await cluster.admin.call('getApp', {service})).app.quiet?.why,
          LONG_MS,
          'the app says that it is in its quiet time',
        );
        // It proves itself with one shard before the next one leaves.
        await until(
          async () => ((await counts(cluster))[id] ?? 0) > 0 || undefined,
          LONG_MS,
          `${id} has its first shard`,
        );
      }
      await holding(cluster, even);
      // Each once, those of the first one twice, those of the last one back, and a trial for each joiner.
      expect(adds / shards).toBeLessThanOrEqual(1 + 2 / ids.length + ids.length / shards);
    }));
});
