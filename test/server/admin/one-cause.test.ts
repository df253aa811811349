/** Whoever is paged reads each cause once: in `sm status`, `sm doctor` and `sm app get`. */
import {beforeEach, describe, expect, it} from 'vitest';
import {appLines} from '../../../src/cli/app-lines.ts';
import {statusLines} from '../../../src/cli/status-lines.ts';
import {SERVICE, World} from './fixture.ts';

const service = 'orders';
const since = '2026-01-02T03:00:00.000Z';
const later = '2026-01-02T03:00:05.000Z';
const unserved = {code: 'UNSERVED', text: '2 of 2 are not served', since, object: 's1'};
/** Not a name whose incarnation reads like that of a push container. */
const OF_W1 = {container: 'w1', incarnation: 'w1-1'};
let world: World;

beforeEach(async () => {
  world = new World();
  await world.call('addSpec', {service});
  for (const shardId of ['s1', 's2']) {
    await world.call('addShard', {service, shardId});
    await world.own(service, shardId, {...OF_W1, state: 'dropping', ready: false});
  }
});

/** Rows of doctor that are not well, lines of status and of `app get` about alarms: all for the app. */
async function shown() {
  const {checks} = await world.call('checks', {});
  const {app} = await world.call('getApp', {service});
  return {
    doctor: checks.filter(({name, verdict}) => name.includes(service) && verdict !== 'PASS'),
    status: statusLines(await world.call('status', {})).filter((line) => /alarm|fix/.test(line)),
    app: appLines(app).filter((line) => /alarm|fix/.test(line)),
  };
}

describe('a drop that hangs', () => {
  beforeEach(async () => {
    const overdue = ['s1', 's2'].map((shard) => ({hook: 'drop', shard}) as const);
    await world.join(service, 'w1', {overdue});
    const stuck = ['s1', 's2'].map((shard) => ({
      ...{code: 'STUCK', text: `drop of ${shard} is overdue`, since: later, object: 'w1'},
    }));
    await world.say(service, {alarms: [unserved, ...stuck]});
  });

  const text = '2 of 2 are not served; drop of s1 is overdue; drop of s2 is overdue';
  const fix = 'restart w1, or take it out alone: sm container evict -a orders w1';

  it('is one row of doctor, which names the shards, every alarm and the way out', async () => {
    expect((await shown()).doctor).toEqual([
      {
        name: `shards of ${service}`,
        verdict: 'FAIL',
        text: expect.stringMatching(
          `^0 of 2 ready, .*; UNSERVED, STUCK since ${since}: ${text}$`,
        ) as string,
        fix,
      },
    ]);
  });

  it('is one alarm of status and of the app', async () => {
    const alarm = `since ${since}: ${text}`;
    const {status, app} = await shown();
    expect(status).toEqual([`alarm UNSERVED, STUCK (orders) ${alarm}`, `  fix: ${fix}`]);
    expect(app).toEqual([`alarm UNSERVED, STUCK ${alarm}`, `  fix: ${fix}`]);
  });
});

it('a container that cannot be called is one row: what leads out of it is the same for shards and container', async () => {
  await world.join(service, 'w1');
  for (const shard of ['s1', 's2']) await world.own(service, shard, {...OF_W1, state: 'assigned'});
  const note = 'cannot be called at w1:1: connection refused';
  await world.say(service, {
    containers: {w1: {state: 'unreachable', since, note, incarnation: 'w1-1'}},
    alarms: [unserved, {code: 'UNREACHABLE', text: `w1 ${note}`, since, object: 'w1'}],
  });
  const {doctor, status} = await shown();
  expect(doctor.map(({name}) => name)).toEqual([
    `containers of ${service}`,
    `shards of ${service}`,
  ]);
  expect(status).toEqual([
    `alarm UNSERVED, UNREACHABLE (orders) since ${since}: 2 of 2 are not served; w1 ${note}`,
    '  fix: let the daemons reach it by that address (advertise, firewall), then restart it: sm container get -a orders w1',
  ]);
});

it.each([
  ['ends', 'see why processes with its id or on its host end'],
  ['adds', 'fix what its add needs'],
  // Of a daemon of before.
  [undefined, 'fix what its add needs'],
] as const)('what leads out of a refusing container fits its cause: %s', async (cause, way) => {
  await world.join(service, 'w1');
  await world.own(service, 's1', {...OF_W1, state: 'assigned'});
  const note = 'why';
  const alarm = {code: 'REFUSING', text: `w1: ${note}`, since, object: 'w1'};
  await world.say(service, {
    containers: {w1: {state: 'refusing', since, note, incarnation: 'w1-1'}},
    alarms: [{...alarm, ...(cause === undefined ? {} : {cause})}],
  });
  const {doctor, status} = await shown();
  const fix = new RegExp(`${way}.*, or take it out: sm container evict -a orders w1`);
  expect(status.join()).toMatch(fix);
  expect(doctor.map((row) => row.fix).join()).toMatch(fix);
  const why = await world.call('why', {service, shardId: 's1'});
  expect(JSON.stringify(why)).toMatch(fix);
});

it('causes of their own are rows of their own, also those about no object', async () => {
  await world.join(service, 'w1');
  await world.say(service, {
    alarms: [
      unserved,
      {code: 'STUCK', text: 'add of x is overdue', since, object: 'c2'},
      {code: 'PUSH_STALE', text: 'p1 is stale', since},
      {code: 'PUSH_STALE', text: 'p2 is stale', since},
    ],
  });
  const {doctor, status} = await shown();
  expect(doctor.map(({name}) => name)).toEqual([
    `shards of ${service}`,
    ...['STUCK', 'PUSH_STALE', 'PUSH_STALE'].map((code) => `alarm ${code} of ${service}`),
  ]);
  expect(status.filter((line) => line.startsWith('alarm'))).toHaveLength(4);
});

it('a wrong CA is one row of doctor for the daemon that has it, and one for the others', async () => {
  const [fix, cause] = ['set tls.ca', 'certificate not trusted'];
  const refused = new World({
    callDaemon: async () => ({reached: false, cause, fault: 'certificateUntrusted'}),
    selfProblem: () => ({endpoint: 'd1:4', text: `cannot be called at d1:4: ${cause}`, fix}),
  });
  for (const daemon of ['d1', 'd2']) await refused.join(SERVICE, daemon, {endpoint: `${daemon}:4`});
  const {checks} = await refused.call('checks', {});
  expect(
    checks.filter(({text}) => text.includes(cause)).map(({name, text}) => [name, text]),
  ).toEqual([
    ['this daemon', `cannot be called at d1:4: ${cause}`],
    ['calls among daemons', `d2 cannot be called at d2:4: ${cause}`],
  ]);
});
