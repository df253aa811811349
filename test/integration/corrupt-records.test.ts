/** Values in etcd that cannot be read, or were written by a newer version: what they stand for is left alone and shown, the rest goes on. */
import {describe, expect, it} from 'vitest';
import type {Container} from '../../src/container/index.ts';
import {LONG_MS, clusterOfFile, shardIds} from '../support/cluster.ts';
import {pause, until} from '../support/until.ts';

/** A governor that were to act on what it cannot read would have done so by then. */
const ACT_MS = 1_500;
const theCluster = clusterOfFile();

/** An app of its own for each test: four shards `<app>0` ... on the container `<app>-c1`. */
async function begin(app: string): Promise<Container> {
  await theCluster().createApp(app);
  await theCluster().addShards(app, shardIds(4, app));
  const container = await theCluster().join(app, `${app}-c1`);
  await theCluster().settled(app);
  return container;
}

async function put(key: string, value: string): Promise<number> {
  const then = [{op: 'put' as const, key, value}];
  const outcome = await theCluster().store.transact({compares: [], then});
  if (outcome.kind !== 'committed') throw new Error('not written');
  return outcome.revision;
}

async function read(key: string): Promise<{mod: number; value: string}> {
  const {entry} = await theCluster().store.get(key);
  if (entry === undefined) throw new Error(`${key} is gone`);
  return entry;
}

async function newer(key: string): Promise<string> {
  return JSON.stringify({...(JSON.parse((await read(key)).value) as object), v: 2});
}

/** New shards are placed, old ones stay: the app is governed as before. */
async function expectRestGoesOn(app: string): Promise<void> {
  await theCluster().addShards(app, [`${app}-late`]);
  await until(
    async () => (await theCluster().shards(app)).get(`${app}-late`)?.state === 'ready',
    LONG_MS,
    'a new shard is ready',
  );
}

async function quarantinedShard(app: string, shard: string): Promise<string> {
  const row = await until(
    async () => {
      const found = (await theCluster().shards(app)).get(shard);
      return found?.state === 'quarantined' ? found : undefined;
    },
    LONG_MS,
    `${shard} is shown as quarantined`,
  );
  return row.reason;
}

async function alarmed(app: string): Promise<void> {
  await until(
    async () => {
      const {alarms} = await theCluster().admin.call('status', {});
      return alarms.some(({code, service}) => code === 'QUARANTINE' && service === app);
    },
    LONG_MS,
    'an alarm says so',
  );
}

/** Drops that a governor asked for; on a starved machine a container may lose its right to act besides. */
function drops(app: string): number {
  const asked = new Set<string | undefined>(['moved', 'lost', 'deleted']);
  return theCluster().log.entries.filter(
    ({event, shard, reason}) => event === 'drop' && shard.startsWith(app) && asked.has(reason),
  ).length;
}

describe.concurrent('an ownership record', () => {
  it.each([
    ['json', 'that is not JSON', async () => '{"state":', /no JSON/],
    ['newer', 'of a newer version', (key: string) => newer(key), /version 2 is newer than 1/],
  ])('%s: %s quarantines its shard only', async (app, _case, valueOf, reason) => {
    await begin(app);
    const key = theCluster().keys.ownership(app, `${app}1`);
    const value = await valueOf(key);
    const mod = await put(key, value);
    expect(await quarantinedShard(app, `${app}1`)).toMatch(reason);
    await alarmed(app);
    await expectRestGoesOn(app);
    // A second container takes its share of the others; nobody touches the one that cannot be read.
    await theCluster().join(app, `${app}-c2`);
    await until(
      async () => [...(await theCluster().placement(app)).values()].includes(`${app}-c2`),
      LONG_MS,
      'shards move',
    );
    await pause(ACT_MS);
    expect(await read(key)).toMatchObject({mod, value});
  });

  it('is governed again once it has been repaired', async () => {
    await begin('repaired');
    const key = theCluster().keys.ownership('repaired', 'repaired1');
    await put(key, 'rubbish');
    await quarantinedShard('repaired', 'repaired1');
    const then = [{op: 'delete' as const, key}];
    await theCluster().store.transact({compares: [], then});
    await theCluster().settled('repaired');
    expect((await theCluster().shards('repaired')).get('repaired1')?.state).toBe('ready');
  });
});

describe.concurrent('a spec', () => {
  it('of a shard that is not JSON quarantines that shard, whose owner keeps it', async () => {
    await begin('spec');
    await put(theCluster().keys.shardSpec('spec', 'spec2'), '[]');
    expect(await quarantinedShard('spec', 'spec2')).toMatch(/no JSON object/);
    await expectRestGoesOn('spec');
    await until(() => theCluster().log.ownerOf('spec2') === 'spec-c1', LONG_MS, 'its owner acts');
    expect(drops('spec')).toBe(0);
  });

  it('of the app that is not JSON stops planning for this app, and nothing else', async () => {
    await begin('blind');
    const key = theCluster().keys.appSpec('blind');
    const {value} = await read(key);
    await put(key, 'rubbish');
    await alarmed('blind');
    await begin('second');
    expect(drops('blind')).toBe(0);
    await put(key, value);
    await expectRestGoesOn('blind');
  });
});

describe.concurrent('a heartbeat', () => {
  it('of a newer version is shown, and its shards are taken by nobody', async () => {
    const {incarnation} = await begin('beat');
    await theCluster().join('beat', 'beat-c2');
    await theCluster().settled('beat');
    const ofFirst = [...(await theCluster().placement('beat'))].filter(
      ([, at]) => at === 'beat-c1',
    );
    const key = theCluster().keys.heartbeat('beat', incarnation);
    await put(key, await newer(key));
    await until(
      async () => {
        const {containers} = await theCluster().admin.call('getContainers', {service: 'beat'});
        return containers.some((one) => one.problem.includes('newer'));
      },
      LONG_MS,
      'the container is shown with what is wrong',
    );
    await pause(ACT_MS);
    // Before what may take long: a minute after its last sign of life its shards are given away.
    const records = await theCluster().shards('beat');
    for (const [shard] of ofFirst) expect(records.get(shard)?.container).toBe('beat-c1');
    await alarmed('beat');
    await expectRestGoesOn('beat');
  });

  it('of a dead container is evicted by the operator: its shards go on elsewhere', async () => {
    const {incarnation} = await begin('dead');
    await theCluster().join('dead', 'dead-c2');
    await theCluster().settled('dead');
    const key = theCluster().keys.heartbeat('dead', incarnation);
    // The process is not killed: from here on it cannot renew what it cannot read, and stops at its deadline.
    await put(key, 'rubbish');
    await alarmed('dead');
    const {containers} = await theCluster().admin.call('getContainers', {service: 'dead'});
    expect(containers.find((one) => one.incarnation === incarnation)).toMatchObject({
      ...{id: 'dead-c1', state: 'unreachable'},
    });
    const answer = await theCluster().admin.call('evict', {service: 'dead', container: 'dead-c1'});
    expect(answer.result).toBe('configured');
    await until(
      async () => ![...(await theCluster().placement('dead')).values()].includes('dead-c1'),
      LONG_MS,
      'no shard is left at it',
    );
    await theCluster().settled('dead');
  });

  it('of a dead container counts as T = 60 s, then its shards go on elsewhere', async () => {
    const {incarnation} = await begin('slow');
    await theCluster().join('slow', 'slow-c2');
    await theCluster().settled('slow');
    const startedMs = performance.now();
    await put(theCluster().keys.heartbeat('slow', incarnation), 'rubbish');
    await until(
      async () => ![...(await theCluster().placement('slow')).values()].includes('slow-c1'),
      60_000 + LONG_MS,
      'no shard is left at it',
    );
    expect(performance.now() - startedMs).toBeGreaterThan(60_000);
    await theCluster().settled('slow');
  });
});
