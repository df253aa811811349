import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {LONG_MS, STEADY_TTL_MS, shardIds, startCluster} from '../support/cluster.ts';
import type {Cluster, TestDaemon} from '../support/cluster.ts';
import {DaemonProcess} from '../support/daemon-process.ts';
import {LACKS, startEtcd} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {pause, until} from '../support/until.ts';
import {TTL_DEFAULT_MS} from '../../src/model/limits.ts';

const SHARDS = shardIds(6);
let etcd: EtcdProcess;
let cluster: Cluster;

/** T of the containers has to outlast an election of etcd, which takes one to three seconds, and stalls of a busy machine. */
async function begin(daemons: number, members: number, ttlMs = STEADY_TTL_MS): Promise<void> {
  etcd = await startEtcd({members});
  cluster = await startCluster({etcd, daemons});
  await cluster.createApp('orders');
  await cluster.addShards('orders', SHARDS);
  await cluster.join('orders', 'c1', {}, {ttlMs});
  await cluster.join('orders', 'c2', {}, {ttlMs});
  await cluster.settled('orders');
}

afterEach(async () => {
  await cluster.stop();
  await etcd.stop();
});

/** The ownership of every shard, and how many were dropped until now, in one text: where c2 came late, some had gone there from c1. */
async function owners(): Promise<string> {
  const rows = [...(await cluster.shards('orders')).values()];
  const lines = rows.map(({id, container, token}) => `${id} ${container} ${token}`);
  return [...lines, `${cluster.log.count('drop')} drops`].join('\n');
}

/** What a failover has to leave: the same owners, nothing dropped, and moves that work again. */
async function expectUndisturbed(before: string): Promise<void> {
  expect(await owners()).toBe(before);
  await cluster.join('orders', 'c3');
  await cluster.addShards('orders', shardIds(3, 'late'));
  await cluster.settled('orders');
  expect(new Set((await cluster.placement('orders')).values())).toEqual(
    new Set(['c1', 'c2', 'c3']),
  );
}

async function governedByAnother(than: TestDaemon): Promise<void> {
  const address = than.daemon.address;
  await until(
    async () => {
      const {app} = await cluster.admin.call('getApp', {service: 'orders'});
      return app.governor !== address && app.governor !== '';
    },
    LONG_MS,
    'another daemon governs',
  );
}

describe('two daemons', () => {
  beforeEach(() => begin(2, 1));

  it('the governing one is killed: the other goes on', async () => {
    const before = await owners();
    const governor = await cluster.governorOf('orders');
    await governor.kill();
    await governedByAnother(governor);
    await expectUndisturbed(before);
  });

  it('the leader is killed: the other leads', async () => {
    const before = await owners();
    const leader = await cluster.leader();
    await leader.kill();
    const next = await cluster.leader();
    expect(next.daemon.address).not.toBe(leader.daemon.address);
    await expectUndisturbed(before);
    await cluster.createApp('second');
    await cluster.governorOf('second');
    const isPutDown = async (): Promise<boolean> => {
      const {events} = await cluster.admin.call('events', {});
      return events.some(
        (event) =>
          event.type === 'container' &&
          event.container === leader.daemon.address &&
          event.state === 'lost',
      );
    };
    await until(isPutDown, LONG_MS / 2, 'the events name the leader that was lost');
  });

  it('the governing one is stopped in order: it hands the app over and leaves no key', async () => {
    const before = await owners();
    const governor = await cluster.governorOf('orders');
    await governor.stop();
    const {daemons} = await cluster.admin.call('status', {});
    expect(daemons.map(({id, state}) => [id, state])).toEqual([
      [cluster.daemons[0]?.daemon.address, 'ready'],
    ]);
    await governedByAnother(governor);
    await expectUndisturbed(before);
  });

  it('both are killed, one comes: containers went on, and it takes everything over', async () => {
    const before = await owners();
    for (const daemon of [...cluster.daemons]) await daemon.kill();
    await pause(1_000);
    for (const shard of SHARDS) expect(cluster.log.ownerOf(shard)).not.toBe('');
    await cluster.addDaemon();
    await cluster.governorOf('orders');
    await expectUndisturbed(before);
  });

  it('both are stopped in order, one comes: it governs at once', async () => {
    const before = await owners();
    for (const daemon of [...cluster.daemons]) await daemon.stop();
    await cluster.addDaemon();
    await cluster.governorOf('orders');
    await expectUndisturbed(before);
  });
});

describe('a daemon process', () => {
  it('is killed while it leads and governs: another takes over', async () => {
    etcd = await startEtcd();
    cluster = await startCluster({etcd, daemons: 0});
    const [port = 0] = await freePorts(1);
    const first = new DaemonProcess(cluster.configText(port));
    try {
      await until(
        () => first.output.includes('"leading"'),
        LONG_MS,
        () => first.output,
      );
      await cluster.addDaemon();
      await cluster.createApp('orders', {});
      await cluster.addShards('orders', SHARDS);
      await cluster.join('orders', 'c1');
      await cluster.join('orders', 'c2');
      await cluster.settled('orders');
      const before = await owners();
      await first.end('SIGKILL');
      await cluster.leader();
      await cluster.governorOf('orders');
      await expectUndisturbed(before);
    } finally {
      await first.end('SIGKILL');
    }
  });

  it('ends with 0 on SIGTERM and hands over', async () => {
    etcd = await startEtcd();
    cluster = await startCluster({etcd, daemons: 0});
    const [port = 0] = await freePorts(1);
    // Nothing is left to hand over: it must not wait for the limit, not even after its last word.
    const first = new DaemonProcess(`${cluster.configText(port)}shutdownTimeoutMs: 300000\n`);
    try {
      await until(
        () => first.output.includes('"leading"'),
        LONG_MS,
        () => first.output,
      );
      await expect(first.end('SIGTERM')).resolves.toBe(0);
      const {entries} = await cluster.store.list([`${cluster.prefix}/`]);
      const left = entries.map(({key}) => key).filter((key) => /\/(hb|id|leader)\b/.test(key));
      expect(left).toEqual([]);
    } finally {
      await first.end('SIGKILL');
    }
  });
});

describe.skipIf(LACKS.members)('an etcd of three members', () => {
  it('loses its leader, and then another: nothing stops', async () => {
    await begin(2, 3, TTL_DEFAULT_MS);
    const before = await owners();
    const leader = await etcd.leader();
    await leader.stop('SIGKILL');
    const next = await until(() => etcd.leader().catch(() => undefined), LONG_MS, 'a new leader');
    await pause(1_000);
    expect(await owners()).toBe(before);
    leader.start();
    await leader.ready();
    await next.stop('SIGKILL');
    await until(() => etcd.leader().catch(() => undefined), LONG_MS, 'a third leader');
    await pause(1_000);
    next.start();
    await next.ready();
    await cluster.settled('orders');
    await expectUndisturbed(before);
  });
});
