/** What plans and shards carry for whoever asks why: rules, numbers, alternatives. */
import {beforeEach, describe, expect, it} from 'vitest';
import {invariant} from '../../../src/model/errors.ts';
import {moveRows} from '../../../src/cli/move-rows.ts';
import {planAnswer} from '../../../src/protocol/admin-moves.ts';
import {planLines} from '../../../src/cli/plan-lines.ts';
import type {AppStatus} from '../../../src/model/status.ts';
import {planAtOnce} from '../../../src/server/reader-plans.ts';
import {World} from './fixture.ts';

const service = 'orders';
let world: World;

beforeEach(async () => {
  world = new World({plan: planAtOnce});
  await world.call('addSpec', {service, placement: {metrics: [{name: 'qps'}]}});
  for (const [shardId, qps] of [
    ['a', 30],
    ['b', 50],
    ['c', 40],
  ] as const)
    await world.call('addShard', {service, shardId, load: {qps}});
  await world.join(service, 'c1');
  await world.join(service, 'c2', {zone: 'z2'});
  for (const shard of ['a', 'b']) await world.own(service, shard, {});
  await world.own(service, 'c', {container: 'c2', incarnation: 'c2-1'});
});

describe('a plan', () => {
  it('says of a move for load what its ends bear of the share of their worker group', async () => {
    for (const [container, workerGroup] of [
      ['c1', 'small'],
      ['c2', 'small'],
      ['c3', 'large'],
    ] as const) {
      if (container === 'c3') await world.join(service, container);
      await world.call('addWorker', {service, workerGroup, worker: container});
    }
    for (const shardId of ['a', 'b', 'c'])
      await world.call('updateShard', {service, shardId, workerGroup: 'small'});
    await world.call('addShard', {service, shardId: 'd', workerGroup: 'large', load: {qps: 900}});
    await world.own(service, 'd', {container: 'c3', incarnation: 'c3-1'});
    const {moves} = await world.call('plan', {service});
    expect(moves.map(({shard, numbers}) => [shard, numbers])).toEqual([
      ['a', 'qps of c1 1.33x -> 0.83x of its share; qps of c2 0.67x -> 1.17x of its share'],
    ]);
  });

  it('carries cost and imbalance, and each move what makes it necessary', async () => {
    const answer = await world.call('plan', {service});
    expect(answer.figures).toMatchObject({moves: 1, movesAtLeast: 0, metrics: [{name: 'qps'}]});
    const [{before = 0, after = 0, departuresAtLeast} = {}] = answer.figures?.metrics ?? [];
    expect([before, after]).toEqual([expect.closeTo(80 / 60), expect.closeTo(70 / 60)]);
    expect(departuresAtLeast).toBe(1);
    expect(answer.moves.find(({shard}) => shard === 'a')).toMatchObject({
      ...{from: 'c1', to: 'c2', cause: 'load'},
      numbers: 'qps of c1 1.33x -> 0.83x of its share; qps of c2 0.67x -> 1.17x of its share',
    });
    const lines = planLines({app: service, ...answer});
    expect(lines).toContain('cost: 1 move, at least 0 needed for these counts');
    expect(lines).toContain('imbalance of counts: 1.33x -> 1.33x of the share');
    expect(lines).toContain(
      'imbalance of qps: 1.33x -> 1.17x of the share, at least 1 shard must move',
    );
    expect(lines.find((line) => line.startsWith('~ a'))).toContain('(load: qps of c1 1.33x');
  });

  it('says of a move for load to the hotter end that it is half of an exchange', async () => {
    await world.call('addShard', {service, shardId: 'd', load: {qps: 1}});
    await world.own(service, 'd', {container: 'c2', incarnation: 'c2-1'});
    const {moves} = await world.call('plan', {service});
    expect(moves.map(({shard, numbers}) => [shard, numbers])).toEqual([
      ['a', 'qps of c1 1.32x -> 0.84x of its share; qps of c2 0.68x -> 1.16x of its share'],
      [
        'd',
        'qps of c2 0.68x -> 1.16x of its share; qps of c1 1.32x -> 0.84x of its share, in exchange for a shard with more load',
      ],
    ]);
  });

  it('says of moves for counts how many each end has, and of what is nowhere the rule', async () => {
    await world.call('updateSpec', {service, placement: {}});
    await world.own(service, 'c', {});
    await world.call('addShard', {service, shardId: 'proof', group: 'p', manualContainerId: 'c2'});
    await world.own(service, 'proof', {container: 'c2', incarnation: 'c2-1'});
    await world.call('addShard', {service, shardId: 'gpu', workerGroup: 'gpu'});
    const answer = await world.call('plan', {service});
    expect(answer.figures).toMatchObject({moves: 1, movesAtLeast: 1, metrics: []});
    expect(answer.moves).toMatchObject([
      {cause: 'balance', numbers: 'c1 3 -> 2 shards; c2 1 -> 2 shards'},
    ]);
    const {queued} = await world.call('moves', {service});
    expect(queued).toMatchObject([
      {
        ...{state: 'queued', numbers: 'c1 3 -> 2 shards; c2 1 -> 2 shards'},
        waitsFor: {budget: 'turn', text: 'its turn: nothing keeps it from beginning'},
      },
    ]);
    expect(answer.unplaced).toMatchObject([
      {shard: 'gpu', reason: 'worker-group-empty', rule: 'its worker group has no members'},
    ]);
    expect(planLines({app: service, ...answer})).toContain(
      '! gpu nowhere: worker-group-empty: its worker group has no members',
    );
  });

  it('of a daemon of before is shown without', () => {
    const none = {moves: [], moveCount: 0, heldCount: 0, additions: [], additionCount: 0};
    const nobody = {unplaced: [], unplacedCount: 0, stranded: [], strandedCount: 0};
    const answer = {...none, ...nobody, containers: [], revision: '1'};
    expect(planLines({app: service, ...planAnswer.parse(answer)})).toHaveLength(1);
  });
});

describe('a queued move', () => {
  const many = Array.from({length: 8}, (_, at) => `m${at}`);
  const maxMoving = {budget: 'maxMoving', of: '', used: 2, limit: 2};

  beforeEach(async () => {
    await world.call('updateSpec', {service, placement: {}, maxMoving: 2});
    for (const shardId of many) {
      await world.call('addShard', {service, shardId});
      await world.own(service, shardId, {});
    }
  });

  it('names the budget that it waits for, those behind count the ones before', async () => {
    const {queued} = await world.call('moves', {service});
    expect(queued.map(({waitsFor}) => waitsFor?.budget)).toEqual([
      ...['turn', 'turn', 'maxMoving', 'maxMoving'],
    ]);
    expect(queued[2]?.waitsFor).toEqual({
      ...maxMoving,
      text: 'maxMoving: 2 of 2 planned moves of the app are under way; sm app update orders --max-moving N changes it',
    });
    const rows = moveRows(await world.call('moves', {service}));
    expect(rows.map(({waitsFor}) => waitsFor)).toEqual([
      ...['turn', 'turn', 'maxMoving (2 of 2)', 'maxMoving (2 of 2)'],
    ]);
  });

  it('waits for those that are under way, by their records', async () => {
    const move = {id: 'm1', from: 'c1', to: 'c2', why: 'balance', startedAt: ''};
    for (const shard of ['m0', 'm1'])
      await world.own(service, shard, {state: 'dropping', ready: false, move});
    const {queued} = await world.call('moves', {service});
    expect(queued.length).toBeGreaterThan(0);
    for (const {waitsFor} of queued) expect(waitsFor).toMatchObject(maxMoving);
  });

  it('waits for what only the governor counts, as it says', async () => {
    const waits = [{budget: 'moving.perMinute', of: '', used: 5, limit: 5}] as const;
    await world.call('updateSpec', {service, placement: {moving: {perMinute: 5}}});
    await world.say(service, {waits: [...waits]});
    const {queued} = await world.call('moves', {service});
    for (const {waitsFor} of queued) expect(waitsFor).toMatchObject(waits[0]);
    const {app} = await world.call('getApp', {service});
    expect(app.waits).toMatchObject([{...waits[0], text: expect.stringContaining('5 of 5')}]);
  });

  it.each([
    ['quietTime', {quiet: {until: '', why: 'container c3 leaves'}}, 'container c3 leaves'],
    ['brake', {alarms: [{code: 'BRAKE', text: '', since: ''}]}, 'may be lost'],
    ['planPause', {waits: [{budget: 'planPause', of: '', used: 0, limit: 0}]}, 'next plan'],
  ] as const)('waits for %s', async (budget, said, text) => {
    await world.say(service, structuredClone(said) as Partial<AppStatus>);
    const {queued} = await world.call('moves', {service});
    expect(queued[0]?.waitsFor?.budget).toBe(budget);
    expect(queued[0]?.waitsFor?.text).toContain(text);
  });

  it('is named by why of its shard, and of no other', async () => {
    const {queued} = await world.call('moves', {service});
    const waiting = queued.at(-1);
    const {queued: found} = await world.call('why', {service, shardId: waiting?.shard ?? ''});
    expect(found).toEqual(waiting);
    const stays = [...many, 'a', 'b', 'c'].find((id) => !queued.some(({shard}) => shard === id));
    expect(await world.call('why', {service, shardId: stays ?? ''})).not.toHaveProperty('queued');
  });
});

describe('why', () => {
  it('names what each home bears, and its zone', async () => {
    const {homes} = await world.call('why', {service, shardId: 'a'});
    expect(homes).toEqual([
      {container: 'c2', shards: 1, current: false, zone: 'z2', loadRatio: {qps: 0.667}},
      {container: 'c1', shards: 2, current: true, zone: 'z1', loadRatio: {qps: 1.33}},
    ]);
  });

  it('gives shares by weight', async () => {
    await world.call('setContainer', {service, container: 'c2', weight: 2});
    const {rule} = await world.call('why', {service, shardId: 'a'});
    expect(rule).toContain('3 shards on 2 containers, 1 to 2 each by weight');
  });

  it('names homes by what they have for their weight, those without a weight last', async () => {
    for (const [container, weight] of [
      ['c3', 0],
      ['c4', 4],
    ] as const) {
      await world.join(service, container);
      await world.call('setContainer', {service, container, weight});
    }
    const {homes} = await world.call('why', {service, shardId: 'a'});
    // The best three of four.
    expect(homes.map(({container}) => container).toSorted()).toEqual(['c1', 'c2', 'c4']);
  });

  it('gives equal shares where no container has a weight, as the planner does', async () => {
    for (const container of ['c1', 'c2'])
      await world.call('setContainer', {service, container, weight: 0});
    const {rule} = await world.call('why', {service, shardId: 'a'});
    expect(rule).toContain('3 shards on 2 containers, 1 to 2 each');
    expect(rule).not.toContain('by weight');
    const {moves} = await world.call('plan', {service});
    expect(moves.find(({cause}) => cause === 'load')?.numbers).toContain(
      'qps of c1 1.33x -> 0.83x of its share',
    );
  });

  it('names the rule that excludes a container, with its numbers', async () => {
    await world.join(service, 'full', {capacity: 1});
    const staying = {manualContainerId: 'full', spreadKey: 'k', load: {qps: 1}};
    await world.call('addShard', {service, shardId: 'd', ...staying});
    await world.own(service, 'd', {container: 'full', incarnation: 'full-1'});
    await world.join(service, 'bound');
    const bound = {manualContainerId: 'bound', spreadKey: 'k2', load: {qps: 1}};
    await world.call('addShard', {service, shardId: 'e', ...bound});
    await world.own(service, 'e', {container: 'bound', incarnation: 'bound-1'});
    await world.join(service, 'small', {limits: {qps: 20}});
    await world.call('addShard', {service, shardId: 'f', load: {qps: 15}});
    await world.own(service, 'f', {container: 'small', incarnation: 'small-1'});
    await world.call('addShard', {service, shardId: 'new', spreadKey: 'k2', load: {qps: 30}});
    const {excluded} = await world.call('why', {service, shardId: 'new'});
    expect(excluded).toEqual([
      {container: 'bound', rule: 'shard e there has the same spread key k2'},
      {container: 'full', rule: 'it holds 1 of 1 shard'},
      {container: 'small', rule: 'its qps of 30 does not fit: 15 of 20 are taken there'},
    ]);
  });
});

describe('why names each container once', () => {
  const SHARDS = [
    ['one', 'm1'],
    ['two', 'm2'],
  ] as const;
  const ask = async (terms: object) => {
    await world.call('addSpec', {service: 'small', placement: {metrics: [{name: 'qps'}]}});
    for (const [shardId, container] of SHARDS) {
      await world.call('addShard', {service: 'small', shardId, ...terms});
      await world.own('small', shardId, {container, incarnation: `${container}-1`});
    }
    const {homes, excluded} = await world.call('why', {service: 'small', shardId: 'one'});
    return {homes: homes.map(({container}) => container), excluded};
  };

  it('a full one is where it runs, and is no home for others', async () => {
    for (const container of ['m1', 'm2']) await world.join('small', container, {capacity: 1});
    expect(await ask({})).toEqual({
      homes: ['m1'],
      excluded: [{container: 'm2', rule: 'it holds 1 of 1 shard'}],
    });
  });

  it('a full one that others are to leave is its home, and is not excluded', async () => {
    for (const container of ['m1', 'm2', 'm3'])
      await world.join('small', container, {capacity: container === 'm3' ? 0 : 1});
    await world.call('addSpec', {service: 'small'});
    for (const [shardId, container, manualContainerId] of [
      ['one', 'm1', 'm2'],
      ['two', 'm2', 'm3'],
    ] as const) {
      await world.call('addShard', {service: 'small', shardId, manualContainerId});
      await world.own('small', shardId, {container, incarnation: `${container}-1`});
    }
    const {homes, excluded} = await world.call('why', {service: 'small', shardId: 'one'});
    expect(homes.map(({container}) => container)).toEqual(['m2']);
    expect(excluded.map(({container}) => container)).toEqual(['m1', 'm3']);
  });

  it('one that the plan fills up to its own capacity is no home', async () => {
    await world.join('small', 'm1');
    await world.join('small', 'm2', {capacity: 3});
    await world.call('addSpec', {service: 'small'});
    for (let at = 0; at < 7; at += 1) {
      const container = at === 0 ? 'm2' : 'm1';
      await world.call('addShard', {service: 'small', shardId: `n${at}`});
      await world.own('small', `n${at}`, {container, incarnation: `${container}-1`});
    }
    const found = [];
    for (let at = 0; at < 7; at += 1) {
      const {homes, excluded} = await world.call('why', {service: 'small', shardId: `n${at}`});
      found.push({homes: homes.map(({container}) => container), excluded});
    }
    const stays = {
      homes: ['m1'],
      excluded: [{container: 'm2', rule: 'the plan gives it 3 of 3 shards'}],
    };
    expect(found.filter(({homes}) => homes[0] === 'm1')).toEqual(Array(4).fill(stays));
  });

  it('a push container is no home of a shard that it cannot have', async () => {
    await world.join('small', 'm1');
    // Its incarnation has the shape of a push session: hexadecimal digits and a number.
    await world.join('small', 'f1');
    await world.call('addSpec', {service: 'small'});
    await world.call('addShard', {service: 'small', shardId: 'a/../b'});
    const {homes, excluded} = await world.call('why', {service: 'small', shardId: 'a/../b'});
    expect(homes.map(({container}) => container)).toEqual(['m1']);
    expect(excluded).toEqual([
      {container: 'f1', rule: expect.stringContaining('containers of the Go project')},
    ]);
  });

  it('one with its spread key, or without room for its load, is no home', async () => {
    for (const container of ['m1', 'm2', 'm3']) await world.join('small', container);
    await world.join('small', 'm4', {limits: {qps: 20}});
    expect(await ask({spreadKey: 'k', load: {qps: 30}})).toEqual({
      homes: ['m1', 'm3'],
      excluded: [
        {container: 'm2', rule: 'shard two there has the same spread key k'},
        {container: 'm4', rule: 'its qps of 30 does not fit: 0 of 20 are taken there'},
      ],
    });
  });
});

describe('how many of its group each container gets', () => {
  const range = async (shardId: string) => {
    const {rule} = await world.call('why', {service: 'shared', shardId});
    return /on (.*) each/.exec(rule)?.[1];
  };

  beforeEach(async () => {
    await world.call('addSpec', {service: 'shared'});
    for (const container of ['m1', 'm2', 'm3']) await world.join('shared', container);
  });

  const add = async (count: number, terms: object = {}) => {
    for (let at = 0; at < count; at += 1)
      await world.call('addShard', {service: 'shared', shardId: `s${at}`, ...terms});
  };

  it('is what pins leave', async () => {
    await add(4, {manualContainerId: 'm1'});
    for (const shardId of ['x', 'y']) await world.call('addShard', {service: 'shared', shardId});
    expect(await range('x')).toBe('3 containers, 1 to 4');
  });

  it('is what capacities leave', async () => {
    await world.call('setContainer', {service: 'shared', container: 'm1', capacity: 1});
    await add(9);
    expect(await range('s0')).toBe('3 containers, 1 to 4');
  });

  it('is of what containers that take nothing new leave', async () => {
    await add(9);
    for (let at = 0; at < 5; at += 1)
      await world.own('shared', `s${at}`, {container: 'm1', incarnation: 'm1-1'});
    await world.call('cordon', {service: 'shared', container: 'm1'});
    expect(await range('s0')).toBe('2 containers, 2 to 2');
  });
});

describe('a planner that breaks a rule of its own', () => {
  beforeEach(() => {
    const plan = () => invariant(false, 'shard 3 away from its pin');
    Object.assign(world.dependencies, {plan});
  });

  const TEXT =
    'nobody knows where shards of orders are to go: the planner breaks a rule of its own: invariant broken: shard 3 away from its pin';

  it('leaves to why what records say, with what is wrong and what to do', async () => {
    const alarm = {code: 'GOVERNOR_BROKEN', text: 'it has stopped itself', since: ''} as const;
    await world.say(service, {alarms: [alarm]});
    const served = await world.call('why', {service, shardId: 'a'});
    expect(served).toMatchObject({shard: {state: 'ready', container: 'c1'}, now: '', homes: []});
    expect(served.rule).toContain(TEXT);
    expect(served.fix).toContain('report this with the log of the daemon');
    await world.delete(world.keys.heartbeat(service, 'c2-1'));
    const lost = await world.call('why', {service, shardId: 'c'});
    expect(lost).toMatchObject({shard: {state: 'unplaced'}});
    expect(lost.now).toContain('its container c2 is lost');
  });

  it('is named by what cannot be said without a plan, and leaves the list of shards as it is', async () => {
    const failure = {code: 'INTERNAL', message: TEXT, object: 'app/orders'};
    await expect(world.call('plan', {service})).rejects.toMatchObject(failure);
    await expect(world.call('moves', {service})).rejects.toMatchObject(failure);
    await world.call('addShard', {service, shardId: 'd'});
    const {shards} = await world.call('getShards', {service});
    expect(shards.map(({id}) => id)).toEqual(['a', 'b', 'c', 'd']);
  });
});
