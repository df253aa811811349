import {beforeEach, describe, expect, it} from 'vitest';
import {encodeRecord} from '../../../src/protocol/records.ts';
import {MemoryStore} from '../../support/memory-store.ts';
import {NOW_MS, SERVICE, withLostAnswers, World} from './fixture.ts';

let world: World;
beforeEach(() => {
  world = new World();
});

describe('creating an app', () => {
  it('writes the spec, the shard of sm and who governs it in one revision', async () => {
    const answer = await world.call('addSpec', {service: 'orders', maxShardCount: 5});
    expect(answer).toMatchObject({result: 'created', changed: true});
    const keys = [
      world.keys.appSpec('orders'),
      world.keys.governedShard('orders'),
      world.keys.governedBy('orders'),
    ];
    const {entries} = await world.memory.getMany(keys);
    expect(entries.map((entry) => String(entry?.mod))).toEqual(Array(3).fill(answer.revision));
    expect(await world.value(keys[0]!)).toEqual({
      service: 'orders',
      createTime: NOW_MS / 1_000,
      maxShardCount: 5,
      maxRecoveryTime: 10,
    });
    expect(await world.value(keys[1]!)).toMatchObject({
      id: 'orders',
      service: SERVICE,
      task: '{"governedService":"orders"}',
    });
    expect(world.created).toEqual(['orders']);
    expect(await world.call('getSpec', {})).toEqual({services: ['orders']});
  });

  it('is unchanged with the same content, 409 with other content', async () => {
    await world.call('addSpec', {service: 'orders', maxShardCount: 5});
    const again = await world.call('addSpec', {service: 'orders', maxShardCount: 5});
    expect(again).toMatchObject({result: 'unchanged', changed: false});
    await expect(world.call('addSpec', {service: 'orders'})).rejects.toMatchObject({
      code: 'APP_EXISTS',
      httpStatus: 409,
    });
  });

  it('refuses sm’s own name and an app of another sm', async () => {
    await expect(world.call('addSpec', {service: SERVICE})).rejects.toMatchObject({
      code: 'RESERVED_NAME',
    });
    await world.put(world.keys.governedBy('taken'), 'other.sm');
    await expect(world.call('addSpec', {service: 'taken'})).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  it('writes nothing when dry', async () => {
    const answer = await world.call('addSpec', {service: 'orders', dryRun: true});
    expect(answer).toMatchObject({result: 'created', changed: true});
    expect(await world.value(world.keys.appSpec('orders'))).toBeUndefined();
    expect(world.created).toEqual([]);
  });

  it('a second sm under the same prefix cannot take an app', async () => {
    await world.call('addSpec', {service: 'orders'});
    const {entry} = await world.memory.get(world.keys.governedBy('orders'));
    expect(entry?.value).toBe(SERVICE);
  });
});

describe('changing an app', () => {
  it('keeps fields it does not know', async () => {
    const key = world.keys.appSpec('orders');
    const spec = {
      service: 'orders',
      createTime: 1,
      maxShardCount: 0,
      maxRecoveryTime: 10,
      new: {a: 1},
    };
    await world.put(key, spec);
    const answer = await world.call('updateSpec', {service: 'orders', maxShardCount: 9});
    expect(answer.result).toBe('configured');
    expect(await world.value(key)).toEqual({...spec, maxShardCount: 9});
    const again = await world.call('updateSpec', {service: 'orders', maxShardCount: 9});
    expect(again).toMatchObject({result: 'unchanged', changed: false});
    await world.call('updateSpec', {service: 'orders', paused: true});
    expect(await world.value(key)).toMatchObject({paused: true, new: {a: 1}});
  });

  it('knows unknown, unreadable and leaving apps', async () => {
    const update = (service: string) => world.call('updateSpec', {service, maxShardCount: 1});
    await expect(update('nobody')).rejects.toMatchObject({code: 'APP_NOT_FOUND', httpStatus: 404});
    await world.put(world.keys.appSpec('broken'), '{"service":');
    await expect(update('broken')).rejects.toMatchObject({code: 'STORE_CORRUPT'});
    await world.call('addSpec', {service: 'leaving'});
    await world.call('delSpec', {service: 'leaving'});
    await expect(update('leaving')).rejects.toMatchObject({code: 'APP_DELETING', httpStatus: 409});
  });
});

describe('a spec of an app that cannot be read', () => {
  beforeEach(async () => {
    await world.call('addSpec', {service: 'orders', maxShardCount: 3});
  });
  const key = (): string => world.keys.appSpec('orders');
  const create = () => world.call('addSpec', {service: 'orders', maxShardCount: 7});

  it('is written again by create where it is damaged, and by nothing else', async () => {
    await world.put(key(), '{"service":');
    const fix = {code: 'STORE_CORRUPT', hint: expect.stringContaining('sm app create orders')};
    const update = world.call('updateSpec', {service: 'orders', maxShardCount: 7});
    await expect(update).rejects.toMatchObject(fix);
    await expect(world.call('exportApp', {service: 'orders'})).rejects.toMatchObject(fix);
    expect((await create()).result).toBe('configured');
    expect(await world.value(key())).toMatchObject({service: 'orders', maxShardCount: 7});
    expect((await create()).result).toBe('unchanged');
  });

  it('is paused when it is written again: nobody knows whether it was', async () => {
    await world.put(key(), '{"service":"orders","paused":true,');
    await create();
    const written = await world.value(key());
    expect(written).toMatchObject({paused: true, pause: {by: '127.0.0.1', until: ''}});
    expect(written).toMatchObject({pause: {reason: expect.stringContaining('was damaged')}});
    expect((await world.call('updateSpec', {service: 'orders', paused: false})).changed).toBe(true);
  });

  it('keeps what of it can be read', async () => {
    const pause = {reason: 'switch of rack 7', by: 'ann', at: '2026-01-01T00:00:00Z', until: ''};
    const kept = {
      ...{paused: true, pause, quota: {shards: 9}, new: {a: 1}},
      placement: {maxUnavailable: 2},
    };
    await world.put(key(), {...kept, service: 7, maxShardCount: 3, maxMoving: 4});
    await create();
    const written = await world.value(key());
    expect(written).toMatchObject({...kept, service: 'orders', maxShardCount: 7});
    expect(written).not.toHaveProperty('maxMoving');
  });

  it('is not created again while the app is being removed', async () => {
    await world.put(key(), {service: 7, deleting: true});
    await expect(create()).rejects.toMatchObject({code: 'APP_DELETING'});
  });

  it('is left alone where a newer version wrote it', async () => {
    const newer = {service: 'orders', v: 99};
    await world.put(key(), newer);
    await expect(create()).rejects.toMatchObject({code: 'STORE_CORRUPT'});
    expect(await world.value(key())).toEqual(newer);
  });
});

describe('removing an app', () => {
  it('marks it, and does so once', async () => {
    await world.call('addSpec', {service: 'orders'});
    expect((await world.call('delSpec', {service: 'orders'})).result).toBe('deleted');
    expect(await world.value(world.keys.appSpec('orders'))).toMatchObject({deleting: true});
    expect((await world.call('delSpec', {service: 'orders'})).result).toBe('unchanged');
    await expect(world.call('addSpec', {service: 'orders'})).rejects.toMatchObject({
      code: 'APP_DELETING',
    });
  });

  it('is 409 while it has shards or containers, unless forced', async () => {
    await world.call('addSpec', {service: 'orders'});
    await world.call('addShard', {service: 'orders', shardId: 's'});
    const remove = (force: boolean) => world.call('delSpec', {service: 'orders', force});
    await expect(remove(false)).rejects.toMatchObject({
      ...{code: 'APP_IN_USE', httpStatus: 409},
      hint: expect.stringContaining('sm app rm orders --force') as unknown,
    });
    await world.call('delShard', {service: 'orders', shardId: 's'});
    await world.join('orders', 'c1');
    await expect(remove(false)).rejects.toMatchObject({code: 'APP_IN_USE'});
    expect((await remove(true)).result).toBe('deleted');
  });

  it.each(['shard', 'container'] as const)(
    'is 409 where a %s comes after it was looked at: it would go with the app, without force',
    async (what) => {
      await world.call('addSpec', {service: 'orders'});
      const {memory} = world;
      const transact = memory.transact.bind(memory);
      memory.transact = async (transaction) => {
        memory.transact = transact;
        if (what === 'shard') await world.call('addShard', {service: 'orders', shardId: 's'});
        else await world.join('orders', 'c1');
        return transact(transaction);
      };
      const removing = world.call('delSpec', {service: 'orders'});
      await expect(removing).rejects.toMatchObject({code: 'APP_IN_USE'});
      expect(await world.value(world.keys.appSpec('orders'))).not.toHaveProperty('deleting');
    },
  );

  it('refuses unknown apps and sm itself', async () => {
    await expect(world.call('delSpec', {service: 'nobody'})).rejects.toMatchObject({
      code: 'APP_NOT_FOUND',
    });
    await expect(world.call('delSpec', {service: SERVICE, force: true})).rejects.toMatchObject({
      code: 'RESERVED_NAME',
    });
  });
});

describe('answers that are lost', () => {
  const create = (fate: ('applied' | 'dropped')[]) => {
    const memory = new MemoryStore();
    const lossy = new World({store: withLostAnswers(memory, fate)});
    return lossy.call('addSpec', {service: 'orders'});
  };

  it('a write that was applied is found by reading', async () => {
    expect(await create(['applied'])).toMatchObject({result: 'created', changed: true});
  });

  it('a write that is not to be seen is 503 and never repeated', async () => {
    await expect(create(['dropped'])).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      httpStatus: 503,
      retryable: true,
    });
  });
});

describe('views of apps', () => {
  it('count shards and containers at one revision', async () => {
    await world.call('addSpec', {service: 'orders'});
    const shards = ['a', 'b', 'c', 'd'].map((shardId) => ({shardId}));
    await world.call('addShards', {service: 'orders', shards});
    await world.join('orders', 'c1');
    await world.own('orders', 'a', {});
    await world.own('orders', 'b', {state: 'assigned', ready: false});
    await world.own('orders', 'c', {state: 'free', ready: false, failures: 5, lastError: 'no'});
    await world.own('orders', 'gone', {state: 'dropping'});
    await world.say('orders', {alarms: [{code: 'BRAKE', text: 'held', since: 'now'}]});
    const {app} = await world.call('getApp', {service: 'orders'});
    expect(app.shards).toEqual({
      total: 4,
      ready: 1,
      moving: 1,
      unplaced: 1,
      unknown: 0,
      failed: 1,
      quarantined: 0,
      removing: 1,
    });
    expect(app).toMatchObject({governor: 'daemon-1', settled: true, containers: {ready: 1}});
    expect(app.alarms).toMatchObject([
      {service: 'orders', code: 'BRAKE', text: 'held', since: 'now', object: ''},
    ]);
  });

  it('detail speaks the origin’s words', async () => {
    await world.call('addSpec', {service: 'orders'});
    await world.call('addShard', {service: 'orders', shardId: 'a', workerGroup: 'g'});
    await world.call('addShard', {service: 'orders', shardId: 'b'});
    await world.call('addWorker', {service: 'orders', workerGroup: 'g', worker: 'c1'});
    await world.join('orders', 'c1');
    await world.own('orders', 'a', {});
    expect(await world.call('detail', {service: 'orders'})).toMatchObject({
      spec: {service: 'orders'},
      shardSpec: {a: {id: 'a', workerGroup: 'g'}, b: {id: 'b'}},
      workerGroup: {g: ['c1']},
      allocate: {c1: ['a']},
      aliveContainers: ['c1'],
      notAllocateShards: ['b'],
    });
  });

  it('detail brings lease ids of the origin without losing digits', async () => {
    await world.call('addSpec', {service: 'orders'});
    const key = world.keys.shardSpec('orders', 'a');
    await world.put(key, '{"id":"a","lease":{"id":7587862094212915713}}');
    const {shardSpec} = await world.call('detail', {service: 'orders'});
    expect(encodeRecord(shardSpec)).toContain('7587862094212915713');
    await world.call('updateShard', {service: 'orders', shardId: 'a', task: 't'});
    expect((await world.memory.get(key)).entry?.value).toContain('"id":7587862094212915713');
  });

  it('status adds up the cluster', async () => {
    for (const service of ['one', 'two']) {
      await world.call('addSpec', {service});
      await world.call('addShard', {service, shardId: 's'});
      await world.join(service, 'c1');
    }
    await world.own('one', 's', {});
    await world.join(SERVICE, 'daemon-1');
    await world.put(world.keys.leader(), {
      v: 1,
      containerId: 'daemon-1',
      incarnation: 'daemon1-1',
      createTime: 1_700_000_000,
    });
    await world.put(world.keys.cluster(), {v: 1, epoch: 3, clusterId: 'x', maxRevision: 1});
    const seen = await world.call('status', {});
    expect(seen.counts).toMatchObject({daemons: 1, apps: 2, containers: 2, shards: 2, ready: 1});
    expect(seen.leader).toMatchObject({container: 'daemon-1', since: '2023-11-14T22:13:20.000Z'});
    expect(seen.daemons.map(({id}) => id)).toEqual(['daemon-1']);
    expect(seen.store.epoch).toBe(3);
  });
});
