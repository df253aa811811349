/** What an update has changed, before and after. */
import {expect, it} from 'vitest';
import {auditedChanges} from '../../../../src/server/admin/write/audited-changes.ts';
import {World} from '../fixture.ts';

const rewrite = (before: object, after: object) => ({
  ...{object: 'shard/s1', before: JSON.stringify(before), after: JSON.stringify(after)},
});

it('names the fields that differ, and none that change with every write', () => {
  const changed = auditedChanges([
    rewrite({task: 'a', updateTime: 1}, {task: 'b', updateTime: 2, group: 'g'}),
  ]);
  expect(changed).toEqual([
    {object: 'shard/s1', field: 'task', before: 'a', after: 'b'},
    {object: 'shard/s1', field: 'group', before: '', after: 'g'},
  ]);
});

it('is bounded, whatever the values are', () => {
  const many = Array.from({length: 50}, () =>
    rewrite({task: 'a'.repeat(5_000)}, {task: 'b'.repeat(5_000)}),
  );
  const changed = auditedChanges(many);
  expect(changed).toHaveLength(10);
  expect(changed.every(({before, after}) => before.length <= 100 && after.length <= 100)).toBe(
    true,
  );
  expect(auditedChanges([{object: 'x', before: 'no JSON', after: 'null'}])).toEqual([]);
});

it('stands in the events of an app and of a shard', async () => {
  const world = new World();
  const app = {service: 'orders'};
  await world.call('addSpec', {...app, maxShardCount: 3});
  await world.call('addShard', {...app, shardId: 's1'});
  await world.call('updateSpec', {...app, maxShardCount: 7});
  await world.call('updateShard', {...app, shardId: 's1', manualContainerId: 'c1'});
  const {events} = await world.call('events', app);
  expect(events.flatMap((event) => (event.type === 'audit' ? event.changed : []))).toEqual([
    {object: 'app/orders', field: 'maxShardCount', before: '3', after: '7'},
    {object: 'shard/s1', field: 'manualContainerId', before: '', after: 'c1'},
  ]);
});

it('events are chosen by time, and an outage is an event of every app and every object', async () => {
  const world = new World();
  await world.call('addSpec', {service: 'orders'});
  const at = (hour: number): string => `2026-01-01T0${hour}:00:00.000Z`;
  const outage = {kind: 'outage', at: at(3), since: at(2), cause: 'no space', daemon: 'd1'};
  await world.put(`${world.keys.eventsPrefix(world.keys.service)}1`, [outage]);
  const placed = {
    kind: 'shards',
    at: at(5),
    what: 'placed',
    cause: 'new',
    count: 1,
    shards: ['s1'],
  };
  await world.put(`${world.keys.eventsPrefix('orders')}1`, [placed]);
  const types = async (query: object): Promise<string[]> => {
    const {events} = await world.call('events', {service: 'orders', ...query});
    return events.map(({type}) => type).filter((type) => type !== 'audit');
  };
  expect(await types({})).toEqual(['outage', 'shards']);
  expect(await types({since: at(4)})).toEqual(['shards']);
  expect(await types({until: '2026-01-01T05:00:00+01:00'})).toEqual(['outage']);
  expect(await types({object: 's1'})).toEqual(['outage', 'shards']);
  expect(await types({object: 's2'})).toEqual(['outage']);
  // Of an app that never was there is nothing, an outage or not.
  await expect(types({service: 'nobody'})).rejects.toMatchObject({code: 'APP_NOT_FOUND'});
});
