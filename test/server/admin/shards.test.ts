import {beforeEach, describe, expect, it, vi} from 'vitest';
import {AppView} from '../../../src/appstate/app-view.ts';
import {adminRoutes} from '../../../src/protocol/admin.ts';
import {ShardPages} from '../../../src/server/admin/read/shard-reads.ts';
import {NOW_MS, SERVICE, World} from './fixture.ts';

const app = {service: 'orders'};
let world: World;
beforeEach(async () => {
  world = new World();
  await world.call('addSpec', app);
});

const spec = (id: string) => world.value(world.keys.shardSpec('orders', id));

it('without a home are all counted, also where the summary names some of them', async () => {
  for (const shardId of ['s1', 's2', 's3', 's4']) await world.call('addShard', {...app, shardId});
  for (const shard of ['s1', 's2', 's3'])
    await world.own('orders', shard, {state: 'free', ready: false});
  await world.own('orders', 's4', {});
  await world.join('orders', 'c1');
  const unplaced = [{shard: 's1', reason: 'no-container'}];
  await world.say('orders', {unplaced, unplacedCount: 3});
  const counts = async () => (await world.call('getApp', app)).app.shards;
  expect(await counts()).toMatchObject({total: 4, ready: 1, moving: 0, unplaced: 3});
  await world.say('orders', {unplaced, unplacedCount: 2});
  expect(await counts()).toMatchObject({moving: 1, unplaced: 2});
});

describe('one shard', () => {
  it('is created, unchanged with the same content, 409 with other content', async () => {
    const shard = {...app, shardId: 'a/ä 1', task: 't', group: 'g'};
    expect((await world.call('addShard', shard)).result).toBe('created');
    expect((await world.call('addShard', shard)).result).toBe('unchanged');
    for (const other of [{task: 'u'}, {group: ''}, {workerGroup: 'w'}, {manualContainerId: 'c'}]) {
      await expect(world.call('addShard', {...shard, ...other})).rejects.toMatchObject({
        code: 'SHARD_EXISTS',
        httpStatus: 409,
        message: expect.stringContaining(`other content: ${Object.keys(other).join()}`),
        hint: expect.stringContaining('sm shard update'),
      });
    }
    expect(await spec('a/ä 1')).toEqual({
      id: 'a/ä 1',
      service: 'orders',
      task: 't',
      updateTime: NOW_MS / 1_000,
      manualContainerId: '',
      group: 'g',
      workerGroup: '',
    });
  });

  it('is created with a warning where no push container may get it', async () => {
    const bad = await world.call('addShard', {...app, shardId: '../../own'});
    expect(bad).toMatchObject({result: 'created'});
    expect(bad.warning).toMatch(
      /^push containers never get shard \.\.\/\.\.\/own: the id has a part/,
    );
    expect((await world.call('addShard', {...app, shardId: 'a/b'})).warning).toBeUndefined();
    const {items} = await world.call('addShards', {
      ...{service: 'orders', shards: [{shardId: 'x//y'}, {shardId: 'x'}, {shardId: ''}]},
    });
    expect(items.map(({warning}) => warning !== undefined)).toEqual([true, false, false]);
  });

  it('needs an app that stays', async () => {
    await expect(world.call('addShard', {service: 'nobody', shardId: 's'})).rejects.toMatchObject({
      code: 'APP_NOT_FOUND',
      httpStatus: 404,
    });
    await expect(world.call('addShard', {service: SERVICE, shardId: 's'})).rejects.toMatchObject({
      code: 'RESERVED_NAME',
    });
    await world.call('delSpec', app);
    await expect(world.call('addShard', {...app, shardId: 's'})).rejects.toMatchObject({
      code: 'APP_DELETING',
    });
  });

  it('counts its tasks, and only them, and keeps unknown fields', async () => {
    await world.put(world.keys.shardSpec('orders', 's'), {
      id: 's',
      service: 'orders',
      task: 'old',
      updateTime: 1,
      lease: {id: '7'},
    });
    const update = (change: object) => world.call('updateShard', {...app, shardId: 's', ...change});
    expect((await update({task: 'new'})).result).toBe('configured');
    expect(await spec('s')).toMatchObject({task: 'new', taskVersion: 1, lease: {id: '7'}});
    expect((await update({task: 'new'})).result).toBe('unchanged');
    expect((await update({manualContainerId: 'c2'})).result).toBe('configured');
    expect(await spec('s')).toMatchObject({taskVersion: 1, manualContainerId: 'c2'});
    await expect(world.call('updateShard', {...app, shardId: 'x'})).rejects.toMatchObject({
      code: 'SHARD_NOT_FOUND',
    });
  });

  it.each([
    ['{"id":', 'exists and cannot be read: remove it, then add it again'],
    [
      '{"id":"s","v":99}',
      'exists and cannot be read: it was written by a newer sm, bring the daemons to that version',
    ],
  ])('says of the value %s that it cannot be read, not that it differs', async (value, error) => {
    await world.put(world.keys.shardSpec('orders', 's'), value);
    const add = world.call('addShard', {...app, shardId: 's'});
    await expect(add).rejects.toMatchObject({code: 'STORE_CORRUPT'});
    const {items} = await world.call('addShards', {...app, shards: [{shardId: 's'}]});
    expect(items).toMatchObject([{shardId: 's', result: 'conflict', error}]);
  });

  it('is removed by its spec alone', async () => {
    await world.call('addShard', {...app, shardId: 's'});
    await world.join('orders', 'c1');
    await world.own('orders', 's', {});
    expect((await world.call('delShard', {...app, shardId: 's'})).result).toBe('deleted');
    expect(await world.value(world.keys.ownership('orders', 's'))).toBeDefined();
    await expect(world.call('delShard', {...app, shardId: 's'})).rejects.toMatchObject({
      code: 'SHARD_NOT_FOUND',
    });
    const [view] = (await world.call('getShards', app)).shards;
    expect(view).toMatchObject({id: 's', removing: true, state: 'ready'});
  });
});

describe('locating', () => {
  it('names owner, endpoint, token and state', async () => {
    await world.call('addShard', {...app, shardId: 's'});
    const locate = () => world.call('locate', {...app, shardId: 's'});
    expect(await locate()).toMatchObject({owner: '', token: '', state: 'unplaced', ready: false});
    await world.join('orders', 'c1');
    const claim = await world.own('orders', 's', {ready: false});
    const token = `${'1'.padStart(19, '0')}.${String(claim).padStart(19, '0')}`;
    expect(await locate()).toMatchObject({
      owner: 'c1',
      incarnation: 'c1-1',
      endpoint: 'c1:1',
      token,
      state: 'owned',
      ready: false,
    });
    await world.own('orders', 's', {token});
    expect(await locate()).toMatchObject({token, state: 'ready', ready: true});
    await world.delete(world.keys.heartbeat('orders', 'c1-1'));
    expect(await locate()).toMatchObject({
      owner: 'c1',
      endpoint: '',
      state: 'unplaced',
      ready: false,
      reason: 'its container c1 is lost',
    });
  });

  it('tells unknown shards and apps', async () => {
    await expect(world.call('locate', {...app, shardId: 'x'})).rejects.toMatchObject({
      code: 'SHARD_NOT_FOUND',
    });
    await expect(world.call('locate', {service: 'no', shardId: 'x'})).rejects.toMatchObject({
      code: 'APP_NOT_FOUND',
    });
  });
});

describe('listing', () => {
  beforeEach(async () => {
    const shards = Array.from({length: 25}, (_, i) => ({
      shardId: `s${String(i).padStart(2, '0')}`,
    }));
    await world.call('addShards', {...app, shards});
    await world.join('orders', 'c1');
    for (const id of ['s00', 's01', 's02']) await world.own('orders', id, {});
    const held = {container: 'c2', incarnation: await world.join('orders', 'c2')};
    await world.own('orders', 's03', {state: 'dropping', ready: false, ...held});
    await world.say('orders', {unplacedCount: 1, unplaced: [{shard: 's09', reason: 'capacity'}]});
    await world.put(world.keys.ownership('orders', 's10'), '{"v":99}');
    await world.put(world.keys.ownership('orders', 's11'), 'garbage');
  });

  it('pages at one revision, whatever is added in between', async () => {
    const seen: string[] = [];
    const revisions = new Set<string>();
    let cursor: string | undefined;
    do {
      const query = cursor === undefined ? {...app, limit: 7} : {...app, limit: 7, cursor};
      const page = await world.call('getShards', query);
      seen.push(...page.shards.map(({id}) => id));
      revisions.add(page.revision);
      cursor = page.next === '' ? undefined : page.next;
      await world.call('addShard', {...app, shardId: `later-${seen.length}`});
    } while (cursor !== undefined);
    expect(seen).toEqual(Array.from({length: 25}, (_, i) => `s${String(i).padStart(2, '0')}`));
    expect(revisions.size).toBe(1);
  });

  it('show each shard as it was at the first page, and copy no app for it', async () => {
    const copying = vi.spyOn(AppView.prototype, 'copying');
    const query = {...app, limit: 2};
    for (const asked of [query, {...query, state: 'ready' as const}]) {
      const first = await world.call('getShards', asked);
      await world.own('orders', 's02', {state: 'dropping', ready: false});
      const next = await world.call('getShards', {...asked, cursor: first.next});
      expect(next.shards[0]).toMatchObject({id: 's02', state: 'ready', container: 'c1'});
      await world.own('orders', 's02', {});
    }
    expect(copying).not.toHaveBeenCalled();
    copying.mockRestore();
  });

  it('filters', async () => {
    const ids = async (query: object) =>
      (await world.call('getShards', {...app, ...query})).shards.map(({id}) => id);
    expect(await ids({state: 'ready'})).toEqual(['s00', 's01', 's02']);
    expect(await ids({container: 'c2'})).toEqual(['s03']);
    expect(await ids({state: 'quarantined'})).toEqual(['s10', 's11']);
    expect(await ids({shardId: 's05'})).toEqual(['s05']);
    expect((await ids({unplaced: true})).length).toBe(21);
    const page = await world.call('getShards', {...app, state: 'ready', limit: 2});
    expect(page).toMatchObject({matched: 3, total: 25});
  });

  it('gives the reason of what is not placed or not readable', async () => {
    const {shards} = await world.call('getShards', app);
    expect(shards.find(({id}) => id === 's09')).toMatchObject({
      state: 'unplaced',
      reason: 'capacity',
    });
    expect(shards.find(({id}) => id === 's11')?.reason).not.toBe('');
  });

  it('of what a filter has found do not look for it again', async () => {
    const looks = vi.spyOn(AppView.prototype, 'isQuarantined');
    const query = {...app, state: 'ready' as const, limit: 1};
    const first = await world.call('getShards', query);
    const looksOfFirst = looks.mock.calls.length;
    const next = await world.call('getShards', {...query, cursor: first.next});
    expect(next.shards.map(({id}) => id)).toEqual(['s01']);
    expect(looks.mock.calls.length - looksOfFirst).toBeLessThan(first.total);
    const other = {...query, state: 'unplaced' as const, cursor: first.next};
    expect((await world.call('getShards', other)).matched).not.toBe(first.matched);
  });

  it('forget the listing behind them when nobody asks for the next one', async () => {
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true});
    try {
      for (const shardId of ['a', 'b']) await world.call('addShard', {...app, shardId});
      const pages = new ShardPages(world.dependencies);
      const query = adminRoutes.getShards.request.parse({...app, limit: 1});
      const first = await pages.page(query);
      await world.call('addShard', {...app, shardId: 'c'});
      const next = {...query, cursor: first.next};
      expect((await pages.page(next)).total).toBe(first.total);
      vi.advanceTimersByTime(30_000);
      expect((await pages.page(next)).total).toBe(first.total + 1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('refuses a cursor that is none', async () => {
    await expect(world.call('getShards', {...app, cursor: 'x'})).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});
