/** A record outlives its container: nothing that people are shown may call such a shard ready. */
import {beforeEach, describe, expect, it} from 'vitest';
import {World} from './fixture.ts';

const app = {service: 'orders'};
let world: World;
beforeEach(async () => {
  world = new World();
  await world.call('addSpec', app);
  await world.call('addShards', {...app, shards: [{shardId: 's1'}, {shardId: 's2'}]});
  for (const container of ['c1', 'c2']) await world.join('orders', container);
  await world.own('orders', 's1', {});
  await world.own('orders', 's2', {container: 'c2', incarnation: 'c2-1'});
});

const LOST = {
  ...{state: 'unplaced', reason: 'its container c1 is lost', container: 'c1'},
};

async function shown(shardId: string) {
  const [shard] = (await world.call('getShards', {...app, shardId})).shards;
  return shard;
}

async function counts() {
  return (await world.call('getApp', app)).app.shards;
}

describe('the shards of a container', () => {
  it('are ready while it lives', async () => {
    expect(await counts()).toMatchObject({total: 2, ready: 2, unplaced: 0});
    expect(await shown('s1')).toMatchObject({state: 'ready', reason: ''});
    const suspect = {state: 'suspect', since: '', note: '', incarnation: 'c1-1'} as const;
    await world.say('orders', {containers: {c1: suspect}});
    expect(await counts()).toMatchObject({ready: 2});
  });

  it('are unplaced when its heartbeat is gone, wherever one looks', async () => {
    await world.delete(world.keys.heartbeat('orders', 'c1-1'));
    expect(await counts()).toMatchObject({total: 2, ready: 1, unplaced: 1});
    expect(await shown('s1')).toMatchObject(LOST);
    expect(await shown('s2')).toMatchObject({state: 'ready'});
    const {counts: all} = await world.call('status', {});
    expect(all).toMatchObject({shards: 2, ready: 1, unplaced: 1, containers: 1});
    const unplaced = await world.call('getShards', {...app, unplaced: true});
    expect(unplaced.shards.map(({id}) => id)).toEqual(['s1']);
    const {allocate, notAllocateShards} = await world.call('detail', app);
    expect(notAllocateShards).toEqual(['s1']);
    expect(allocate).toEqual({c2: ['s2']});
    const {containers} = await world.call('getContainers', app);
    expect(containers.find(({id}) => id === 'c1')).toMatchObject({
      state: 'lost',
      shards: {total: 1, ready: 0},
    });
  });

  it.each(['assigned', 'dropping'] as const)(
    'are unplaced when its heartbeat is gone, %s or not',
    async (state) => {
      await world.own('orders', 's1', {state, ready: false});
      await world.delete(world.keys.heartbeat('orders', 'c1-1'));
      expect(await shown('s1')).toMatchObject(LOST);
    },
  );

  it('are unplaced from the acceptance of a restore on, until it is heard again: all have stopped at the restore', async () => {
    const {revision} = await world.memory.status();
    const sinceMs = Date.parse('2026-01-02T02:00:00Z');
    const restored = {v: 1, clusterId: 'c', maxRevision: revision, epoch: 2};
    await world.put(world.keys.cluster(), {...restored, accepted: {revision, sinceMs}});
    expect(await counts()).toMatchObject({total: 2, ready: 0, unplaced: 2});
    expect((await world.call('status', {})).health).not.toBe('OK');
    expect((await world.call('getApp', app)).app.health).toBe('TROUBLE');
    const {containers} = await world.call('getContainers', app);
    const since = '2026-01-02T02:00:00.000Z';
    expect(containers).toMatchObject([
      {id: 'c1', state: 'silent', since},
      {id: 'c2', state: 'silent', since},
    ]);
    await world.join('orders', 'c2');
    expect(await counts()).toMatchObject({total: 2, ready: 1, unplaced: 1});
  });

  it('are unplaced when it is silent: its right to act is over', async () => {
    const silent = {state: 'silent', since: '', note: '', incarnation: 'c1-1'} as const;
    await world.say('orders', {containers: {c1: silent}});
    expect(await counts()).toMatchObject({ready: 1, unplaced: 1});
    expect(await shown('s1')).toMatchObject({
      state: 'unplaced',
      reason: 'its container c1 is silent',
    });
    const {containers} = await world.call('getContainers', app);
    expect(containers.find(({id}) => id === 'c1')?.shards).toMatchObject({total: 1, ready: 0});
    // The word on another incarnation of it says nothing of this one.
    await world.say('orders', {containers: {c1: {...silent, incarnation: 'c1-0'}}});
    expect(await counts()).toMatchObject({ready: 2});
  });

  it('are unplaced when its heartbeat cannot be read', async () => {
    await world.put(world.keys.heartbeat('orders', 'c1-1'), 'no JSON');
    expect(await shown('s1')).toMatchObject({
      state: 'unplaced',
      reason: 'the heartbeat of its container c1 cannot be read',
    });
  });

  it('have no reason of an older summary once they are served', async () => {
    await world.say('orders', {
      ...{unplacedCount: 1, unplaced: [{shard: 's1', reason: 'no-container'}]},
    });
    expect(await shown('s1')).toMatchObject({state: 'ready', reason: ''});
  });

  it('have the governor’s reason before ours', async () => {
    await world.delete(world.keys.heartbeat('orders', 'c1-1'));
    await world.say('orders', {unplacedCount: 1, unplaced: [{shard: 's1', reason: 'capacity'}]});
    expect(await shown('s1')).toMatchObject({state: 'unplaced', reason: 'capacity'});
  });
});
