import {beforeEach, describe, expect, it, vi} from 'vitest';
import type {AdminInput} from '../../../../src/protocol/admin.ts';
import {encodeIdHolder} from '../../../../src/protocol/container-id.ts';
import {LOOK_PAUSE_MS, WAITS_OF_ONE} from '../../../../src/server/admin/limits.ts';
import type {Watch} from '../../../../src/store/port.ts';
import {MemoryStore} from '../../../support/memory-store.ts';
import {heartbeat, ownership, SERVICE, stillPlan, World} from '../fixture.ts';

const app = {service: 'orders'};
let world: World;
beforeEach(async () => {
  world = new World();
  await world.call('addSpec', app);
});

type Query = Omit<AdminInput<'waitCheck'>, 'service'>;
const check = (query: Query) => world.call('waitCheck', {...app, ...query});
const met = async (query: Query) => (await check(query)).met;

it('sm itself always exists, without a spec', async () => {
  await world.join(SERVICE, 'd1');
  const ask = (goal: 'exists' | 'gone' | 'ready') =>
    world.call('waitCheck', {service: SERVICE, kind: 'app', for: goal});
  expect(await ask('exists')).toMatchObject({met: true, missing: []});
  // Its shards are the apps that its daemons govern.
  expect((await ask('ready')).missing).toEqual([{id: 'orders', reason: 'unplaced'}]);
  await world.own(SERVICE, 'orders', {container: 'd1', incarnation: 'd1-1'});
  expect(await ask('ready')).toMatchObject({met: true, missing: []});
  expect((await ask('gone')).missing[0]).toEqual({
    id: SERVICE,
    reason: 'sm itself always exists',
  });
});

it('gone of one process, whoever has its id now', async () => {
  await world.join('orders', 'c1');
  const of = {container: 'c1', incarnation: 'c1-1'};
  await world.own('orders', 's', of);
  const answer = await world.call('evict', {...app, container: 'c1'});
  expect(answer.incarnation).toBe('c1-1');
  const gone = {kind: 'container', id: 'c1', for: 'gone', incarnation: 'c1-1'} as const;
  expect((await check(gone)).missing).toEqual([
    {id: 'c1', reason: 'its heartbeat exists'},
    {id: 's', reason: 'its record is ready'},
  ]);
  await world.delete(world.keys.heartbeat('orders', 'c1-1'));
  expect((await check(gone)).missing).toEqual([{id: 's', reason: 'its record is ready'}]);
  const next = {...of, incarnation: 'c1-2'};
  await world.put(world.keys.heartbeat('orders', 'c1-2'), heartbeat('c1'));
  await world.put(world.keys.containerId('orders', 'c1'), encodeIdHolder('c1-2'));
  await world.own('orders', 's', next);
  expect(await met(gone)).toBe(true);
  expect(await met({kind: 'container', id: 'c1', for: 'gone'})).toBe(false);
  await expect(check({...gone, for: 'drained'})).rejects.toMatchObject({code: 'INVALID_INPUT'});
});

it('a goal that is met only in a view that is behind is looked at with pauses', async () => {
  let lists = 0;
  /** Its watches bring nothing, as those of a member that lags, and cannot tell how far they are. */
  class LaggingStore extends MemoryStore {
    override list(...given: Parameters<MemoryStore['list']>): ReturnType<MemoryStore['list']> {
      lists += 1;
      return super.list(...given);
    }
    override watch(): Watch {
      return {close: () => undefined};
    }
  }
  const store = new LaggingStore();
  world = new World({store});
  Object.assign(world, {memory: store});
  await world.call('addSpec', app);
  await world.call('addShards', {...app, shards: [{shardId: 's'}]});
  const incarnation = await world.join('orders', 'c1');
  await world.own('orders', 's', {container: 'c1', incarnation});
  const lease = await world.dependencies.views.acquire('orders');
  expect(await met({kind: 'app', for: 'ready'})).toBe(true);
  await world.own('orders', 's', {state: 'free', ready: false});
  lists = 0;
  const pauses = 10;
  const timeoutMs = pauses * LOOK_PAUSE_MS;
  expect(await met({kind: 'app', for: 'ready', timeoutMs})).toBe(false);
  // Two looks come before the first pause; timers may be a little early.
  expect(lists).toBeLessThanOrEqual(2 + pauses + 3);
  lease.release();
});

describe('goals', () => {
  it('exists and gone', async () => {
    expect(await met({kind: 'app', for: 'exists'})).toBe(true);
    expect(await met({kind: 'app', for: 'gone'})).toBe(false);
    expect(await met({kind: 'shard', id: 's', for: 'exists'})).toBe(false);
    expect(await met({kind: 'shard', id: 's', for: 'gone'})).toBe(true);
    await world.own('orders', 's', {});
    expect(await check({kind: 'shard', id: 's', for: 'gone'})).toMatchObject({
      met: false,
      missing: [{id: 's', reason: 'its record is ready'}],
    });
    expect(await met({kind: 'container', id: 'c1', for: 'exists'})).toBe(false);
    await world.join('orders', 'c1');
    expect(await met({kind: 'container', id: 'c1', for: 'exists'})).toBe(true);
    expect(await met({kind: 'container', id: 'c2', for: 'gone'})).toBe(true);
  });

  it('an app that never was is gone, and is not ready', async () => {
    const ask = (goal: 'gone' | 'ready') =>
      world.call('waitCheck', {service: 'nobody', kind: 'app', for: goal});
    expect((await ask('gone')).met).toBe(true);
    expect((await ask('ready')).met).toBe(false);
    await expect(
      world.call('waitCheck', {service: 'nobody', kind: 'shard', id: 's', for: 'ready'}),
    ).rejects.toMatchObject({code: 'APP_NOT_FOUND'});
  });

  it('ready needs every shard owned, ready, and its owner alive', async () => {
    const shards = Array.from({length: 30}, (_, i) => ({shardId: `s${10 + i}`}));
    await world.call('addShards', {...app, shards});
    await world.join('orders', 'c1');
    await world.say('orders', {unplacedCount: 1, unplaced: [{shard: 's10', reason: 'capacity'}]});
    const answer = await check({kind: 'app', for: 'ready'});
    expect(answer).toMatchObject({met: false, missingCount: 30});
    expect(answer.missing).toHaveLength(20);
    expect(answer.missing[0]).toEqual({
      id: 's10',
      reason: 'unplaced: every container that it may use holds as many shards as it may',
    });
    for (const {shardId} of shards) await world.own('orders', shardId, {});
    expect(await met({kind: 'app', for: 'ready'})).toBe(true);
    expect(await met({kind: 'shard', id: 's10', for: 'ready'})).toBe(true);
    const silent = {state: 'silent', since: '', note: '', incarnation: 'c1-1'} as const;
    await world.say('orders', {containers: {c1: silent}});
    expect(await met({kind: 'app', for: 'ready'})).toBe(false);
    await world.say('orders', {});
    await world.delete(world.keys.heartbeat('orders', 'c1-1'));
    expect((await check({kind: 'shard', id: 's10', for: 'ready'})).missing).toEqual([
      {id: 's10', reason: 'unplaced: its container c1 is lost'},
    ]);
  });

  it('drained: no record names it, whatever its last owner was', async () => {
    await world.join('orders', 'c1');
    await world.own('orders', 'a', {state: 'dropping', ready: false});
    expect((await check({kind: 'container', id: 'c1', for: 'drained'})).missing).toEqual([
      {id: 'a', reason: 'dropping'},
    ]);
    await world.own('orders', 'a', {state: 'free', ready: false});
    expect(await met({kind: 'container', id: 'c1', for: 'drained'})).toBe(true);
  });

  it('drained: says when no drain is asked for, or nobody else could take what is left', async () => {
    await world.join('orders', 'c1');
    await world.own('orders', 'a', {});
    const reasons = async (): Promise<string[]> =>
      (await check({kind: 'container', id: 'c1', for: 'drained'})).missing.map(
        ({reason}) => reason,
      );
    expect(await reasons()).toEqual([
      'owned; the container is not draining: sm container drain -a orders c1',
    ]);
    await world.call('drain', {...app, container: 'c1'});
    expect(await reasons()).toEqual(['owned, no other container is ready']);
    await world.join('orders', 'c2');
    expect(await reasons()).toEqual(['owned, waits for its turn']);
    const of = {of: '', used: 120, limit: 120};
    const budgets = ['quietTime', 'moving.perMinute'] as const;
    await world.say('orders', {waits: budgets.map((budget) => ({...of, budget}))});
    expect(await reasons()).toEqual([
      'owned, waits for its turn: moves wait for moving.perMinute (120 of 120)',
    ]);
  });

  it('balanced: the live planner wants no move', async () => {
    let wants = true;
    world = new World({
      plan: (snapshot) => ({
        ...stillPlan(snapshot),
        moves: wants ? [{shard: 0, from: 0, to: 1, cause: 'balance'}] : [],
      }),
    });
    await world.call('addSpec', app);
    await world.call('addShard', {...app, shardId: 's'});
    await world.join('orders', 'c1');
    await world.join('orders', 'c2');
    await world.own('orders', 's', {});
    expect((await check({kind: 'app', for: 'balanced'})).missing).toEqual([
      {id: 's', reason: 'is to move (balance)'},
    ]);
    wants = false;
    // A plan stands until something changes.
    await world.own('orders', 's', {});
    expect(await met({kind: 'app', for: 'balanced'})).toBe(true);
  });

  it('a goal without meaning is bad input', async () => {
    for (const query of [
      {kind: 'shard', id: 's', for: 'balanced'},
      {kind: 'app', for: 'drained'},
      {kind: 'shard', for: 'ready'},
      {kind: 'app', id: 'other', for: 'ready'},
      {kind: 'container', id: 'a/b', for: 'ready'},
    ] as const) {
      await expect(check(query)).rejects.toMatchObject({httpStatus: 400});
    }
  });
});

/** As long as a call may be held: who is told by the change need not wait for it. */
const HOLD_MS = 25_000;

/** Resolves when the call has listed, has not found what it waits for, and watches. */
function watching(): Promise<void> {
  return new Promise((resolve) => {
    const watch = vi.spyOn(world.memory, 'watch').mockImplementation((...args) => {
      watch.mockRestore();
      resolve();
      return world.memory.watch(...args);
    });
  });
}

describe('waiting', () => {
  it('answers at the change, not at the end of its time', async () => {
    await world.call('addShard', {...app, shardId: 's'});
    await world.join('orders', 'c1');
    const watched = watching();
    const startedMs = performance.now();
    const waiting = check({kind: 'app', for: 'ready', timeoutMs: HOLD_MS});
    await watched;
    await world.own('orders', 's', {ready: false});
    const revision = await world.own('orders', 's', {});
    const answer = await waiting;
    expect(answer.met).toBe(true);
    expect(Number(answer.revision)).toBeGreaterThanOrEqual(revision);
    expect(performance.now() - startedMs).toBeLessThan(HOLD_MS);
  });

  it('answers what is missing when the time is over', async () => {
    await world.call('addShard', {...app, shardId: 's'});
    const started = performance.now();
    const answer = await check({kind: 'app', for: 'ready', timeoutMs: 100});
    expect(answer).toMatchObject({met: false, missing: [{id: 's', reason: 'unplaced'}]});
    expect(performance.now() - started).toBeGreaterThanOrEqual(95);
  });

  it('of one token beyond its share is answered at once; that of another one waits', async () => {
    await world.call('addShard', {...app, shardId: 's'});
    const wait = (who: string) => {
      world.who = who;
      return check({kind: 'shard', id: 's', for: 'ready', timeoutMs: HOLD_MS});
    };
    const own = Array.from({length: WAITS_OF_ONE}, () => wait('a'));
    const other = wait('b');
    expect(await wait('a')).toMatchObject({met: false});
    await world.join('orders', 'c1');
    await world.own('orders', 's', {});
    expect((await Promise.all([...own, other])).every((answer) => answer.met)).toBe(true);
  });

  it('ends when the caller hangs up', async () => {
    const gone = new AbortController();
    await world.call('addShard', {...app, shardId: 's'});
    const query = {...app, kind: 'app', for: 'ready', timeoutMs: HOLD_MS} as const;
    const watched = watching();
    const startedMs = performance.now();
    const waiting = world.call('waitCheck', query, gone.signal);
    await watched;
    gone.abort();
    expect((await waiting).met).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(HOLD_MS);
  });

  it('goes on over a compaction', async () => {
    await world.call('addShard', {...app, shardId: 's'});
    await world.join('orders', 'c1');
    const waiting = check({kind: 'app', for: 'ready', timeoutMs: 10_000});
    const {revision} = await world.memory.status();
    await world.memory.compact(revision);
    await world.put(world.keys.ownership('orders', 's'), ownership({}));
    expect((await waiting).met).toBe(true);
  });
});
