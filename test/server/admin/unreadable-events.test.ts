/** Entries of the history that cannot be read: that there are some is said. */
import {beforeEach, describe, expect, it} from 'vitest';
import {World} from './fixture.ts';

let world: World;
let keys: {readonly audit: string; readonly round: string};
beforeEach(async () => {
  world = new World();
  await world.call('addSpec', {service: 'orders'});
  keys = {
    audit: `${world.keys.auditPrefix()}0000000000000000099-abcdef`,
    round: `${world.keys.eventsPrefix('orders')}01796027629909-0001`,
  };
  await world.put(keys.audit, JSON.stringify({v: 2}));
  await world.put(keys.round, 'rubbish');
});

describe('events that cannot be read', () => {
  it('are counted, and named with the reason', async () => {
    const {events, unreadable} = await world.call('events', {service: 'orders'});
    expect(events.map(({type}) => type)).toEqual(['audit']);
    expect(unreadable).toEqual({
      count: 2,
      first: [
        {key: keys.audit, problem: 'version 2 is newer than 1'},
        {key: keys.round, problem: 'no JSON'},
      ],
    });
    const {unreadable: ofAudit} = await world.call('events', {audit: true});
    expect(ofAudit?.first.map(({key}) => key)).toEqual([keys.audit]);
  });

  it('are named to nobody who may not see their app', async () => {
    world.apps = ['other'];
    const {unreadable} = await world.call('events', {});
    expect(unreadable).toBeUndefined();
  });

  it('are not spoken of where there are none', async () => {
    for (const key of Object.values(keys)) await world.delete(key);
    expect(await world.call('events', {})).not.toHaveProperty('unreadable');
  });
});
