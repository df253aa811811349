/** `sm status` for people: no TROUBLE without a word of what it is. */
import {beforeEach, expect, it} from 'vitest';
import {statusLines} from '../../src/cli/status-lines.ts';
import type {StatusAnswer} from '../../src/protocol/admin.ts';
import {SERVICE, World} from '../server/admin/fixture.ts';

let status: StatusAnswer;

beforeEach(async () => {
  const world = new World();
  await world.call('addSpec', {service: 'orders'});
  for (const container of ['c1', 'c2']) await world.join('orders', container);
  for (const daemon of ['d1', 'd2']) await world.join(SERVICE, daemon);
  await world.put(world.keys.leader(), {v: 1, containerId: 'd1', incarnation: 'd1-1'});
  status = await world.call('status', {});
});

it('an app whose containers are not heard says how many, and how they are', () => {
  const [app] = status.apps;
  if (app === undefined) throw new Error('there is no app');
  const ill = {...app, health: 'TROUBLE', containers: {ready: 1, silent: 1, suspect: 2}} as const;
  const lines = statusLines({...status, health: 'TROUBLE', apps: [ill]});
  expect(lines).toContain(
    'app orders: TROUBLE, 0 of 0 shards ready, 1 container silent, 2 containers suspect',
  );
});

it('a daemon that is not heard is named, one that is heard is not', () => {
  expect(statusLines(status).filter((line) => line.startsWith('daemon'))).toEqual([]);
  const daemons = status.daemons.map((daemon) =>
    daemon.id === 'd2' ? ({...daemon, state: 'silent'} as const) : daemon,
  );
  expect(statusLines({...status, daemons})).toContain('daemon d2 is silent');
});
