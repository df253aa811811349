/** etcd goes back to a snapshot, or is wiped, under running daemons and containers. */
import {rm} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {silenceMs} from '../../src/model/container.ts';
import type {ClusterRecord} from '../../src/model/status.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import type {Logger} from '../../src/runtime/logger.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {LONG_MS, TTL_MS, shardIds, withCluster} from '../support/cluster.ts';
import type {Cluster} from '../support/cluster.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {LEAST_RIGHTS} from '../support/least-rights.ts';
import {until} from '../support/until.ts';

const SHARDS = shardIds(3);
/** The waits for a silent daemon and for silent containers, one after the other. */
const PLACED_MS = 2 * LONG_MS;

/** Each test has an etcd of its own to spoil. */
async function withBed(
  work: (cluster: Cluster, etcd: EtcdProcess) => Promise<void>,
): Promise<void> {
  const etcd = await startEtcd();
  try {
    await withCluster({etcd}, async (cluster) => {
      await cluster.createApp('orders');
      await cluster.addShards('orders', SHARDS);
      await cluster.join('orders', 'c1');
      await cluster.settled('orders');
      await work(cluster, etcd);
    });
  } finally {
    await etcd.stop();
  }
}

function readyz(cluster: Cluster): Promise<number> {
  return fetch(`${cluster.admin.server}/readyz`).then(
    ({status}) => status,
    () => 0,
  );
}

async function noticed(cluster: Cluster): Promise<void> {
  await until(
    async () => (await readyz(cluster)) === 503,
    LONG_MS,
    'the daemon says it is not ready',
  );
  await until(
    async () => {
      const {store, alarms} = await cluster.admin.call('status', {}).catch(() => NOTHING);
      return store.restored !== '' && alarms.some(({code}) => code === 'STORE_RESTORED');
    },
    LONG_MS,
    'status says why',
  );
  // The container's right to act has run out; it claims nothing, though its records name it.
  await until(() => SHARDS.every((shard) => cluster.log.ownerOf(shard) === ''), LONG_MS, 'fenced');
}

const NOTHING = {store: {restored: ''}, alarms: [] as {code: string}[]};

/** Newest token of each shard that was ever given out. */
function tokens(cluster: Cluster): Map<string, string> {
  return new Map(cluster.log.entries.map(({shard, token}) => [shard, token]));
}

async function accept(cluster: Cluster): Promise<number> {
  const wrong = cluster.admin.call('acceptRestore', {confirm: 'other'});
  await expect(wrong).rejects.toMatchObject({failure: {code: 'INVALID_INPUT'}});
  const {epoch} = await cluster.admin.call('acceptRestore', {confirm: cluster.keys.service});
  return epoch;
}

describe.concurrent('an etcd that', () => {
  it('goes back to a snapshot: nothing is planned or claimed until it is accepted, and tokens only grow', () =>
    withBed(async (cluster, etcd) => {
      const snapshot = await etcd.save();
      const savedMs = Date.now();
      // What comes after the snapshot is lost: these tokens are given out at revisions that will come again.
      await cluster.admin.call('delShard', {service: 'orders', shardId: 's2'});
      await cluster.admin.call('updateShard', {service: 'orders', shardId: 's0', task: 'changed'});
      await cluster.addShards('orders', ['late']);
      await cluster.settled('orders');
      await etcd.kill();
      await etcd.restore(snapshot);
      await noticed(cluster);
      const before = tokens(cluster);
      const adds = cluster.log.count('add');
      const askedMs = performance.now();
      const accepting = accept(cluster);
      // Whoever has not noticed may act by the old history until its T has passed: nobody claims before.
      let firstAddMs = Number.POSITIVE_INFINITY;
      const watching = until(
        () => cluster.log.count('add') > adds,
        PLACED_MS,
        'the first shard is added again',
      ).then(() => (firstAddMs = performance.now()));
      const epoch = await accepting;
      expect(epoch).toBeGreaterThanOrEqual(savedMs);
      expect(epoch).toBeLessThanOrEqual(Date.now());
      // Nothing is well before somebody acts, and what nobody serves dates from the restore.
      const {health, apps} = await cluster.admin.call('status', {});
      if (cluster.log.count('add') === adds) expect(health).not.toMatch(/^(?:OK|MOVING)$/);
      if (cluster.log.count('add') === adds) expect(apps[0]?.shards.ready).toBe(0);
      await watching;
      expect(firstAddMs - askedMs).toBeGreaterThanOrEqual(silenceMs(TTL_MS));
      // The records of before the snapshot say that all is ready: what counts is who acts.
      const acts = (shard: string): boolean => cluster.log.ownerOf(shard) === 'c1';
      await until(
        () => SHARDS.every(acts),
        PLACED_MS,
        'every shard of the snapshot is owned again',
      );
      await cluster.settled('orders');
      expect(await readyz(cluster)).toBe(200);
      expect(cluster.log.count('add')).toBe(adds + SHARDS.length);
      for (const [shard, {token, container}] of await cluster.shards('orders')) {
        expect(container).toBe('c1');
        expect(token > (before.get(shard) ?? '')).toBe(true);
      }
      // The governor's next word, within a second, takes back that nobody serves.
      const isWell = async (): Promise<boolean> =>
        (await cluster.admin.call('status', {})).alarms.length === 0;
      await until(isWell, LONG_MS, 'no alarm is left');
      const {store} = await cluster.admin.call('status', {});
      expect(store).toMatchObject({epoch, restored: ''});
    }));

  // Whoever wipes an etcd wipes its users: without them no login holds, whatever sm does.
  it.skipIf(LEAST_RIGHTS)(
    'is wiped, and a daemon that starts into it: all wait for the word, then work from nothing',
    () =>
      withBed(async (cluster, etcd) => {
        await etcd.kill();
        await rm(etcd.dataDir, {recursive: true, force: true});
        await etcd.restart();
        await noticed(cluster);
        const {alarms} = await cluster.admin.call('status', {});
        expect(alarms.map(({text}) => text).join()).toMatch(/1 app .* is missing there: orders/);
        await expect(cluster.admin.call('getApp', {service: 'orders'})).rejects.toMatchObject({
          failure: {
            code: 'APP_NOT_FOUND',
            message: expect.stringContaining('STORE_RESTORED') as unknown,
          },
        });
        // Its app is not there: that is no order to end.
        expect(cluster.hasEnded('c1')).toBe(false);
        const starting = cluster.addDaemon();
        await until(() => cluster.daemons.length === 2, LONG_MS, 'a second daemon listens');
        expect(await accept(cluster)).toBeGreaterThan(1);
        await starting;
        await cluster.leader();
        await cluster.createApp('orders');
        await cluster.addShards('orders', SHARDS);
        await cluster.join('orders', 'c2');
        await cluster.settled('orders', PLACED_MS);
        // c1 is there again where it has looked for the app after it was created anew, and has ended where before.
        for (const container of (await cluster.placement('orders')).values())
          expect(['c1', 'c2']).toContain(container);
      }),
  );

  it('is another one than the cluster record names: a container that starts there claims nothing, though no daemon has seen it', () =>
    withBed(async (cluster) => {
      await Promise.all(cluster.daemons.map(({kill}) => kill()));
      const {entry} = await cluster.store.get(cluster.keys.cluster());
      const record = {...JSON.parse(entry?.value ?? '{}'), clusterId: '1'} as ClusterRecord;
      await cluster.store.transact({
        compares: [],
        then: [{op: 'put', key: cluster.keys.cluster(), value: encodeRecord(record)}],
      });
      const said: string[] = [];
      const logger: Logger = {
        ...silentLogger,
        error: (_fields, text) => void said.push(text),
        child: () => logger,
      };
      const started = await cluster.joinOnly('orders', 'c2', {}, {logger});
      const doubted = (): boolean => said.some((text) => text.includes('restored or replaced'));
      await until(doubted, LONG_MS, 'the container says that it claims nothing');
      const starting = cluster.addDaemon();
      await until(() => cluster.daemons.length === 1, LONG_MS, 'a daemon listens');
      await accept(cluster);
      await starting;
      await started.ready;
    }));
});
