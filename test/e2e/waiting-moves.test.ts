/** Why a shard has not moved yet, or runs nowhere, as the built command line says it of a daemon that governs: the live plan and the governor's own word. */
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {runCli} from '../support/cli-process.ts';
import type {Ran} from '../support/cli-process.ts';
import {LONG_MS, STEADY_TTL_MS, shardIds, withCluster} from '../support/cluster.ts';
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

interface ListedMove {
  readonly shard: string;
  readonly state: string;
  readonly waitsFor: string;
  readonly wait: string;
}

function sm(cluster: Cluster, ...args: string[]): Promise<Ran> {
  return runCli([...args, '-a', service, '--server', cluster.admin.server]);
}

async function listed(cluster: Cluster): Promise<readonly ListedMove[]> {
  const {exit, stdout} = await sm(cluster, 'moves', 'ls', '--json');
  return exit === 0 ? (JSON.parse(stdout) as {items: ListedMove[]}).items : [];
}

describe.concurrent('a shard that waits', () => {
  it('says of its queued move which budget keeps it from beginning', () =>
    withCluster({etcd}, async (cluster) => {
      const placement = {quietTime: 0, moving: {perMinute: 1}};
      await cluster.admin.call('addSpec', {service, placement});
      await cluster.join(service, 'c1', {}, {ttlMs: STEADY_TTL_MS});
      await cluster.addShards(service, shardIds(12));
      await cluster.settled(service);
      await cluster.join(service, 'c2', {}, {ttlMs: STEADY_TTL_MS});
      const waiting = await until(
        async () => (await listed(cluster)).find(({waitsFor}) => waitsFor.includes('perMinute')),
        LONG_MS,
        'a move that waits for moves per minute',
      );
      expect(waiting).toMatchObject({state: 'queued', waitsFor: 'moving.perMinute (1 of 1)'});
      const {exit, stdout} = await sm(cluster, 'shard', 'why', waiting.shard);
      expect(exit).toBe(0);
      expect(stdout).toContain(`shard ${waiting.shard}: READY on c1`);
      expect(stdout).toMatch(/^queued move: c1 -> c2 \(balance: c1 \d+ -> 6 shards; c2 \d+ -> 6/mu);
      expect(stdout).toContain(`it waits for: ${waiting.wait}`);
      expect(waiting.wait).toContain('moving.perMinute: 1 of 1 have begun within a minute');
    }));

  it('says why it runs nowhere, and waits for no move', () =>
    withCluster({etcd}, async (cluster) => {
      await cluster.admin.call('addSpec', {service});
      await cluster.join(service, 'c1', {}, {ttlMs: STEADY_TTL_MS});
      await cluster.admin.call('addShards', {
        service,
        shards: [{shardId: 's0'}, {shardId: 'gpu', workerGroup: 'gpu'}],
      });
      await until(
        async () => (await cluster.shards(service)).get('gpu')?.state === 'unplaced' || undefined,
        LONG_MS,
        'the shard runs nowhere by the plan',
      );
      const {exit, stdout} = await sm(cluster, 'shard', 'why', 'gpu');
      expect(exit).toBe(0);
      expect(stdout).toContain('shard gpu: UNPLACED');
      expect(stdout).toContain('rule: its worker group has no members');
      expect(stdout).toContain('home: none');
      expect(stdout).not.toContain('queued move');
    }));
});
