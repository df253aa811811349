/** An etcd that takes no writes any more: nothing is OK by what was written before, and the way out is named. */
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {Logger} from '../../src/runtime/logger.ts';
import {Cluster, LONG_MS, shardIds} from '../support/cluster.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {until} from '../support/until.ts';

const MIB = 1024 ** 2;
const REASON = 'the store is out of space and takes no writes';
const FIX =
  'etcd: compact and defragment it, then etcdctl alarm disarm; embedded store: raise embedded.quotaBytes and restart it where its quota is used up, else make room on its disk, and it takes writes again by itself';

const logged: {fields: object; message: string}[] = [];
const keep = (fields: object, message: string): void => void logged.push({fields, message});
const logger: Logger = {
  debug: () => undefined,
  info: keep,
  warn: keep,
  error: keep,
  child: () => logger,
};

let etcd: EtcdProcess;
let cluster: Cluster;

beforeAll(async () => {
  // The embedded store has a quota of its own, and tests of its own.
  etcd = await startEtcd({kind: 'etcd', quotaBytes: 16 * MIB});
  cluster = await Cluster.start({etcd, logger});
  await cluster.createApp('orders');
  await cluster.addShards('orders', shardIds(3));
  await cluster.join('orders', 'c1', {}, {logger});
  await cluster.settled('orders');
}, LONG_MS);

afterAll(async () => {
  await cluster.stop();
  await etcd.stop();
});

/** Writes keys of nobody's until etcd refuses. */
async function fill(): Promise<void> {
  const value = 'x'.repeat(MIB);
  for (let count = 0; count < 100; count += 1) {
    const then = [{op: 'put' as const, key: `/other/${count}`, value}];
    const outcome = await cluster.store.transact({compares: [], then});
    if (outcome.kind === 'unknown') return;
  }
  throw new Error('etcd has taken 100 MiB');
}

function untilOk(): Promise<unknown> {
  const isOk = async () => (await cluster.admin.call('status', {})).health === 'OK';
  return until(isOk, LONG_MS / 2, 'all is OK');
}

/** What an operator does, as doctor says it. Compaction keeps what is there at its revision: the keys go first. */
async function makeRoom(): Promise<void> {
  await etcd.etcdctl('del', '--prefix', '/other/');
  const {revision} = await cluster.store.status();
  await etcd.etcdctl('compact', '--physical', `${revision}`);
  await etcd.etcdctl('defrag');
  await etcd.etcdctl('alarm', 'disarm');
}

it(
  'is UNKNOWN in status, doctor, wait, locate, the lists and /readyz within T',
  {timeout: LONG_MS},
  async () => {
    const {admin} = cluster;
    await untilOk();
    const before = await admin.call('checks', {});
    const quota = before.checks.find(({name}) => name === 'etcd quota');
    expect(quota?.text).toMatch(/^1 MiB of 16 MiB used \(\d %\)$/);
    await fill();
    const status = await until(
      async () => {
        const answer = await admin.call('status', {});
        return answer.health === 'UNKNOWN' ? answer : undefined;
      },
      LONG_MS / 2,
      'the daemon notices that it cannot write',
    );
    expect(status.store.reason).toContain(REASON);
    expect(status.counts).toMatchObject({shards: 3, ready: 0, unknown: 3});
    expect(status.apps.map(({health}) => health)).toEqual(['UNKNOWN']);

    const {checks} = await admin.call('checks', {});
    const found = (name: string) => checks.find((check) => check.name === name);
    expect(found('etcd writes')).toMatchObject({verdict: 'FAIL', fix: FIX});
    expect(found('etcd quota')).toMatchObject({verdict: 'FAIL'});
    expect(found('etcd quota')?.text).toContain('NOSPACE');
    expect(found('etcd quota')?.fix).toContain(
      'etcdctl compact --physical REVISION, etcdctl defrag, then etcdctl alarm disarm',
    );

    const {containers} = await admin.call('getContainers', {service: 'orders'});
    expect(containers.map(({state}) => state)).toEqual(['unknown']);
    const locate = await admin.call('locate', {service: 'orders', shardId: 's0'});
    expect(locate).toMatchObject({state: 'unknown', ready: false});
    expect(locate.reason).toContain('no write has committed since');
    const goal = {service: 'orders', kind: 'app', id: '', for: 'ready', timeoutMs: 0} as const;
    expect(await admin.call('waitCheck', goal)).toMatchObject({met: false, missingCount: 3});

    const [daemon] = cluster.daemons;
    const ready = await fetch(`http://${daemon?.daemon.address}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain(REASON);
    const fenced = logged.filter(({message}) => message.startsWith('fenced'));
    // The container and the daemon, once each.
    expect(fenced).toHaveLength(2);
    const reason = expect.stringContaining(REASON) as string;
    for (const {fields} of fenced) expect(fields).toMatchObject({reason, fix: FIX});
  },
);

it('is OK again when etcd takes writes again', {timeout: LONG_MS}, async () => {
  await makeRoom();
  await untilOk();
  const {checks} = await cluster.admin.call('checks', {});
  expect(checks.find(({name}) => name === 'etcd quota')?.text).toMatch(/^[12] MiB of 16 MiB used/);
});
