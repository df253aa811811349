import {beforeEach, describe, expect, it} from 'vitest';
import {SLICE_MS} from '../../../../src/runtime/limits.ts';
import {MemoryStore} from '../../../support/memory-store.ts';
import type {Transaction} from '../../../../src/store/port.ts';
import {withLostAnswers, World} from '../fixture.ts';

const app = {service: 'orders'};
let world: World;
beforeEach(async () => {
  world = new World();
  await world.call('addSpec', app);
});

const numbered = (count: number) => Array.from({length: count}, (_, i) => ({shardId: `s${i}`}));
const results = (answer: {items: {result: string}[]}) => answer.items.map(({result}) => result);

/** Each transaction of many operations takes the event loop for longer than all work in one turn may, and is answered at a later turn. */
function countingStore(onBegin: () => void): MemoryStore {
  const store = new MemoryStore();
  const transact = store.transact.bind(store);
  store.transact = async (transaction) => {
    if (transaction.then.length < 10) return transact(transaction);
    onBegin();
    const untilMs = performance.now() + SLICE_MS + 1;
    while (performance.now() < untilMs);
    await new Promise(setImmediate);
    return transact(transaction);
  };
  return store;
}

describe('many shards', () => {
  it('get an answer each, in order', async () => {
    await world.call('addShards', {
      ...app,
      shards: [{shardId: 'same'}, {shardId: 'other', task: 'a'}],
    });
    const answer = await world.call('addShards', {
      ...app,
      shards: [
        {shardId: 'new'},
        {shardId: 'same'},
        {shardId: 'other', task: 'b'},
        {shardId: 'bad\u0000'},
        {shardId: 'new', task: 'x'},
        7 as never,
        {shardId: 'typo', tsk: 'x'} as never,
      ],
    });
    expect(results(answer)).toEqual([
      'created',
      'unchanged',
      'conflict',
      'invalid',
      'duplicate',
      'invalid',
      'invalid',
    ]);
    expect(answer).toMatchObject({changed: true, failed: 5});
    expect(await world.value(world.keys.shardSpec('orders', 'new'))).toMatchObject({task: ''});
  });

  it('are removed with an answer each', async () => {
    await world.call('addShards', {...app, shards: numbered(250)});
    const shards = [{shardId: 'nobody'}, ...numbered(250)];
    const answer = await world.call('delShards', {...app, shards});
    expect(results(answer)).toEqual(['absent', ...Array<string>(250).fill('deleted')]);
    expect(await world.call('getShard', app)).toEqual({shards: []});
  });

  it('writes nothing when dry', async () => {
    await world.call('addShards', {...app, shards: numbered(3)});
    const before = (await world.memory.status()).revision;
    const dry = {...app, shards: numbered(5), dryRun: true};
    const created = ['unchanged', 'unchanged', 'unchanged', 'created', 'created'];
    expect(results(await world.call('addShards', dry))).toEqual(created);
    const deleted = ['deleted', 'deleted', 'deleted', 'absent', 'absent'];
    expect(results(await world.call('delShards', dry))).toEqual(deleted);
    expect((await world.memory.status()).revision).toBe(before);
  });

  it('10,000 take about as many transactions as they must, of at most 100 operations', async () => {
    let largest = 0;
    let transactions = 0;
    const counting = new Proxy(world.memory, {
      get(target, name) {
        if (name === 'transact') {
          return (transaction: Transaction) => {
            transactions += 1;
            largest = Math.max(largest, transaction.then.length);
            return target.transact(transaction);
          };
        }
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
    const big = new World({store: counting});
    await big.call('addSpec', app);
    transactions = 0;
    const answer = await big.call('addShards', {...app, shards: numbered(10_000)});
    expect(answer.failed).toBe(0);
    expect(largest).toBe(100);
    expect(transactions).toBeLessThanOrEqual(110);
  });

  it('unknown apps and apps on their way out are refused as a whole', async () => {
    const add = (service: string) => world.call('addShards', {service, shards: numbered(1)});
    await expect(add('nobody')).rejects.toMatchObject({code: 'APP_NOT_FOUND'});
    await world.call('delSpec', app);
    await expect(add('orders')).rejects.toMatchObject({code: 'APP_DELETING'});
  });

  it('an app that goes away meanwhile refuses the rest', async () => {
    const memory = new MemoryStore();
    const inner = new World({store: memory});
    await inner.call('addSpec', app);
    const racing = new Proxy(memory, {
      get(target, name) {
        if (name === 'transact') {
          return async (transaction: Transaction) => {
            if (transaction.then.length > 1) await inner.call('delSpec', {...app, force: true});
            return target.transact(transaction);
          };
        }
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
    const late = new World({store: racing});
    const answer = await late.call('addShards', {...app, shards: numbered(3)});
    expect(results(answer)).toEqual(['refused', 'refused', 'refused']);
  });

  it.each([
    ['applied', 'created'],
    ['dropped', 'created'],
  ] as const)('a lost answer (%s) is found out by reading', async (fate, result) => {
    const memory = new MemoryStore();
    const lossy = new World({store: withLostAnswers(memory, ['answered', fate])});
    await lossy.call('addSpec', app);
    const answer = await lossy.call('addShards', {...app, shards: numbered(3)});
    expect(results(answer)).toEqual([result, result, result]);
  });
});

describe('the transactions of a batch', () => {
  it('begin few in one turn of the event loop, however many may be under way', async () => {
    const begun: number[] = [];
    let turn = 0;
    const store = countingStore(() => (begun[turn] = (begun[turn] ?? 0) + 1));
    world = new World({store});
    await world.call('addSpec', app);
    const isOver = new AbortController();
    const turns = (): void => {
      turn += 1;
      if (!isOver.signal.aborted) setImmediate(turns);
    };
    turns();
    const answer = await world.call('addShards', {...app, shards: numbered(2_000)});
    isOver.abort();
    expect(results(answer)).toEqual(Array<string>(2_000).fill('created'));
    // One at the end of a turn, when the budget of the next begins.
    expect(Math.max(...begun.filter((count) => count > 0))).toBeLessThanOrEqual(2);
  });

  it('each wait for their turn as bulk work where the batch is large', async () => {
    const asked: string[] = [];
    const used: string[] = [];
    const bulkWork = {
      noteUse: (name: string) => used.push(name),
      tryBegin: () => true,
      turn: async (name: string) => void asked.push(name),
    };
    const turns: string[] = [];
    const batchByTurns = <T>(name: string, work: () => Promise<T>): Promise<T> => {
      turns.push(name);
      return work();
    };
    world = new World({bulkWork, batchByTurns});
    await world.call('addSpec', app);
    await world.call('addShards', {...app, shards: numbered(1_000)});
    expect(asked).toEqual([]);
    await world.call('delShards', {...app, shards: numbered(1_001)});
    expect(asked).toEqual(Array<string>(11).fill('orders'));
    expect(used).toEqual(['orders', 'orders', 'orders']);
    expect(turns).toEqual(['orders']);
  });
});
