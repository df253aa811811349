/** A daemon that was killed has no heartbeat any more: status and doctor name it by the event of its loss. */
import {beforeEach, expect, it} from 'vitest';
import {statusLines} from '../../../src/cli/status-lines.ts';
import {NOW_MS, SERVICE, World} from './fixture.ts';

const HOUR_MS = 3_600_000;
let world: World;

beforeEach(async () => {
  world = new World();
  for (const daemon of ['d1', 'd2']) await world.join(SERVICE, daemon);
  await world.put(world.keys.leader(), {v: 1, containerId: 'd1', incarnation: 'd1-1'});
});

async function event(container: string, state: 'lost' | 'gone', agoMs: number): Promise<string> {
  const at = new Date(NOW_MS - agoMs).toISOString();
  const round = {container, incarnation: `${container}-0`, at, state, before: 'silent'};
  await world.put(world.keys.events(SERVICE, `${NOW_MS - agoMs}-1`), [round]);
  return at;
}

async function named() {
  const status = await world.call('status', {});
  const {checks} = await world.call('checks', {});
  return {
    status: statusLines(status).filter((line) => line.startsWith('daemon')),
    doctor: checks.filter(({name}) => name === 'daemons'),
  };
}

it('until it is back, beside what else is known of daemons', async () => {
  await event('d3', 'lost', 3 * HOUR_MS);
  const at = await event('d3', 'lost', HOUR_MS);
  const text = `d3 was lost at ${at} and is not back`;
  const fix =
    'read the last lines of its log and start it again; a daemon that does not come back stays in this list for a day';
  expect(await named()).toEqual({
    status: [`daemon ${text}`],
    doctor: [{name: 'daemons', verdict: 'WARN', text: `2 ready; ${text}`, fix}],
  });
  await world.join(SERVICE, 'd3');
  expect(await named()).toMatchObject({status: [], doctor: [{verdict: 'PASS', text: '3 ready'}]});
});

it('not one that has left since, nor one of days ago', async () => {
  await event('d3', 'lost', 2 * HOUR_MS);
  await event('d3', 'gone', HOUR_MS);
  await event('d4', 'lost', 25 * HOUR_MS);
  expect((await named()).status).toEqual([]);
});

it('not to who may see some apps only', async () => {
  await event('d3', 'lost', HOUR_MS);
  world.apps = ['orders-*'];
  expect((await named()).status).toEqual([]);
});
