/** What a caller sees that is limited to some apps: no list, figure or stream names another one. */
import {beforeEach, expect, it} from 'vitest';
import {adminRoutes} from '../../../src/protocol/admin.ts';
import type {AdminOperation} from '../../../src/protocol/admin.ts';
import {writeRefusals} from '../../../src/server/admin/write/refused-audit.ts';
import {World} from './fixture.ts';

let world: World;
beforeEach(async () => {
  world = new World();
  for (const service of ['orders-eu', 'secret-app']) {
    await world.call('addSpec', {service});
    await world.call('addShard', {service, shardId: `shard-of-${service}`});
    await world.join(service, `container-of-${service}`);
    const alarm = {code: 'STUCK', text: `alarm of ${service}`, since: '', object: ''};
    await world.say(service, {alarms: [alarm]});
  }
  const own = {
    code: 'UNSERVED',
    text: '1 of 2 shards: secret-app',
    since: '',
    object: 'secret-app',
  };
  await world.say(world.keys.service, {alarms: [own]});
  const refused = {who: 'secret-app-bot', from: '::1', code: 'FORBIDDEN', count: 2};
  const {memory: store, keys} = world;
  const writes = {store, keys, onAudited: () => undefined};
  await writeRefusals(writes, {daemon: 'd1', wallMs: 0}, [refused]);
  world.apps = ['orders-*'];
});

const lists = (Object.keys(adminRoutes) as AdminOperation[]).filter(
  (operation) => adminRoutes[operation].scope === 'list' && operation !== 'health',
);
const answering = ['getSpec', 'getApps', 'events', 'checks', 'status'] as const;
const streams = ['liveStream', 'eventsStream'];

it('each list of the route table is looked at here', () => {
  expect(new Set(lists)).toEqual(new Set([...answering, ...streams]));
});

it.each(answering)('%s', async (operation) => {
  const text = JSON.stringify(await world.call(operation, {}));
  expect(text).toContain('orders-eu');
  expect(text).not.toContain('secret');
  world.apps = 'all';
  expect(JSON.stringify(await world.call(operation, {}))).toContain('secret');
});

it('what was refused is one entry of the audit, for who may see all', async () => {
  world.apps = 'all';
  const {events} = await world.call('events', {audit: true});
  expect(events.map(({type}) => type)).toEqual(['audit', 'audit', 'audit', 'audit', 'audit']);
  expect(events[0]).toMatchObject({
    who: 'sm',
    operation: 'refused',
    objects: ['2 x FORBIDDEN for secret-app-bot'],
  });
});

it.each(['top', 'apps'] as const)('the live view %s', async (view) => {
  for (const apps of [['orders-*'], 'all'] as const) {
    world.apps = apps;
    const stop = new AbortController();
    let text = '';
    for await (const message of world.live({view}, '', stop.signal)) {
      text += JSON.stringify(message);
      if (message.type === 'rows' && !message.more) stop.abort();
    }
    expect(text).toContain('orders-eu');
    expect([apps, text.includes('secret')]).toEqual([apps, apps === 'all']);
  }
});

it('events as they happen', async () => {
  const stop = new AbortController();
  let text = '';
  const read = (async () => {
    for await (const event of world.events({}, stop.signal)) {
      text += JSON.stringify(event);
      if (text.includes('shard-3')) stop.abort();
    }
  })();
  for (const service of ['secret-app', 'orders-eu', 'secret-app', 'orders-eu'])
    await world.call('addShard', {service, shardId: `shard-${service}`});
  await world.call('addShard', {service: 'orders-eu', shardId: 'shard-3'});
  await read;
  expect(text).toContain('shard-orders-eu');
  expect(text).not.toContain('secret');
});
