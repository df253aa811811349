/** Loads as every daemon shows them: by the governor's last summary, and nothing where the app is not balanced by loads. */
import {beforeEach, expect, it} from 'vitest';
import {containerColumns} from '../../../src/cli/container-table.ts';
import {loadText, loadsText, ratiosText} from '../../../src/model/load-text.ts';
import {World} from './fixture.ts';

const app = {service: 'orders'};
let world: World;
beforeEach(async () => {
  world = new World();
  await world.call('addSpec', app);
  for (const shardId of ['a', 'b', 'c']) await world.call('addShard', {...app, shardId});
  for (const container of ['c1', 'c2']) await world.join('orders', container);
  for (const shard of ['a', 'b']) await world.own('orders', shard, {});
  await world.own('orders', 'c', {container: 'c2', incarnation: 'c2-1'});
});

const containers = async () => (await world.call('getContainers', app)).containers;
const shards = async () => (await world.call('getShards', app)).shards;

/** The governor's summary. */
async function summary(): Promise<void> {
  await world.put(world.keys.load('orders', 0), {
    ...{v: 1, at: '2026-01-01T00:00:00.000Z', part: 0, parts: 1, omitted: 0, metrics: ['qps']},
    shards: [
      ['a', 30],
      ['b', 50],
    ],
    containers: [['c1', {cpu: 0.25, memoryBytes: 2e9}]],
  });
}

/** Beside what an operation may say today: the policy as it stands in the record. */
async function balanceBy(metric: string): Promise<void> {
  const key = world.keys.appSpec('orders');
  const {entry} = await world.memory.get(key);
  const spec = JSON.parse(entry?.value ?? '{}') as object;
  await world.put(key, {...spec, placement: {metrics: [{name: metric}]}});
}

it('nothing is shown of an app that is not balanced by loads', async () => {
  await summary();
  for (const one of await containers()) expect(one).not.toHaveProperty('load');
  for (const one of await shards()) expect(one).not.toHaveProperty('currentLoad');
  expect(containerColumns(await containers()).map(({header}) => header)).not.toContain('LOAD');
});

it('shards and containers have the loads of the summary; of which nothing is known has none, and its container bears the mean for it', async () => {
  await summary();
  await balanceBy('qps');
  expect((await shards()).map(({id, currentLoad}) => [id, currentLoad])).toEqual([
    ['a', {qps: 30}],
    ['b', {qps: 50}],
    ['c', {}],
  ]);
  const seen = await containers();
  expect(seen).toMatchObject([
    {id: 'c1', load: {qps: 80}, loadRatio: {qps: 1.33}, own: {cpu: 0.25, memoryBytes: 2e9}},
    {id: 'c2', load: {qps: 40}, loadRatio: {qps: 0.667}, own: {}},
  ]);
  expect(containerColumns(seen).map(({header}) => header)).toContain('LOAD');
  const {shard} = await world.call('why', {...app, shardId: 'a'});
  expect(shard.currentLoad).toEqual({qps: 30});
});

it('no load is shown, and none of 0, before anything is known', async () => {
  await balanceBy('qps');
  for (const {currentLoad} of await shards()) expect(currentLoad).toEqual({});
});

it('are short as text', () => {
  expect([0, 12, 999, 4_096, 1_250_000, 1e12].map(loadText)).toEqual([
    ...['0', '12', '999', '4.1k', '1.25M', '1T'],
  ]);
  expect(loadsText({qps: 12, bytes: 4_096})).toBe('qps 12, bytes 4.1k');
  expect(ratiosText({qps: 101}, {qps: 1.961})).toBe('qps 101 (1.96x)');
});
