import {beforeEach, describe, expect, it, vi} from 'vitest';
import {containerLines} from '../../../src/cli/container-table.ts';
import type {ContainerView} from '../../../src/protocol/admin.ts';
import {encodeIdHolder} from '../../../src/protocol/container-id.ts';
import {heartbeat, SERVICE, World} from './fixture.ts';

const app = {service: 'orders'};
let world: World;
beforeEach(async () => {
  world = new World();
  await world.call('addSpec', app);
});

const list = async (): Promise<ContainerView[]> =>
  (await world.call('getContainers', app)).containers;
const state = async (id: string) => (await list()).find((one) => one.id === id)?.state;

describe('containers', () => {
  it('are shown with what they say of themselves and what they hold', async () => {
    await world.join('orders', 'c1', {labels: {rack: '7'}, zone: 'z9'});
    await world.own('orders', 'a', {});
    await world.own('orders', 'b', {ready: false});
    await world.own('orders', 'c', {state: 'dropping', ready: false});
    await world.own('orders', 'd', {state: 'free', ready: false});
    expect(await list()).toMatchObject([
      {
        id: 'c1',
        incarnation: 'c1-1',
        state: 'ready',
        endpoint: 'c1:1',
        zone: 'z9',
        labels: {rack: '7'},
        ttlMs: 10_000,
        shards: {total: 3, ready: 1, dropping: 1},
        order: null,
      },
    ]);
  });

  it('are shown to people with the version and the labels that they have registered', async () => {
    await world.join('orders', 'c1', {version: '5.1', labels: {rack: 'r7', row: '2'}});
    await world.join('orders', 'c2', {version: '', labels: {}});
    const [c1, c2] = (await list()).map((one) => containerLines(one).join('\n'));
    expect(c1).toContain('\nversion 5.1, labels rack=r7 row=2\n');
    expect(c2).not.toMatch(/version|labels/);
  });

  it('take the governor’s word for what only its clock knows', async () => {
    await world.join('orders', 'c1');
    await world.join('orders', 'c2');
    await world.join('orders', 'c3', {state: 'leaving'});
    const since = '2026-01-01T00:00:00.000Z';
    const word = {since, note: '', incarnation: 'c1-1'} as const;
    await world.say('orders', {
      containers: {
        c1: {...word, state: 'silent'},
        c2: {...word, state: 'silent', incarnation: 'an-older-one'},
      },
    });
    expect(await list()).toMatchObject([
      {id: 'c1', state: 'silent', since},
      {id: 'c2', state: 'ready'},
      {id: 'c3', state: 'leaving'},
    ]);
  });

  it('are lost while records name what has no heartbeat; two incarnations are two rows', async () => {
    await world.join('orders', 'c1');
    await world.put(world.keys.heartbeat('orders', 'c1-2'), heartbeat('c1', {state: 'waiting'}));
    await world.own('orders', 'a', {container: 'c9', incarnation: 'c9-1'});
    expect((await list()).map(({id, incarnation, state}) => [id, incarnation, state])).toEqual([
      ['c1', 'c1-1', 'ready'],
      ['c1', 'c1-2', 'waiting'],
      ['c9', 'c9-1', 'lost'],
    ]);
  });

  it('that wait for their id say which process has it', async () => {
    const first = heartbeat('c1', {host: 'h1', pid: 41});
    await world.put(world.keys.heartbeat('orders', 'c1-1'), first);
    await world.put(world.keys.containerId('orders', 'c1'), '{"incarnation":"c1-1"}');
    await world.put(world.keys.heartbeat('orders', 'c1-2'), heartbeat('c1', {state: 'waiting'}));
    expect((await list()).map(({incarnation, note}) => [incarnation, note])).toEqual([
      ['c1-1', ''],
      ['c1-2', 'waits for its id, which another process has: process 41 on h1'],
    ]);
    await world.put(world.keys.containerId('orders', 'c1'), '{"incarnation":""}');
    expect((await list()).map(({note}) => note)).toEqual(['', '']);
  });

  it('show a heartbeat that cannot be read', async () => {
    await world.put(world.keys.heartbeat('orders', 'x-1'), 'garbage');
    expect(await list()).toMatchObject([{incarnation: 'x-1', state: 'unreachable'}]);
  });
});

describe('orders', () => {
  beforeEach(async () => {
    await world.join('orders', 'c1');
  });

  it('count the shards of the container in the view that is there', async () => {
    for (const id of ['s1', 's2']) await world.own('orders', id, {});
    await list();
    const listing = vi.spyOn(world.memory, 'list');
    for (const operation of ['drain', 'uncordon'] as const) {
      const answer = await world.call(operation, {...app, container: 'c1'});
      expect(answer).toMatchObject({shards: 2});
    }
    expect(listing).not.toHaveBeenCalled();
  });

  it('cordon stays, keeps its reason, and is taken back', async () => {
    const cordon = {...app, container: 'c1', reason: 'disk'};
    expect(await world.call('cordon', cordon)).toMatchObject({result: 'created', shards: 0});
    expect((await world.call('cordon', cordon)).result).toBe('unchanged');
    expect((await world.call('cordon', {...cordon, reason: 'fan'})).result).toBe('configured');
    expect(await list()).toMatchObject([
      {state: 'cordoned', order: {order: 'cordon', reason: 'fan', by: '127.0.0.1', keep: true}},
    ]);
    expect((await world.call('uncordon', {...app, container: 'c1'})).result).toBe('deleted');
    expect((await world.call('uncordon', {...app, container: 'c1'})).result).toBe('unchanged');
    expect(await state('c1')).toBe('ready');
  });

  it('a drain ends with its incarnation unless it is kept', async () => {
    await world.own('orders', 'a', {});
    const drain = {...app, container: 'c1'};
    expect(await world.call('drain', drain)).toMatchObject({result: 'created', shards: 1});
    expect(await state('c1')).toBe('draining');
    await world.delete(world.keys.heartbeat('orders', 'c1-1'));
    await world.put(world.keys.heartbeat('orders', 'c1-2'), heartbeat('c1', {state: 'ready'}));
    await world.put(world.keys.containerId('orders', 'c1'), encodeIdHolder('c1-2'));
    const next = (await list()).find(({incarnation}) => incarnation === 'c1-2');
    expect(next?.state).toBe('ready');
    await world.call('drain', {...drain, keep: true});
    expect((await list()).find(({incarnation}) => incarnation === 'c1-2')?.state).toBe('draining');
  });

  it('a drain that is said again after its process has ended does not wait for the next one', async () => {
    await world.join('orders', 'c1');
    const drain = {...app, container: 'c1'};
    await world.call('drain', drain);
    await world.delete(world.keys.heartbeat('orders', 'c1-1'));
    await world.delete(world.keys.containerId('orders', 'c1'));
    const again = await world.call('drain', {...drain, reason: 'the same deploy once more'});
    expect(again).toMatchObject({result: 'unchanged', changed: false});
    expect(again.warning).toBe(
      'c1 has no process now, so none is drained; keep: true (--keep) drains the next one',
    );
    await world.put(world.keys.containerId('orders', 'c1'), encodeIdHolder('', 'c1-1'));
    expect(await world.call('drain', drain)).toMatchObject({result: 'unchanged'});
    await world.put(world.keys.heartbeat('orders', 'c1-2'), heartbeat('c1'));
    await world.put(world.keys.containerId('orders', 'c1'), encodeIdHolder('c1-2'));
    expect(await state('c1')).toBe('ready');
    await world.delete(world.keys.containerId('orders', 'c1'));
    const kept = await world.call('drain', {...drain, keep: true});
    expect(kept).toMatchObject({result: 'configured'});
    expect(kept).not.toHaveProperty('warning');
  });

  it('a cordon becomes a drain', async () => {
    await world.call('cordon', {...app, container: 'c1'});
    expect((await world.call('drain', {...app, container: 'c1'})).result).toBe('configured');
    expect(await state('c1')).toBe('draining');
  });

  it('unknown containers and apps are refused; sm’s own daemons may be drained', async () => {
    await expect(world.call('cordon', {...app, container: 'typo'})).rejects.toMatchObject({
      code: 'CONTAINER_NOT_FOUND',
      httpStatus: 404,
    });
    const other = {service: 'nobody', container: 'c1'};
    await expect(world.call('drain', other)).rejects.toMatchObject({code: 'APP_NOT_FOUND'});
    await world.join(SERVICE, 'daemon-1');
    const own = {service: SERVICE, container: 'daemon-1'};
    expect((await world.call('drain', own)).result).toBe('created');
  });

  it('an order outlives its container and is shown', async () => {
    await world.call('cordon', {...app, container: 'c1'});
    await world.delete(world.keys.heartbeat('orders', 'c1-1'));
    expect(await list()).toMatchObject([{id: 'c1', incarnation: '', state: 'cordoned'}]);
  });

  it('a drain is over with its process: neither who is gone has it, nor who comes next', async () => {
    await world.call('drain', {...app, container: 'c1'});
    await world.delete(world.keys.heartbeat('orders', 'c1-1'));
    expect(await list()).toEqual([]);
    await world.put(world.keys.heartbeat('orders', 'c1-2'), heartbeat('c1'));
    await world.put(world.keys.containerId('orders', 'c1'), encodeIdHolder('c1-2'));
    expect(await list()).toMatchObject([{id: 'c1', state: 'ready', order: null}]);
  });
});

describe('worker groups', () => {
  it('are sets of containers', async () => {
    const member = (worker: string) => ({...app, workerGroup: 'fast', worker});
    expect((await world.call('addWorker', member('[::1]:80'))).result).toBe('created');
    expect((await world.call('addWorker', member('[::1]:80'))).result).toBe('unchanged');
    await world.call('addWorker', member('10.0.0.1:80'));
    expect(await world.call('getWorker', app)).toEqual({
      workers: {fast: ['10.0.0.1:80', '[::1]:80']},
    });
    expect((await world.call('delWorker', member('[::1]:80'))).result).toBe('deleted');
    await expect(world.call('delWorker', member('[::1]:80'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(
      world.call('addWorker', {...member('c'), service: 'nobody'}),
    ).rejects.toMatchObject({code: 'APP_NOT_FOUND'});
  });
});

describe('a container whose heartbeat cannot be read', () => {
  beforeEach(async () => {
    await world.join('orders', 'c1');
    await world.put(world.keys.heartbeat('orders', 'c1-1'), 'no JSON');
  });

  it('is shown by name, with what is wrong', async () => {
    const {containers} = await world.call('getContainers', app);
    expect(containers.find(({incarnation}) => incarnation === 'c1-1')).toMatchObject({
      ...{id: 'c1', state: 'unreachable', ttlMs: 60_000},
      problem: expect.stringContaining('no JSON') as string,
    });
  });

  it('can be evicted: its next heartbeat, if it lives, finds the word', async () => {
    const answer = await world.call('evict', {...app, container: 'c1'});
    expect(answer).toMatchObject({result: 'configured', changed: true});
    expect(await list()).toMatchObject([{id: 'c1', state: 'leaving', ttlMs: 60_000, problem: ''}]);
    expect((await world.call('evict', {...app, container: 'c1'})).result).toBe('unchanged');
  });

  it('and whom no id key names can be evicted by its incarnation', async () => {
    await world.delete(world.keys.containerId('orders', 'c1'));
    await expect(world.call('evict', {...app, container: 'c9'})).rejects.toMatchObject({
      code: 'CONTAINER_NOT_FOUND',
    });
    expect((await world.call('evict', {...app, container: 'c1-1'})).result).toBe('configured');
  });
});

describe('a container whose id key was changed by hand', () => {
  const problemOf = async () => {
    const {containers} = await world.call('getContainers', app);
    const {id, state, problem} = containers.find(({incarnation}) => incarnation === 'c1-1') ?? {};
    expect({id, state}).toEqual({id: 'c1', state: 'unreachable'});
    return problem;
  };

  beforeEach(() => world.join('orders', 'c1'));

  it('so that it cannot be read: is shown, and can be evicted', async () => {
    await world.put(world.keys.containerId('orders', 'c1'), 'no JSON');
    expect(await problemOf()).toBe('its id key cannot be read: restart it');
    expect((await world.call('evict', {...app, container: 'c1'})).result).toBe('configured');
  });

  it('so that it is gone: is shown, for the governor gives it nothing', async () => {
    await world.delete(world.keys.containerId('orders', 'c1'));
    expect(await problemOf()).toBe('its id key is gone: restart it');
  });

  it('so that another process could take it: is shown beside the other one', async () => {
    await world.put(world.keys.heartbeat('orders', 'c1-2'), heartbeat('c1', {state: 'ready'}));
    await world.put(world.keys.containerId('orders', 'c1'), encodeIdHolder('c1-2'));
    expect(await problemOf()).toBe('its id key names another process: restart this one');
    const {containers} = await world.call('getContainers', app);
    expect(containers.map(({problem}) => problem !== '')).toEqual([true, false]);
  });
});
