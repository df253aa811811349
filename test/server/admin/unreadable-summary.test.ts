/** A governor's summary that cannot be read hides its alarms: that is trouble itself, and it hides nothing of other apps. */
import {beforeEach, describe, expect, it} from 'vitest';
import {World, status} from './fixture.ts';

const app = {service: 'orders'};
let world: World;
beforeEach(async () => {
  world = new World();
  await world.call('addSpec', app);
  await world.call('addShards', {...app, shards: [{shardId: 's1'}]});
  await world.join('orders', 'c1');
  await world.own('orders', 's1', {});
  await world.say('orders', {});
});

const BAD_ITEMS: readonly [string, object][] = [
  ['an alarm that is none', {alarms: [null]}],
  ['an alarm without a code', {alarms: [{text: 'x', since: ''}]}],
  ['a container that is none', {containers: {c1: null}}],
  ['a container without a state', {containers: {c1: {since: '', incarnation: 'i', note: ''}}}],
  ['an unplaced shard without a name', {unplaced: [{}]}],
  ['a failed shard that is none', {failed: [7]}],
  ['a quarantined key that is none', {quarantined: [null]}],
];

describe('a summary', () => {
  it.each([
    ['no JSON', 'rubbish'],
    ['a newer version', JSON.stringify({...status({}), v: 2})],
    ...BAD_ITEMS.map(([name, bad]): [string, string] => [
      name,
      JSON.stringify({...status({}), ...bad}),
    ]),
  ])('of %s is an alarm and no green check', async (_name, value) => {
    expect((await world.call('getApp', app)).app).toMatchObject({health: 'OK', alarms: []});
    await world.put(world.keys.status('orders'), value);
    const {alarms} = await world.call('status', {});
    expect(alarms).toMatchObject([{code: 'QUARANTINE', service: 'orders'}]);
    expect(alarms[0]?.text).toMatch(/^the summary of this app cannot be read: ./);
    expect((await world.call('getApp', app)).app).toMatchObject({health: 'TROUBLE'});
    const {checks} = await world.call('checks', {});
    const row = checks.find(({name}) => name === 'alarm QUARANTINE of orders');
    expect(row).toMatchObject({verdict: 'FAIL'});
    const {containers} = await world.call('getContainers', app);
    expect(containers).toMatchObject([{id: 'c1', state: 'ready'}]);
  });
});
