/** A restored or replaced etcd may lack apps: whoever is paged learns how many, and which. */
import {expect, it} from 'vitest';
import {RECORD_VERSION} from '../../../src/model/ownership.ts';
import {World} from './fixture.ts';

const WHY = 'its revisions went back';

async function alarmOf(seen: readonly string[]): Promise<string> {
  const world = new World({seenApps: () => seen});
  await world.call('addSpec', {service: 'orders'});
  await world.put(world.keys.cluster(), {
    v: RECORD_VERSION,
    epoch: 1,
    clusterId: 'x',
    maxRevision: 1,
    restored: WHY,
  });
  const {alarms} = await world.call('status', {});
  const [alarm] = alarms.filter(({code}) => code === 'STORE_RESTORED');
  const {checks} = await world.call('checks', {});
  // Doctor says the same.
  expect(checks.map(({text}) => text)).toContain(alarm?.text);
  return alarm?.text ?? '';
}

it('none is missing: none is named', async () => {
  expect(await alarmOf(['orders'])).toBe(
    `${WHY}: nothing is planned until sm store accept-restore`,
  );
});

it('one is missing', async () => {
  expect(await alarmOf(['bills', 'orders'])).toContain(
    '; 1 app that this daemon knew is missing there: bills',
  );
});

it('many are missing: they are counted, and five are named', async () => {
  const seen = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'orders'];
  expect(await alarmOf(seen)).toContain(
    '; 7 apps that this daemon knew are missing there: a1, a2, a3, a4, a5 and 2 more',
  );
});
