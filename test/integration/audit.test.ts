/** `sm audit` on a real etcd: the history of real daemons and containers, and writes that no rule knows. */
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {HistoryReader} from '../../src/etcd/history.ts';
import {RawKeys} from '../../src/etcd/raw-keys.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import {sm} from '../support/command.ts';
import {shardIds, withCluster} from '../support/cluster.ts';
import {STORE_KIND, startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {LONG_MS, until} from '../support/until.ts';

const APP = 'orders';
let etcd: EtcdProcess;

beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

interface Document {
  readonly unlawful: number;
  readonly base: number;
  readonly until: number;
  readonly oldest: number;
  readonly transitions: Record<string, number>;
  readonly findings: {
    revision: number;
    key: string;
    rule: string;
    before?: string;
    after?: string;
  }[];
}

async function audit(
  prefix: string,
  ...args: string[]
): Promise<{exit: number; said: Document; stderr: string; text: string}> {
  const where = ['--endpoints', etcd.endpoint, '--etcd-prefix', prefix];
  const {exit, stdout, stderr} = await sm('audit', ...where, '--json', ...args);
  const said = (stdout === '' ? {} : JSON.parse(stdout)) as Document;
  return {exit, stderr, said, text: stdout + stderr};
}

describe.concurrent('sm audit', () => {
  it('passes the history of moves, a loss and a removal, and finds the one write that takes a shard from its owner', () =>
    withCluster({etcd, daemons: 2}, async (cluster) => {
      const {prefix, keys, store} = cluster;
      await cluster.createApp(APP);
      await cluster.addShards(APP, shardIds(12));
      const c1 = await cluster.join(APP, 'c1');
      await cluster.settled(APP);
      await cluster.join(APP, 'c2');
      await cluster.settled(APP);
      await cluster.admin.call('drain', {service: APP, container: 'c2', reason: 'test'});
      await cluster.settled(APP);
      await cluster.admin.call('uncordon', {service: APP, container: 'c2'});
      await c1.abandon();
      await until(
        async () => [...(await cluster.placement(APP)).values()].every((one) => one === 'c2'),
        LONG_MS,
        'all shards are at c2',
      );
      await cluster.settled(APP);

      const lawful = await audit(prefix, '-a', APP);
      expect(lawful.said.findings ?? lawful.stderr).toEqual([]);
      expect(lawful.exit).toBe(0);
      expect(lawful.said.transitions).toMatchObject({
        'heartbeat delete': expect.any(Number) as number,
      });
      for (const kind of ['own claim', 'own drop', 'own free', 'own reassign'])
        expect(lawful.said.transitions[kind], kind).toBeGreaterThan(0);

      const key = keys.ownership(APP, 's0');
      const {entry} = await store.get(key);
      const taken = JSON.stringify({
        ...JSON.parse(entry?.value ?? '{}'),
        state: 'assigned',
        token: '',
        ready: false,
      });
      const written = await store.transact({compares: [], then: [{op: 'put', key, value: taken}]});
      const broken = await audit(prefix, '-a', APP, '--since', String(lawful.said.until));
      expect(broken.exit).toBe(10);
      const [first] = broken.said.findings;
      expect(first).toMatchObject({key, rule: 'taken from a holder that lives'});
      expect(first?.revision).toBe(written.kind === 'committed' ? written.revision : -1);
      expect(first?.before).toContain('"owned"');
      expect(first?.after).toContain('"assigned"');
      // Of which there is nothing: nothing was checked.
      expect((await audit(prefix, '-a', 'another')).exit).toBe(3);
    }));

  it('says which window it covers: compacted history cannot be checked', async () => {
    const prefix = '/t-window';
    const store = openEtcdStore({endpoints: [etcd.endpoint]});
    try {
      const key = `${prefix}/app/sm.test/cluster`;
      const value = JSON.stringify({v: 1, epoch: 1, clusterId: 'x', maxRevision: 1});
      const put = async (): Promise<number> => {
        const outcome = await store.transact({compares: [], then: [{op: 'put', key, value}]});
        if (outcome.kind !== 'committed') throw new Error(outcome.kind);
        return outcome.revision;
      };
      const first = await put();
      // More than etcd sends at once.
      for (let count = 0; count < 30; count += 1) await Promise.all(Array.from({length: 50}, put));
      const whole = await audit(prefix, '--since', String(first + 1));
      expect(whole.exit, whole.stderr).toBe(0);
      expect(whole.said.transitions['cluster note']).toBe(1_500);
    } finally {
      await store.close();
    }
  });

  it('refuses what it cannot read: a prefix without sm, a revision that is not there', async () => {
    const nothing = await audit('/t-nothing');
    expect(nothing.exit, nothing.stderr).toBe(3);
    const future = await audit('/t-nothing', '--since', '99999999');
    expect(future.exit, future.stderr).toBe(2);
  });
});

describe('after a compaction', () => {
  it('the audit begins at the oldest revision kept, and --since before it is refused', async () => {
    const store = openEtcdStore({endpoints: [etcd.endpoint]});
    const keys = new RawKeys({endpoints: [etcd.endpoint]});
    try {
      const prefix = '/t-compacted';
      const key = `${prefix}/app/sm.test/cluster`;
      const write = (epoch: number) =>
        store.transact({
          compares: [],
          then: [
            {op: 'put', key, value: JSON.stringify({v: 1, epoch, clusterId: 'x', maxRevision: 1})},
          ],
        });
      await write(9);
      await write(1);
      const {revision} = await store.status();
      await store.compact(revision);
      await write(2);
      const after = await audit(prefix);
      expect(after.exit, after.stderr).toBe(0);
      expect(after.said).toMatchObject({base: revision, oldest: revision, unlawful: 0});
      const before = await audit(prefix, '--since', '2');
      expect(before.exit, before.stderr).toBe(4);
      expect(before.text).toContain('compacted');
      const reader = new HistoryReader({
        keys,
        prefix,
        fromRevision: 2,
        onRevision: () => undefined,
      });
      await expect(reader.read(() => true)).rejects.toMatchObject({code: 'CONFLICT'});
    } finally {
      keys.close();
      await store.close();
    }
  });
});

describe.skipIf(STORE_KIND === 'embedded')('a stream that breaks', () => {
  it('is opened anew where it ended: each revision once, in order', async () => {
    const own = await startEtcd({members: 3});
    const keys = new RawKeys({endpoints: own.endpoints, timeoutMs: 2_000});
    const store = openEtcdStore({endpoints: own.endpoints});
    const seen: number[] = [];
    const reader = new HistoryReader({
      keys,
      prefix: '/t/',
      fromRevision: 1,
      onRevision: (revision, [change]) => {
        if (change?.key === '/t/stop') reader.stop();
        seen.push(revision);
      },
    });
    try {
      const reading = reader.read(() => false);
      const put = (key: string): Promise<unknown> =>
        until(
          async () =>
            (await store.transact({compares: [], then: [{op: 'put', key, value: 'x'}]})).kind ===
            'committed',
          LONG_MS,
          `${key} is written`,
        );
      for (let count = 0; count < 40; count += 1) await put('/t/a');
      await own.first.stop();
      for (let count = 0; count < 40; count += 1) await put('/t/a');
      await put('/t/stop');
      await reading;
      expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
      expect(seen.length).toBeGreaterThanOrEqual(81);
    } finally {
      keys.close();
      await store.close();
      await own.stop();
    }
  });
});
