/** Worker groups, pins and limits on a real daemon and real containers: from the call of an operator to who runs what. */
import {describe, expect, it} from 'vitest';
import {LONG_MS, clusterOfFile, shardIds} from '../support/cluster.ts';
import type {ShardRow} from '../support/cluster.ts';
import {until} from '../support/until.ts';

const theCluster = clusterOfFile();

/** Shard ids are the test's own: the log of who owned what is one for all apps. */
async function begin(app: string, containers: readonly string[], maxShardCount = 0): Promise<void> {
  await theCluster().createApp(app, {maxShardCount});
  for (const name of containers) await theCluster().join(app, `${app}-${name}`);
}

async function rows(
  app: string,
  fits: (row: ShardRow) => boolean,
  what: string,
): Promise<ShardRow[]> {
  return until(
    async () => {
      const all = [...(await theCluster().shards(app)).values()];
      return all.length > 0 && all.every(fits) ? all : undefined;
    },
    LONG_MS,
    what,
  );
}

/** How many shards each container of the app has. */
async function counts(app: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const container of (await theCluster().placement(app)).values())
    found[container] = (found[container] ?? 0) + 1;
  return found;
}

describe.concurrent('a worker group', () => {
  it('has its shards on its members only, and follows them', async () => {
    await begin('pool', ['c1', 'c2', 'c3']);
    const member = (name: string) => ({
      service: 'pool',
      workerGroup: 'ssd',
      worker: `pool-${name}`,
    });
    await theCluster().admin.call('addWorker', member('c1'));
    const shards = shardIds(4, 'pool').map((shardId) => ({shardId, workerGroup: 'ssd'}));
    await theCluster().admin.call('addShards', {service: 'pool', shards});
    await theCluster().settled('pool');
    expect(await counts('pool')).toEqual({'pool-c1': 4});
    // A second member takes half; the first one goes out of the group and must not run any more of them.
    await theCluster().admin.call('addWorker', member('c2'));
    await until(async () => (await counts('pool'))['pool-c2'] === 2, LONG_MS, 'two of them move');
    await theCluster().settled('pool');
    await theCluster().admin.call('delWorker', member('c1'));
    await until(async () => (await counts('pool'))['pool-c2'] === 4, LONG_MS, 'all of them move');
    await theCluster().settled('pool');
    // The last member goes: nobody may run them, whoever else has room.
    await theCluster().admin.call('delWorker', member('c2'));
    const left = await rows('pool', ({state}) => state === 'unplaced', 'nobody runs them');
    expect(left.map(({reason}) => reason)).toEqual(Array(4).fill('worker-group-empty'));
    for (const {id} of left) expect(theCluster().log.ownerOf(id)).toBe('');
  });
});

describe.concurrent('a pin', () => {
  it('is followed there and back, and waits for a container that is not alive', async () => {
    await begin('pin', ['c1', 'c2']);
    await theCluster().addShards('pin', shardIds(2, 'pin'));
    await theCluster().settled('pin');
    const update = (manualContainerId: string) =>
      theCluster().admin.call('updateShard', {service: 'pin', shardId: 'pin0', manualContainerId});
    for (const name of ['pin-c1', 'pin-c2', 'pin-c1']) {
      await update(name);
      await until(() => theCluster().log.ownerOf('pin0') === name, LONG_MS, `pin0 runs on ${name}`);
    }
    await update('pin-c9');
    const waiting = await until(
      async () => {
        const row = (await theCluster().shards('pin')).get('pin0');
        return row?.state === 'unplaced' ? row : undefined;
      },
      LONG_MS,
      'it runs nowhere',
    );
    expect(waiting.reason).toBe('pin-not-living');
    expect(theCluster().log.ownerOf('pin0')).toBe('');
    await theCluster().join('pin', 'pin-c9');
    await until(
      () => theCluster().log.ownerOf('pin0') === 'pin-c9',
      LONG_MS,
      'its container comes',
    );
    await theCluster().settled('pin');
  });
});

describe.concurrent('maxShardCount', () => {
  it('is never exceeded; what finds no room waits for the next container', async () => {
    await begin('full', ['c1', 'c2'], 2);
    await theCluster().addShards('full', shardIds(5, 'full'));
    await until(
      async () => {
        const all = [...(await theCluster().shards('full')).values()];
        const over = all.filter((row) => !isReady(row));
        return over.length === 1 && over[0]?.reason === 'capacity' && over[0].state === 'unplaced';
      },
      LONG_MS,
      'four are ready, the fifth is named with its reason',
    );
    expect(await counts('full')).toMatchObject({'full-c1': 2, 'full-c2': 2});
    await theCluster().join('full', 'full-c3');
    await theCluster().settled('full');
    for (const count of Object.values(await counts('full'))) expect(count).toBeLessThanOrEqual(2);
  });

  it('when lowered moves what has room elsewhere and stops nothing that has not', async () => {
    await begin('low', ['c1']);
    await theCluster().addShards('low', shardIds(4, 'low'));
    await theCluster().settled('low');
    await theCluster().admin.call('updateSpec', {service: 'low', maxShardCount: 2});
    await theCluster().join('low', 'low-c2');
    await until(async () => (await counts('low'))['low-c2'] === 2, LONG_MS, 'two have moved');
    await theCluster().admin.call('updateSpec', {service: 'low', maxShardCount: 1});
    await theCluster().settled('low');
    expect(await counts('low')).toEqual({'low-c1': 2, 'low-c2': 2});
    expect((await rows('low', isReady, 'all are ready')).length).toBe(4);
  });
});

function isReady({state}: ShardRow): boolean {
  return state === 'ready';
}
