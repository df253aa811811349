import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {AppView} from '../../../src/appstate/app-view.ts';
import type {FinishedMove} from '../../../src/model/status.ts';
import {formatToken} from '../../../src/model/token.ts';
import {plan} from '../../../src/planner/index.ts';
import type {MoveEvent} from '../../../src/protocol/admin.ts';
import {stillPlan, World} from './fixture.ts';

const app = {service: 'orders'};
const note = {id: 'm1', from: 'c1', to: 'c2', why: 'drain', startedAt: '2026-01-01T00:00:00.000Z'};
const finished = (shard: string, endedAt: string): FinishedMove => ({
  ...note,
  shard,
  endedAt,
  outcome: 'done',
  note: '',
});

let world: World;
let stop: AbortController;
beforeEach(async () => {
  world = new World();
  stop = new AbortController();
  await world.call('addSpec', app);
});
afterEach(() => stop.abort());

const round = (number: string, moves: FinishedMove[]) =>
  world.put(world.keys.moves('orders', number), JSON.stringify(moves));

describe('moves', () => {
  it('running are the records that are not at rest; finished come newest first', async () => {
    await world.own('orders', 'at-rest', {});
    await world.own('orders', 'was-here', {state: 'free', ready: false});
    await world.own('orders', 'first', {state: 'assigned', ready: false});
    await world.own('orders', 'moving', {state: 'dropping', ready: false, move: note});
    await round('1', [finished('x', '2026-01-01T00:00:01.000Z')]);
    await round('2', [finished('y', '2026-01-01T00:00:02.000Z')]);
    const answer = await world.call('moves', app);
    expect(answer.running).toMatchObject([
      {shard: 'first', from: '', to: 'c1', step: 'assigned'},
      {shard: 'moving', from: 'c1', to: 'c2', step: 'dropping', why: 'drain', id: 'm1'},
    ]);
    expect(answer.finished.map(({shard}) => shard)).toEqual(['y', 'x']);
    const short = await world.call('moves', {...app, limit: 1});
    expect(short).toMatchObject({runningCount: 2, finishedCount: 2});
    expect([short.running.length, short.finished.length]).toEqual([1, 1]);
  });
});

/** Takes events until `count` have come. */
async function take(events: AsyncIterable<MoveEvent>, count: number): Promise<MoveEvent[]> {
  const taken: MoveEvent[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

describe('the stream of moves', () => {
  it('tells steps in order and ends with the caller', async () => {
    const stream = world.stream(app, stop.signal)[Symbol.asyncIterator]();
    const hello = await stream.next();
    const reading = take({[Symbol.asyncIterator]: () => stream}, 4);
    await world.own('orders', 's', {state: 'dropping', ready: false, move: note});
    await world.own('orders', 's', {state: 'free', ready: false, move: note});
    await world.own('orders', 's', {container: 'c2', incarnation: 'c2-1', token: 't'});
    await round('1', [finished('s', '2026-01-01T00:00:01.000Z')]);
    const events = [hello.value, ...(await reading)];
    expect(events).toMatchObject([
      {type: 'hello'},
      {type: 'running', move: {shard: 's', step: 'dropping'}},
      {type: 'running', move: {shard: 's', step: 'free'}},
      {type: 'settled', shard: 's', container: 'c2', token: 't'},
      {type: 'finished', move: {shard: 's', outcome: 'done'}},
    ]);
    const revisions = events.map(({revision}) => Number(revision));
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
  });

  it('tells the tokens that are valid after a restore was accepted, also where it stood before', async () => {
    let epoch = 1;
    world = new World({epoch: () => epoch});
    await world.call('addSpec', app);
    const stream = world.stream(app, stop.signal)[Symbol.asyncIterator]();
    await stream.next();
    const reading = take({[Symbol.asyncIterator]: () => stream}, 2);
    const first = await world.own('orders', 's', {token: ''});
    await new Promise((resolve) => setImmediate(resolve));
    epoch = 7;
    const second = await world.own('orders', 's', {token: ''});
    expect(await reading).toMatchObject([
      {type: 'settled', token: formatToken({epoch: 1, revision: first})},
      {type: 'settled', token: formatToken({epoch: 7, revision: second})},
    ]);
  });

  it('says what moves wait for when that changes, and once', async () => {
    const stream = world.stream(app, stop.signal)[Symbol.asyncIterator]();
    await stream.next();
    const reading = take({[Symbol.asyncIterator]: () => stream}, 3);
    const wait = {budget: 'maxMoving', of: '', used: 2, limit: 2} as const;
    await world.say('orders', {waits: [wait]});
    await world.say('orders', {waits: [wait], settled: false, unplacedCount: 1});
    await world.say('orders', {});
    await world.own('orders', 's', {
      state: 'dropping',
      ready: false,
      move: {...note, numbers: 'n'},
    });
    expect(await reading).toMatchObject([
      {type: 'waiting', waits: [{...wait, text: expect.stringContaining('--max-moving')}]},
      {type: 'waiting', waits: []},
      {type: 'running', move: {shard: 's', numbers: 'n'}},
    ]);
  });

  it('goes on behind a revision without missing one', async () => {
    const first = await world.own('orders', 'a', {state: 'assigned', ready: false});
    await world.own('orders', 'b', {state: 'assigned', ready: false});
    const events = await take(world.stream({...app, after: String(first)}, stop.signal), 2);
    expect(events).toMatchObject([{type: 'hello'}, {type: 'running', move: {shard: 'b'}}]);
  });

  it('follows a listing: what changed between the two is told', async () => {
    await world.own('orders', 'a', {});
    const {revision} = await world.call('getShards', app);
    await world.own('orders', 'a', {state: 'dropping', ready: false, move: note});
    const events = await take(world.stream({...app, after: revision}, stop.signal), 2);
    expect(events).toMatchObject([
      {type: 'hello', revision},
      {type: 'running', move: {shard: 'a'}},
    ]);
  });

  it('marks a gap when history is gone, and goes on', async () => {
    const first = await world.own('orders', 'a', {});
    await world.own('orders', 'a', {ready: false});
    await world.own('orders', 'b', {});
    await world.memory.compact((await world.memory.status()).revision);
    const stream = world.stream({...app, after: String(first)}, stop.signal);
    const events = stream[Symbol.asyncIterator]();
    expect(await events.next()).toMatchObject({value: {type: 'hello'}});
    expect(await events.next()).toMatchObject({value: {type: 'gap'}});
    await world.own('orders', 'c', {state: 'assigned', ready: false});
    expect(await events.next()).toMatchObject({value: {type: 'running', move: {shard: 'c'}}});
  });

  it('marks a gap when the caller knows a later revision than the store: it was restored', async () => {
    const {revision} = await world.memory.status();
    const after = String(revision + 1);
    const hello = {type: 'hello', revision: String(revision)};
    const gap = {type: 'gap', revision: String(revision), reason: expect.stringContaining(after)};
    expect(await take(world.stream({...app, after}, stop.signal), 2)).toEqual([hello, gap]);
    const events = world.events({after}, stop.signal)[Symbol.asyncIterator]();
    expect([(await events.next()).value, (await events.next()).value]).toEqual([hello, gap]);
  });

  it('refuses an unknown app before the first event, and ends when told', async () => {
    const none = world.stream({service: 'nobody'}, stop.signal);
    await expect(take(none, 1)).rejects.toMatchObject({code: 'APP_NOT_FOUND'});
    const stream = world.stream(app, stop.signal)[Symbol.asyncIterator]();
    expect(await stream.next()).toMatchObject({value: {type: 'hello'}});
    const end = stream.next();
    stop.abort();
    expect(await end).toMatchObject({done: true});
  });
});

describe('what-if', () => {
  it('copies the app only where the declared one differs from it', async () => {
    const copying = vi.spyOn(AppView.prototype, 'copying');
    world = new World({plan: (snapshot) => plan(snapshot)});
    await world.call('addSpec', app);
    await world.call('addShard', {...app, shardId: 's'});
    await world.join('orders', 'c1');
    expect(await world.call('plan', {...app, addContainers: 1})).toMatchObject({additionCount: 1});
    expect(copying).not.toHaveBeenCalled();
    const spec = {maxShardCount: 0, maxRecoveryTime: 10, paused: false, workerGroups: {}};
    const declared = {...spec, shards: [{shardId: 's'}, {shardId: 't'}]};
    expect(await world.call('plan', {...app, declared})).toMatchObject({additionCount: 2});
    expect(copying).toHaveBeenCalledOnce();
    copying.mockRestore();
    expect(await world.call('plan', app)).toMatchObject({additionCount: 1});
  });

  it('asks the live planner with containers thought away and in', async () => {
    let asked: string[] = [];
    world = new World({
      plan: (snapshot) => {
        asked = snapshot.containers.map(({id}) => id);
        return {
          ...stillPlan(snapshot),
          target: Int32Array.from([asked.indexOf('new-1')]),
          additions: Int32Array.of(0),
        };
      },
    });
    await world.call('addSpec', app);
    await world.call('addShard', {...app, shardId: 's'});
    await world.join('orders', 'c1');
    await world.join('orders', 'c2');
    await world.own('orders', 's', {});
    const answer = await world.call('plan', {...app, without: ['c1'], addContainers: 2});
    expect(asked.sort()).toEqual(['c2', 'new-1', 'new-2']);
    expect(answer).toMatchObject({
      additions: [{shard: 's', to: 'new-1'}],
      additionCount: 1,
      moveCount: 0,
      containers: [
        {id: 'c2', before: 0, after: 0},
        {id: 'new-1', before: 0, after: 1},
        {id: 'new-2', before: 0, after: 0},
      ],
    });
    await expect(world.call('plan', {...app, without: ['c9']})).rejects.toMatchObject({
      code: 'CONTAINER_NOT_FOUND',
    });
  });

  it('takes a container that is named twice for one', async () => {
    await world.call('addSpec', app);
    for (const container of ['c1', 'c2']) await world.join('orders', container);
    const {containers} = await world.call('plan', {...app, without: ['c1', 'c1']});
    expect(containers.map(({id}) => id)).toEqual(['c2']);
  });

  it('thinks more containers in beside those that have such names already', async () => {
    await world.call('addSpec', app);
    for (const container of ['c1', 'new-1']) await world.join('orders', container);
    const {containers} = await world.call('plan', {...app, addContainers: 2});
    expect(containers.map(({id}) => id)).toEqual(['c1', 'new-1', 'new-2', 'new-3']);
  });
});
