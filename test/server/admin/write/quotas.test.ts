/** Quotas of apps and of the cluster, on routes and batches; what is counted is what the store has. */
import {beforeEach, describe, expect, it} from 'vitest';
import {CLUSTER_QUOTA_DEFAULT, appQuota} from '../../../../src/model/quota.ts';
import type {ClusterQuota} from '../../../../src/model/quota.ts';
import {CallQuotas} from '../../../../src/server/admin/call-quotas.ts';
import {OWN_WRITES_SEEN_MS} from '../../../../src/server/admin/limits.ts';
import {Quotas} from '../../../../src/server/admin/quotas.ts';
import {World} from '../fixture.ts';

const service = 'orders';
let cluster: ClusterQuota;
let nowMs: number;
let world: World;

beforeEach(async () => {
  cluster = CLUSTER_QUOTA_DEFAULT;
  nowMs = 0;
  const options = {cluster: () => cluster, nowMs: () => nowMs};
  world = new World({quotas: new Quotas(options), callQuotas: new CallQuotas(options)});
  await world.call('addSpec', {service});
});

const quota = (of: object) => world.call('setQuota', {service, ...of});
const add = (shardId: string, of: object = {}) => world.call('addShard', {service, shardId, ...of});
const addAll = async (ids: readonly string[], of: object = {}) => {
  const shards = ids.map((shardId) => ({shardId, ...of}));
  const {items} = await world.call('addShards', {service, shards});
  return items.map(({result}) => result);
};
const usage = (over: object) => ({
  ...{shards: 0, containers: 0, specBytes: 0, groups: 0, pushSessions: 0},
  ...over,
});
const QUOTA = {code: 'QUOTA', httpStatus: 403};

describe('a quota of shards', () => {
  beforeEach(() => quota({shards: 3}));

  it('is met to the shard, by single ones and by batches; what is there already is no news', async () => {
    await add('a');
    expect(await addAll(['a', 'b', 'c', 'd', 'e'])).toEqual([
      ...['unchanged', 'created', 'created', 'refused', 'refused'],
    ]);
    await expect(add('d')).rejects.toMatchObject({
      ...QUOTA,
      message: 'app orders has a quota of 3 shards, and has 3',
      hint: expect.stringContaining('sm app quota orders --shards 6'),
    });
    expect((await add('c')).result).toBe('unchanged');
    await world.call('updateShard', {service, shardId: 'c', task: 'more'});
    await world.call('delShard', {service, shardId: 'a'});
    expect((await add('d')).result).toBe('created');
  });

  it('counts what the same batch has added before the refused one', async () => {
    const shards = ['a', 'b', 'c', 'd'].map((shardId) => ({shardId}));
    const {items} = await world.call('addShards', {service, shards});
    expect(items.at(-1)?.error).toContain('app orders has a quota of 3 shards, and has 3');
  });

  it('holds for requests at the same time', async () => {
    const asked = await Promise.allSettled(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => add(id)));
    expect(asked.filter(({status}) => status === 'fulfilled')).toHaveLength(3);
    expect((await world.call('getShard', {service})).shards).toHaveLength(3);
  });

  it('refuses what undo would bring back above it', async () => {
    await add('a');
    await world.call('delShard', {service, shardId: 'a'});
    expect(await addAll(['b', 'c', 'd'])).not.toContain('refused');
    const {events} = await world.call('events', {service});
    const entry = events.find((event) => 'operation' in event && event.operation === 'delShard');
    expect(entry).toBeDefined();
    const undone = world.call('undo', {service, entry: String(entry?.revision)});
    await expect(undone).rejects.toMatchObject(QUOTA);
  });

  it('counts nothing of a dry run, and says what it would say', async () => {
    const dry = {service, dryRun: true};
    for (const shardId of ['a', 'b', 'c', 'd', 'e'])
      expect((await world.call('addShard', {...dry, shardId})).result).toBe('created');
    const shards = ['a', 'b', 'c', 'd'].map((shardId) => ({shardId}));
    const {items} = await world.call('addShards', {...dry, shards});
    expect(items.map(({result}) => result)).toEqual(['created', 'created', 'created', 'refused']);
  });

  it('names a shard that there is not as before', async () => {
    await addAll(['a', 'b', 'c']);
    const asked = world.call('updateShard', {service, shardId: 'x', task: 't'});
    await expect(asked).rejects.toMatchObject({code: 'SHARD_NOT_FOUND'});
  });

  it('that is lowered removes nothing; null is the default again', async () => {
    await addAll(['a', 'b', 'c']);
    await quota({shards: 1});
    await expect(add('d')).rejects.toMatchObject(QUOTA);
    expect((await world.call('getShard', {service})).shards).toHaveLength(3);
    await quota({shards: null});
    await add('d');
    expect((await world.call('getApp', {service})).app.quota).toMatchObject({
      shards: {used: 4, limit: appQuota(undefined).shards},
    });
    expect(await world.value(world.keys.appSpec(service))).not.toHaveProperty('quota');
  });
});

describe('the other quotas of an app', () => {
  it('count bytes of ids and tasks, also of a task that grows', async () => {
    await quota({specBytes: 20});
    await add('a', {task: 'x'.repeat(9)});
    await expect(add('b', {task: 'y'.repeat(10)})).rejects.toMatchObject(QUOTA);
    await add('b', {task: 'ü'.repeat(4)});
    const longer = (task: string) => world.call('updateShard', {service, shardId: 'b', task});
    await expect(longer('y'.repeat(10))).rejects.toMatchObject({
      message: 'app orders has a quota of 20 bytes of shard ids and tasks, and has 19',
    });
    await longer('y'.repeat(9));
    await longer('');
  });

  it('count groups and worker groups', async () => {
    await quota({groups: 3});
    expect(await addAll(['a', 'b'], {group: 'g1'})).toEqual(['created', 'created']);
    await world.call('addWorker', {service, workerGroup: 'w', worker: 'c1'});
    await world.call('addWorker', {service, workerGroup: 'w', worker: 'c2'});
    await add('c', {group: 'g2'});
    await expect(add('d', {group: 'g3'})).rejects.toMatchObject(QUOTA);
    await expect(
      world.call('addWorker', {service, workerGroup: 'v', worker: 'c1'}),
    ).rejects.toMatchObject(QUOTA);
    await expect(
      world.call('updateShard', {service, shardId: 'a', group: 'g3'}),
    ).rejects.toMatchObject(QUOTA);
    expect((await world.call('getApp', {service})).app.quota).toMatchObject({
      groups: {used: 3, limit: 3},
    });
  });

  it('count calls a second, of this app alone, and say when to call again', async () => {
    await quota({callsPerSecond: 2});
    nowMs += 60_000;
    const ask = () => world.call('getShard', {service});
    for (let call = 0; call < 4; call += 1) await ask();
    await expect(ask()).rejects.toMatchObject({code: 'QUOTA', httpStatus: 429, retryable: true});
    await world.call('addSpec', {service: 'search'});
    await world.call('getShard', {service: 'search'});
    nowMs += 500;
    await ask();
    await expect(ask()).rejects.toMatchObject({code: 'QUOTA'});
  });
});

describe('a summary of the governor', () => {
  const say = (shards: number) => world.say(service, {usage: usage({shards})});

  it('that shows plenty of room is enough; own writes that it does not show yet are counted', async () => {
    await quota({shards: 10});
    await say(0);
    const reads: string[] = [];
    const {views} = world.dependencies;
    const current = views.current.bind(views);
    views.current = (app) => {
      reads.push(app);
      return current(app);
    };
    expect(await addAll(['1', '2', '3', '4'])).not.toContain('refused');
    expect(await addAll(['5', '6', '7', '8'])).not.toContain('refused');
    expect(reads).toEqual([]);
    expect(await addAll(['9', '10', '11'])).toEqual(['created', 'created', 'refused']);
    expect(reads).toEqual([service]);
  });

  it('counts them itself once it is newer and some seconds have gone by', async () => {
    await quota({shards: 10});
    await say(0);
    await addAll(['1', '2', '3', '4']);
    nowMs += OWN_WRITES_SEEN_MS;
    await say(4);
    const {views} = world.dependencies;
    views.current = () => Promise.reject(new Error('it was looked at'));
    expect(await addAll(['5', '6', '7', '8'])).not.toContain('refused');
    await expect(add('9')).rejects.toThrow('it was looked at');
  });
});

describe('a quota of the cluster', () => {
  const use = (over: object) =>
    world.put(world.keys.usage(), {
      ...{v: 1, quota: CLUSTER_QUOTA_DEFAULT},
      used: {apps: 1, ...usage(over)},
    });

  it('of apps refuses one more, and nothing else', async () => {
    cluster = {...cluster, apps: 2};
    await world.call('addSpec', {service: 'search'});
    await expect(world.call('addSpec', {service: 'third'})).rejects.toMatchObject({
      ...QUOTA,
      message: 'the cluster has a quota of 2 apps, and has 2',
      hint: expect.stringContaining('quota.apps'),
    });
    expect((await world.call('addSpec', {service})).result).toBe('unchanged');
    cluster = {...cluster, apps: 3};
    await world.call('addSpec', {service: 'third'});
  });

  it('of shards counts those of all apps, as the leader has counted them', async () => {
    cluster = {...cluster, shards: 100};
    await use({shards: 98});
    expect(await addAll(['a', 'b'])).toEqual(['created', 'created']);
    expect(await addAll(['c', 'd', 'e'])).toEqual(['refused', 'refused', 'refused']);
    expect((await add('a')).result).toBe('unchanged');
  });

  it('counts what is under way, also in what it says', async () => {
    cluster = {...cluster, shards: 100};
    await use({shards: 98});
    const asked = await Promise.allSettled(['a', 'b', 'c'].map((id) => add(id)));
    const refused = asked.filter(({status}) => status === 'rejected');
    expect(refused).toMatchObject([
      {reason: {message: 'the cluster has a quota of 100 shards, and has 100'}},
    ]);
  });

  it('that nobody has counted yet refuses nobody', async () => {
    cluster = {...cluster, shards: 1};
    await world.put(world.keys.usage(), 'not JSON');
    expect(await addAll(['a', 'b'])).toEqual(['created', 'created']);
  });
});

describe('doctor', () => {
  const quotaChecks = async () =>
    (await world.call('checks', {})).checks
      .filter(({name}) => name.startsWith('quota of'))
      .map(({name, verdict, text, fix}) => ({name, verdict, text, fix}));

  it('warns from four fifths on, and fails what is used up', async () => {
    await quota({shards: 5});
    await addAll(['a', 'b', 'c']);
    expect(await quotaChecks()).toEqual([]);
    await add('d');
    expect(await quotaChecks()).toEqual([
      {
        ...{name: 'quota of orders', verdict: 'WARN', text: '4 of 5 shards (80 %)'},
        fix: 'remove what is not needed, or: sm app quota orders --shards 10',
      },
    ]);
    await add('e');
    expect(await quotaChecks()).toMatchObject([{verdict: 'FAIL'}]);
    const quotas = {...CLUSTER_QUOTA_DEFAULT, groups: 10};
    await world.put(world.keys.usage(), {
      v: 1,
      quota: quotas,
      used: {apps: 1, ...usage({groups: 9})},
    });
    expect(await quotaChecks()).toMatchObject([
      {name: 'quota of the cluster', verdict: 'WARN', text: '9 of 10 groups (90 %)'},
      {name: 'quota of orders'},
    ]);
  });
});
