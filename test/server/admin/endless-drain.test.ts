/** A drain that cannot end: doctor, `container get` and `shard why` say how many shards stay, why, and what leads out. */
import {beforeEach, expect, it} from 'vitest';
import {appLines} from '../../../src/cli/app-lines.ts';
import {containerLines} from '../../../src/cli/container-table.ts';
import {plan} from '../../../src/planner/index.ts';
import {World} from './fixture.ts';

const service = 'orders';
const stranded =
  '2 shards have nowhere to go, such as s1: every container that it may use holds as many shards as it may';
const fix =
  'start another process that joins app orders, or end the drain: sm container uncordon -a orders c1';
let world: World;

beforeEach(async () => {
  world = new World({plan});
  await world.call('addSpec', {service, maxShardCount: 2});
  for (const container of ['c1', 'c2']) {
    const incarnation = await world.join(service, container);
    for (const at of [1, 2]) {
      const shardId = container === 'c1' ? `s${at}` : `t${at}`;
      await world.call('addShard', {service, shardId});
      await world.own(service, shardId, {container, incarnation});
    }
  }
  await world.call('drain', {service, container: 'c1'});
  const word = {state: 'draining', since: '', note: '', incarnation: 'c1-1', stranded} as const;
  await world.say(service, {containers: {c1: word}});
});

it('is a warning of doctor', async () => {
  const {checks} = await world.call('checks', {});
  expect(checks).toContainEqual({
    ...{name: 'drain of c1 in orders', verdict: 'WARN', text: stranded, fix},
  });
});

it('stands at the container and at the app', async () => {
  const {containers} = await world.call('getContainers', {service});
  const [c1, c2] = containers;
  if (c1 === undefined) throw new Error('no container');
  expect([c1.stranded, c2?.stranded]).toEqual([{text: stranded, fix}, undefined]);
  const lines = containerLines(c1);
  expect(lines).toContain(`drain: 0 of 2 moved, 0 moving; ${stranded}`);
  expect(lines).toContain(`  fix: ${fix}`);
  const {app} = await world.call('getApp', {service});
  expect(appLines(app).join('\n')).toContain(`drain of c1: ${stranded}\n  fix: ${fix}`);
});

it('is what keeps its shards, by why and by the wait for the drain', async () => {
  expect(await world.call('why', {service, shardId: 's1'})).toMatchObject({
    now: 'c1, which is being drained, still serves it, because no other container can take it: every container that it may use holds as many shards as it may',
    fix: 'start a process that joins app orders, or raise the limit: sm app update orders --max-shard-count N; or end the drain: sm container uncordon -a orders c1',
  });
  expect(await world.call('why', {service, shardId: 't1'})).toMatchObject({now: '', fix: ''});
  const goal = {service, kind: 'container', id: 'c1', for: 'drained', timeoutMs: 0} as const;
  const {missing} = await world.call('waitCheck', goal);
  expect(missing.map(({reason}) => reason)).toEqual([`owned; ${stranded}`, `owned; ${stranded}`]);
});

it('is over when there is room: the word of the governor is not repeated', async () => {
  await world.say(service, {
    containers: {c1: {state: 'draining', since: '', note: '', incarnation: 'c1-1'}},
  });
  const {checks} = await world.call('checks', {});
  expect(checks.filter(({name}) => name.startsWith('drain'))).toEqual([]);
});
