import {beforeEach, describe, expect, it} from 'vitest';
import {diffApp} from '../../../src/cli/apps-diff.ts';
import {parseApps} from '../../../src/config/apps-file.ts';
import {printApps} from '../../../src/config/apps-print.ts';
import {World} from './fixture.ts';

const service = 'orders';
let world: World;
beforeEach(() => {
  world = new World();
});

describe('the placement policy of an app', () => {
  it('is set, shown, changed as a whole and taken back', async () => {
    const placement = {quietTime: 45, moving: {zone: 3}};
    await world.call('addSpec', {service, placement});
    expect((await world.call('getApp', {service})).app).toMatchObject({placement, quiet: null});
    expect((await world.call('addSpec', {service, placement})).result).toBe('unchanged');
    await expect(world.call('addSpec', {service})).rejects.toMatchObject({code: 'APP_EXISTS'});
    const update = async (policy: object) =>
      (await world.call('updateSpec', {service, placement: policy})).result;
    expect(await update({moving: {zone: 3}, quietTime: 45})).toBe('unchanged');
    expect(await update({slowStart: 2})).toBe('configured');
    await world.call('updateSpec', {service, maxShardCount: 7});
    expect((await world.call('getApp', {service})).app.placement).toEqual({slowStart: 2});
    expect(await update({})).toBe('configured');
    expect((await world.call('getApp', {service})).app.placement).toEqual({});
  });

  it('that contradicts is refused with both fields, whichever of them changes', async () => {
    const moving = {container: 5};
    await expect(
      world.call('addSpec', {service, maxMoving: 4, placement: {moving}}),
    ).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/placement.moving.container and maxMoving/) as unknown,
    });
    await world.call('addSpec', {service, placement: {moving}});
    await expect(world.call('updateSpec', {service, maxMoving: 4})).rejects.toThrow(/maxMoving/);
  });
});

describe('terms of shards', () => {
  it('are content: the same is unchanged, other is a conflict, and they can be changed and taken back', async () => {
    await world.call('addSpec', {service});
    const terms = {load: {qps: 2}, spreadKey: 'k', priority: 3};
    const add = (over: object) => world.call('addShard', {service, shardId: 'a', ...over});
    await add(terms);
    expect((await add(terms)).result).toBe('unchanged');
    await expect(add({...terms, priority: 4})).rejects.toThrow(/priority/);
    await expect(add({...terms, load: {}})).rejects.toThrow(/load/);
    const shown = async () => (await world.call('getShards', {service})).shards[0];
    expect(await shown()).toMatchObject(terms);
    await world.call('updateShard', {service, shardId: 'a', load: {}, priority: 0});
    expect(await shown()).toMatchObject({spreadKey: 'k'});
    expect(await shown()).not.toHaveProperty('load');
    expect(await shown()).not.toHaveProperty('priority');
  });
});

it('what is exported is what a file with it asks for', async () => {
  await world.call('addSpec', {service, placement: {metrics: [{name: 'qps'}], quietTime: 45}});
  await world.call('addShard', {service, shardId: 'a', load: {qps: 2}, priority: -1});
  const exported = await world.call('exportApp', {service});
  const text = printApps([{name: service, revision: exported.specRevision, ...exported.app}]);
  const [app] = parseApps([{file: 'apps.yml', text}]);
  if (app === undefined) throw new Error('nothing was exported');
  expect(diffApp(app, exported)).toMatchObject({spec: [], add: [], update: []});
  const other = {
    ...app,
    placement: undefined,
    shards: app.shards.map((one) => ({...one, load: {}})),
  };
  const {spec, update} = diffApp(other, exported);
  expect(spec).toEqual([
    {field: 'placement', from: '{"metrics":[{"name":"qps"}],"quietTime":45}', to: ''},
  ]);
  expect(update[0]?.changes).toEqual([{field: 'load', from: 'qps=2', to: ''}]);
});

describe('an override of a container', () => {
  const set = (said: object) => world.call('setContainer', {service, container: 'c1', ...said});
  const shown = async () => (await world.call('getContainers', {service})).containers[0];

  it('counts instead of what it registered with, field by field, until it is taken back', async () => {
    await world.call('addSpec', {service});
    await world.join(service, 'c1', {weight: 2, zone: 'z1'});
    expect(await shown()).toMatchObject({weight: 2, capacity: 0, zone: 'z1', override: null});
    expect((await set({weight: 0.5, reason: 'slow disk'})).result).toBe('created');
    expect((await set({weight: 0.5})).result).toBe('unchanged');
    expect((await set({capacity: 10})).result).toBe('configured');
    expect(await shown()).toMatchObject({
      ...{weight: 0.5, capacity: 10, zone: 'z1'},
      override: {weight: 0.5, capacity: 10, zone: null, by: '127.0.0.1'},
    });
    expect((await set({weight: null, capacity: null})).result).toBe('deleted');
    expect((await set({weight: null})).result).toBe('unchanged');
    expect(await shown()).toMatchObject({weight: 2, capacity: 0, override: null});
  });

  it('is not set for a container that nobody knows', async () => {
    await world.call('addSpec', {service});
    await expect(set({weight: 1})).rejects.toMatchObject({code: 'CONTAINER_NOT_FOUND'});
  });
});
