/** What operators ask and order beside specs: pause, cancel, evict, why, checks. */
import {beforeEach, describe, expect, it} from 'vitest';
import {planLines} from '../../../src/cli/plan-lines.ts';
import {plan} from '../../../src/planner/index.ts';
import {SERVICE, World} from './fixture.ts';

const service = 'orders';
let world: World;
beforeEach(async () => {
  world = new World({plan});
  await world.call('addSpec', {service, maxRecoveryTime: 0});
  const shards = ['s1', 's2', 's3', 's4'].map((shardId) => ({shardId}));
  await world.call('addShards', {service, shards});
  for (const container of ['c1', 'c2']) await world.join(service, container);
  for (const {shardId} of shards) await world.own(service, shardId, {});
  // Both have proved themselves.
  const proof = {shardId: 'proof', group: 'proof', manualContainerId: 'c2'};
  await world.call('addShards', {service, shards: [proof]});
  await world.own(service, 'proof', {container: 'c2', incarnation: 'c2-1'});
});

describe('queued moves', () => {
  it('are what the live planner wants; a pause holds the voluntary ones', async () => {
    const before = await world.call('moves', {service});
    expect(before.queued.map(({state, cause}) => `${cause} ${state}`)).toEqual([
      'balance queued',
      'balance queued',
    ]);
    await world.call('updateSpec', {service, paused: true});
    const after = await world.call('moves', {service});
    expect(after.queued.map(({state}) => state)).toEqual(['held', 'held']);
    expect((await world.call('plan', {service})).heldCount).toBe(2);
  });

  it('are cancelled one by one, by shard; a running one is refused', async () => {
    const [first, second] = (await world.call('moves', {service})).queued;
    const cancelled = await world.call('cancelMoves', {service, moves: [first?.shard ?? '']});
    expect(cancelled).toMatchObject({failed: 0, changed: true, items: [{result: 'cancelled'}]});
    const {queued} = await world.call('moves', {service});
    expect(new Map(queued.map(({shard, state}) => [shard, state]))).toEqual(
      new Map([
        [first?.shard, 'cancelled'],
        [second?.shard, 'queued'],
      ]),
    );
    const planned = await world.call('plan', {service});
    expect(planned).toMatchObject({moveCount: 2, heldCount: 0, cancelledCount: 1});
    const lines = planLines({app: service, ...planned});
    expect(lines[0]).toContain('2 moves, 1 of them cancelled, 0 additions');
    expect(lines.find((line) => line.includes('(balance, cancelled: '))).toMatch(/^~ /);
    const balanced = {service, kind: 'app', for: 'balanced'} as const;
    const {missing} = await world.call('waitCheck', balanced);
    expect(missing).toContainEqual({
      ...{id: first?.shard, reason: 'is to move (balance), cancelled by an operator'},
    });
    // A pause holds what is left; what is cancelled stays cancelled without it.
    await world.call('updateSpec', {service, paused: true});
    expect(await world.call('plan', {service})).toMatchObject({heldCount: 1, cancelledCount: 1});
    expect((await world.call('waitCheck', balanced)).missing).toContainEqual({
      ...{id: second?.shard, reason: 'is to move (balance), held: the app is paused'},
    });
    await world.call('updateSpec', {service, paused: false});
    const again = await world.call('cancelMoves', {service, moves: [first?.shard ?? '']});
    expect(again.items[0]?.result).toBe('unchanged');
    const move = {id: 'm-1', from: 'c1', to: 'c2', why: 'balance', startedAt: ''};
    await world.own(service, second?.shard ?? '', {state: 'dropping', ready: false, move});
    const running = await world.call('cancelMoves', {service, moves: ['m-1', 'nothing']});
    expect(running.items.map(({result}) => result)).toEqual(['running', 'absent']);
    expect(running.failed).toBe(2);
  });

  it('are cancelled together, by one change that is undone as one', async () => {
    const {queued} = await world.call('moves', {service});
    const shards = queued.map(({shard}) => shard);
    const tried = await world.call('cancelMoves', {service, moves: shards, dryRun: true});
    expect(tried.items.map(({result}) => result)).toEqual(['cancelled', 'cancelled']);
    const {items} = await world.call('cancelMoves', {service, moves: ['nothing', ...shards]});
    expect(items.map(({move, result}) => `${move} ${result}`)).toEqual([
      'nothing absent',
      ...shards.map((shard) => `${shard} cancelled`),
    ]);
    const states = async () =>
      (await world.call('moves', {service})).queued.map(({state}) => state);
    expect(await states()).toEqual(['cancelled', 'cancelled']);
    const {undone} = await world.call('undo', {service});
    expect(undone).toMatchObject({operation: 'cancelMoves', objectCount: 2});
    expect(await states()).toEqual(['queued', 'queued']);
    const [first = ''] = shards;
    const twice = await world.call('cancelMoves', {service, moves: [first, first]});
    expect(twice.items.map(({result}) => result)).toEqual(['cancelled', 'unchanged']);
  });

  it('are cancelled but for the one that begins meanwhile', async () => {
    const {memory} = world;
    const [first, second] = (await world.call('moves', {service})).queued.map(({shard}) => shard);
    let hasBegun = false;
    const store = Object.assign(Object.create(memory) as typeof memory, {
      transact: async (...given: Parameters<typeof memory.transact>) => {
        if (!hasBegun) await world.own(service, first ?? '', {state: 'dropping', ready: false});
        hasBegun = true;
        return memory.transact(...given);
      },
    });
    const daemon = new World({plan, store});
    const {items, failed} = await daemon.call('cancelMoves', {service, all: true});
    expect(new Map(items.map(({shard, result}) => [shard, result]))).toEqual(
      new Map([
        [first, 'running'],
        [second, 'cancelled'],
      ]),
    );
    expect(failed).toBe(1);
  });

  it('all at once; a drained container goes on being drained', async () => {
    await world.call('drain', {service, container: 'c1'});
    const answer = await world.call('cancelMoves', {service, all: true});
    expect(answer.items).toEqual([]);
    const named = await world.call('cancelMoves', {service, moves: ['s1']});
    expect(named.items[0]?.result).toBe('forced');
  });
});

describe('evict', () => {
  it('writes evicting into the heartbeat of the incarnation that lives', async () => {
    const answer = await world.call('evict', {service, container: 'c1', reason: 'disk'});
    expect(answer).toMatchObject({result: 'configured', shards: 4});
    expect(await world.value(world.keys.heartbeat(service, 'c1-1'))).toMatchObject({
      ...{state: 'evicting', nonce: 'n', container: 'c1'},
    });
    expect(await world.call('evict', {service, container: 'c1'})).toMatchObject({changed: false});
    await expect(world.call('evict', {service, container: 'c9'})).rejects.toThrow('c9');
  });
});

describe('why', () => {
  it('names the share, the best homes and who is out of question', async () => {
    await world.join(service, 'c3');
    await world.join(service, 'c4');
    await world.call('cordon', {service, container: 'c3'});
    const {rule, homes, excluded, history} = await world.call('why', {service, shardId: 's1'});
    expect(rule).toContain('4 shards on 3 containers, 1 to 2 each');
    expect(homes.map(({container}) => container).toSorted()).toEqual(['c1', 'c2', 'c4']);
    expect(homes.filter(({current}) => current)).toEqual([
      {container: 'c1', shards: 4, current: true, zone: 'z1'},
    ]);
    expect(excluded).toEqual([{container: 'c3', rule: 'it is cordoned'}]);
    expect(history.map(({type}) => type)).toEqual(['audit']);
  });

  it('asks the planner once, and names after its choice who has fewest of the bucket, then where it is', async () => {
    for (const container of ['c3', 'c4', 'c5']) await world.join(service, container);
    await world.call('updateSpec', {service, maxShardCount: 3});
    for (const shardId of ['x1', 'x2', 'x3'])
      await world.call('addShard', {service, shardId, manualContainerId: 'c4', group: 'x'});
    await world.own(service, 'x1', {container: 'c4', incarnation: 'c4-1'});
    for (const container of ['c3', 'c5']) {
      const proof = {shardId: `proof-${container}`, manualContainerId: container, group: 'proof'};
      await world.call('addShard', {service, ...proof});
      await world.own(service, proof.shardId, {container, incarnation: `${container}-1`});
    }
    let plans = 0;
    const counting = new World({
      store: world.memory,
      plan: (snapshot) => {
        plans += 1;
        return plan(snapshot);
      },
    });
    // Its governor wants nothing more: there is no queue to look for its move in.
    await world.say(service, {settled: true});
    const {homes} = await counting.call('why', {service, shardId: 's1'});
    expect(plans).toBe(1);
    // Four shards on c1 are spread over c1, c2, c3 and c5, for c4 is full: one is free for s1.
    expect(homes).toHaveLength(3);
    expect(homes.map(({container}) => container)).not.toContain('c4');
    expect(homes.some(({current}) => current)).toBe(true);
  });

  it('says which rule keeps a shard from every container', async () => {
    await world.call('addShard', {service, shardId: 'gpu', workerGroup: 'gpu'});
    const pool = await world.call('why', {service, shardId: 'gpu'});
    expect(pool.rule).toBe('its worker group has no members');
    // Also while the governor's word is older than the shard.
    await world.say(service, {unplaced: [], unplacedCount: 0});
    const early = await world.call('why', {service, shardId: 'gpu'});
    expect(early.rule).toBe('its worker group has no members');
    expect(pool.homes).toEqual([]);
    expect(pool.excluded[0]?.rule).toBe('it is not in worker group gpu');
    await world.call('addShard', {service, shardId: 'pinned', manualContainerId: 'c2'});
    const pinned = await world.call('why', {service, shardId: 'pinned'});
    expect(pinned.rule).toBe('it is pinned to c2');
    expect(pinned.homes.map(({container}) => container)).toEqual(['c2']);
    await expect(world.call('why', {service, shardId: 'nothing'})).rejects.toThrow('nothing');
  });
});

describe('checks', () => {
  it('name what is wrong and what fixes it', async () => {
    await world.call('addShard', {service, shardId: 'gpu', workerGroup: 'gpu'});
    await world.say(service, {
      unplacedCount: 1,
      unplaced: [{shard: 'gpu', reason: 'worker-group-empty'}],
    });
    const {checks} = await world.call('checks', {});
    const byName = new Map(checks.map((check) => [check.name, check]));
    expect(byName.get('leader')?.verdict).toBe('FAIL');
    expect(byName.get(`containers of ${service}`)).toMatchObject({
      verdict: 'PASS',
      text: '2 ready',
    });
    expect(byName.get('shards of orders')?.fix).toContain('sm shard why -a orders');
    expect(checks.every(({verdict, fix}) => verdict === 'PASS' || fix !== '')).toBe(true);
  });
});

describe('a container whose id key was deleted by hand', () => {
  it('keeps its shards in a plan, as it does while its heartbeat lives', async () => {
    await world.delete(world.keys.containerId(service, 'c1'));
    expect(await world.call('plan', {service})).toMatchObject({additions: [], additionCount: 0});
    await world.delete(world.keys.heartbeat(service, 'c1-1'));
    expect(await world.call('plan', {service})).toMatchObject({additionCount: 4});
  });
});

describe('a container that has not proved itself', () => {
  beforeEach(async () => {
    await world.call('addShards', {service, shards: [{shardId: 's5'}, {shardId: 's6'}]});
    await world.own(service, 's5', {});
    for (const shard of ['s3', 's4', 's6'])
      await world.own(service, shard, {container: 'c2', incarnation: 'c2-1'});
    await world.join(service, 'c3');
  });

  it('gets in the plan what its governor gives it: one shard on trial, and why says so', async () => {
    const answer = await world.call('plan', {service});
    expect(answer).toMatchObject({moveCount: 1, additionCount: 0, unproved: ['c3']});
    const [trial] = answer.trials;
    expect(answer.moves).toMatchObject([{shard: trial?.shard, to: 'c3', cause: 'balance'}]);
    const tried = await world.call('why', {service, shardId: trial?.shard ?? ''});
    expect(tried.rule).toContain('it goes to c3 on trial: no shard has become ready there yet');
    const other = ['s1', 's3'].find((shard) => shard !== trial?.shard) ?? '';
    expect((await world.call('why', {service, shardId: other})).rule).not.toContain('trial');
    expect((await world.call('moves', {service})).queued).toHaveLength(1);
  });

  it('gets nothing more while its trial is under way, and its share once a shard is ready there', async () => {
    const there = {container: 'c3', incarnation: 'c3-1'};
    await world.own(service, 's1', {...there, state: 'assigned', ready: false, token: ''});
    expect(await world.call('plan', {service})).toMatchObject({moveCount: 0, trials: []});
    await world.own(service, 's1', there);
    expect(await world.call('plan', {service})).toMatchObject({moveCount: 1, unproved: []});
  });

  it('gets no trial in the plan while it refuses, and one thought in counts as proved', async () => {
    const refusing = {state: 'refusing', since: '', incarnation: 'c3-1', note: 'no disk'} as const;
    await world.say(service, {containers: {c3: refusing}});
    const now = await world.call('plan', {service});
    expect(now).toMatchObject({moveCount: 0, trials: [], unproved: ['c3']});
    const without = {service, without: ['c3'], addContainers: 1};
    expect(await world.call('plan', without)).toMatchObject({moveCount: 2, unproved: []});
  });
});

describe('what cannot be so', () => {
  it('a leader of no time has none, in status and doctor', async () => {
    const leader = {v: 1, containerId: 'd1', incarnation: 'd1-1', createTime: 2 ** 53 - 1};
    await world.put(world.keys.leader(), leader);
    expect((await world.call('status', {})).leader).toMatchObject({container: 'd1', since: ''});
    expect((await world.call('checks', {})).checks).toContainEqual(
      expect.objectContaining({name: 'leader'}),
    );
    const spec = {service, createTime: 2 ** 53, maxShardCount: 0, maxRecoveryTime: 0};
    await world.put(world.keys.appSpec(service), spec);
    expect((await world.call('getApp', {service})).app.createTime).toBe(0);
  });

  it('a daemon is evicted as a container is', async () => {
    await world.join(SERVICE, 'd1:1');
    const evicted = await world.call('evict', {service: SERVICE, container: 'd1:1'});
    expect(evicted).toMatchObject({result: 'configured', changed: true});
    const {events} = await world.call('events', {});
    expect(events).toContainEqual(
      expect.objectContaining({operation: 'evict', objects: ['container/d1:1']}),
    );
  });
});
