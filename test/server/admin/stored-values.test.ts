/** Values that no governor works with and that cannot be read: doctor names their keys. */
import {beforeEach, describe, expect, it} from 'vitest';
import type {Check} from '../../../src/server/admin/read/check.ts';
import {World} from './fixture.ts';

const ROUND = '01796027629909-0001';

let world: World;
beforeEach(async () => {
  world = new World();
  await world.call('addSpec', {service: 'orders'});
});

async function stored(): Promise<Check[]> {
  const {checks} = await world.call('checks', {});
  return checks.filter(({name}) => name.startsWith('stored '));
}

describe('a value that cannot be read', () => {
  it('is a row of its kind, with its key, the reason and a way out', async () => {
    const {keys} = world;
    const of: Record<string, string> = {
      audit: `${keys.auditPrefix()}0000000000000000099-abcdef`,
      moves: keys.moves('orders', ROUND),
      events: keys.events('orders', ROUND),
      load: keys.load('orders', 0),
      containerId: keys.containerId('orders', 'c1'),
      applyMarker: keys.applyMarker('orders'),
      callKeys: keys.callKeys('orders'),
      stopPermissions: keys.stopPermissions('orders'),
      leader: keys.leader(),
      cluster: keys.cluster(),
      usage: keys.usage(),
    };
    for (const value of ['{"v":', '7', '{"v":1}', '{"v":99}']) {
      for (const key of Object.values(of)) await world.put(key, value);
      const rows = await stored();
      // Each field of an entry of the audit has a default.
      const unread = Object.entries(of).filter(([kind]) => value !== '{"v":1}' || kind !== 'audit');
      for (const [kind, key] of unread) {
        const row = rows.find(({name}) => name === `stored ${kind}`);
        expect(row).toMatchObject({verdict: 'WARN', text: expect.stringContaining(`${key}: `)});
        expect(row?.fix).toMatch(/^written by a newer sm: .*; damaged: \S/);
      }
      expect(rows).toHaveLength(unread.length);
    }
  });

  it('is none where all can be read', async () => {
    expect(await stored()).toEqual([]);
  });

  it('is counted beyond the first few of its kind', async () => {
    for (let at = 0; at < 7; at += 1)
      await world.put(world.keys.containerId('orders', `c${at}`), 'x');
    const [row] = await stored();
    expect(row?.text).toMatch(/^7 values in etcd cannot be read: .* and 2 more$/);
  });

  it('is named to nobody who may not see its app', async () => {
    await world.put(world.keys.containerId('orders', 'c1'), 'x');
    await world.put(world.keys.leader(), 'x');
    world.apps = ['other'];
    expect(await stored()).toEqual([]);
  });
});

describe('items of a round that cannot be read', () => {
  const good = {
    at: '2026-01-02T03:04:05Z',
    container: 'c1',
    incarnation: 'i',
    state: 'lost',
    before: 'ready',
  };

  it('are counted by events and by doctor; the others are shown', async () => {
    const key = world.keys.events('orders', ROUND);
    await world.put(key, JSON.stringify([good, 7, {...good, kind: 'of tomorrow'}]));
    const problem = '2 of 3 entries cannot be read';
    const {events, unreadable} = await world.call('events', {service: 'orders'});
    expect(events.filter(({type}) => type === 'container')).toHaveLength(1);
    expect(unreadable?.first).toEqual([{key, problem}]);
    expect((await stored())[0]?.text).toContain(`${key}: ${problem}`);
  });

  it('are none in a round of which all can be read', async () => {
    await world.put(world.keys.events('orders', ROUND), JSON.stringify([good]));
    expect(await world.call('events', {service: 'orders'})).not.toHaveProperty('unreadable');
    expect(await stored()).toEqual([]);
  });
});

it('no plan is shown of an app whose spec cannot be read: its governor makes none', async () => {
  await world.put(world.keys.appSpec('orders'), 'x');
  await expect(world.call('plan', {service: 'orders'})).rejects.toMatchObject({
    code: 'STORE_CORRUPT',
    object: 'app/orders',
  });
});
