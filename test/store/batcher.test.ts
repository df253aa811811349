/** Merged transactions: each member sees an outcome that it could have had alone. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {SmError} from '../../src/model/errors.ts';
import {TransactionBatcher} from '../../src/store/batcher.ts';
import {MemoryKv, MemoryStore} from '../support/memory-store.ts';
import type {Compare, Operation, Transaction, TransactionOutcome} from '../../src/store/port.ts';
import {LONG_MS, until} from '../support/until.ts';

/** A memory store that records what it is sent, and can hold answers back or lose one. */
class RecordingStore extends MemoryStore {
  readonly sent: Transaction[] = [];
  underWay = 0;
  mostUnderWay = 0;
  loseNext = false;
  private gates: (() => void)[] | undefined;

  hold(): void {
    this.gates = [];
  }

  release(): void {
    const gates = this.gates ?? [];
    this.gates = undefined;
    for (const open of gates) open();
  }

  override async transact(transaction: Transaction): Promise<TransactionOutcome> {
    this.sent.push(transaction);
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    const {gates} = this;
    if (gates !== undefined) await new Promise<void>((resolve) => gates.push(resolve));
    const outcome = await super.transact(transaction);
    this.underWay -= 1;
    if (!this.loseNext) return outcome;
    this.loseNext = false;
    return {kind: 'unknown', error: new SmError('STORE_UNAVAILABLE', 'lost', {retryable: true})};
  }
}

const put = (key: string, value = key): Operation => ({op: 'put', key, value});
const get = (key: string): Operation => ({op: 'get', key});
const absent = (key: string): Compare => ({key, target: 'create', op: '=', value: 0});

function claim(key: string, value = key): Transaction {
  return {compares: [absent(key)], then: [put(key, value)], otherwise: [get(key)]};
}

function keys(count: number): string[] {
  return Array.from({length: count}, (_, index) => `k${index}`);
}

describe('a batch', () => {
  it('sends the members of one turn as one transaction, each with its own answers', async () => {
    const store = new RecordingStore();
    store.kv.transact({compares: [], then: [put('x', 'old')]});
    const batcher = new TransactionBatcher(store);
    const outcomes = await Promise.all([
      batcher.submit(claim('a')),
      batcher.submit({compares: [], then: [get('x'), put('y'), get('none')]}),
      batcher.submit(claim('b')),
    ]);
    expect(store.sent).toHaveLength(1);
    expect(outcomes.map(({kind}) => kind)).toEqual(['committed', 'committed', 'committed']);
    const answers = outcomes.map((outcome) =>
      outcome.kind === 'unknown' ? [] : outcome.answers.map((entry) => entry?.value),
    );
    expect(answers).toEqual([[undefined], ['old', undefined, undefined], [undefined]]);
    expect(new Set(outcomes.map((outcome) => 'revision' in outcome && outcome.revision)).size).toBe(
      1,
    );
  });

  it('refuses only the members whose own compares fail, with what they asked to see', async () => {
    const store = new RecordingStore();
    store.kv.transact({compares: [], then: [put('k3', 'taken'), put('k7', 'taken')]});
    const batcher = new TransactionBatcher(store);
    const outcomes = await Promise.all(keys(10).map((key) => batcher.submit(claim(key))));
    const refused = outcomes.flatMap((outcome, index) =>
      outcome.kind === 'refused' ? [[index, outcome.answers[0]?.value]] : [],
    );
    expect(refused).toEqual([
      [3, 'taken'],
      [7, 'taken'],
    ]);
    expect(outcomes.filter(({kind}) => kind === 'committed')).toHaveLength(8);
    // Without a read, with the reads that tell whose fault it was, and once more without those.
    expect(store.sent.map(({otherwise = []}) => otherwise.length)).toEqual([0, 10, 0]);
    expect(store.kv.get('k3')?.value).toBe('taken');
  });

  it('is unknown to all when its answer is lost, and is not sent again', async () => {
    const store = new RecordingStore();
    store.loseNext = true;
    const batcher = new TransactionBatcher(store);
    const outcomes = await Promise.all(keys(10).map((key) => batcher.submit(claim(key))));
    expect(new Set(outcomes.map(({kind}) => kind))).toEqual(new Set(['unknown']));
    expect(store.sent).toHaveLength(1);
  });

  it('ends every member when the store is closed', async () => {
    const store = new MemoryStore();
    const batcher = new TransactionBatcher(store);
    const pending = keys(5).map((key) => batcher.submit(claim(key)));
    await store.close();
    const outcomes = await Promise.all(pending);
    expect(new Set(outcomes.map(({kind}) => kind))).toEqual(new Set(['unknown']));
  });
});

describe('the limits of a batch', () => {
  it('keep every list at what etcd takes', async () => {
    const store = new RecordingStore();
    const batcher = new TransactionBatcher(store);
    const outcomes = await Promise.all(
      keys(500).map((key) =>
        batcher.submit({
          compares: [absent(key), absent(`${key}/one`), absent(`${key}/two`)],
          then: [put(key), put(`${key}/one`)],
          otherwise: [get(key), get(`${key}/three`)],
        }),
      ),
    );
    expect(outcomes.every(({kind}) => kind === 'committed')).toBe(true);
    for (const {compares, then, otherwise = []} of store.sent) {
      expect(compares.length).toBeLessThanOrEqual(128);
      expect(then.length).toBeLessThanOrEqual(100);
      expect(otherwise.length).toBeLessThanOrEqual(128);
    }
  });

  it('hold for bytes', async () => {
    const store = new RecordingStore();
    const batcher = new TransactionBatcher(store, {maxBytes: 1_000});
    await Promise.all(keys(10).map((key) => batcher.submit(claim(key, 'x'.repeat(300)))));
    expect(store.sent.map(({then}) => then.length)).toEqual([3, 3, 3, 1]);
  });

  it('hold for what is under way at once; newcomers gather meanwhile', async () => {
    const store = new RecordingStore();
    store.hold();
    const batcher = new TransactionBatcher(store, {maxInFlight: 2, maxOperations: 1});
    const pending = keys(6).map((key) => batcher.submit(claim(key)));
    await until(() => store.sent.length === 2, LONG_MS, 'two are under way');
    store.release();
    await Promise.all(pending);
    expect(store.mostUnderWay).toBe(2);
  });

  it('let a transaction pass that is alone over them', async () => {
    const store = new RecordingStore();
    const batcher = new TransactionBatcher(store, {maxOperations: 2, maxBytes: 10});
    const then = keys(5).map((key) => put(key, 'x'.repeat(100)));
    const outcome = await batcher.submit({compares: [], then});
    expect(outcome.kind).toBe('committed');
  });
});

describe('members that touch the same keys', () => {
  it('are not merged when both write one', async () => {
    const store = new RecordingStore();
    const batcher = new TransactionBatcher(store);
    const outcomes = await Promise.all([
      batcher.submit(claim('a', 'first')),
      batcher.submit(claim('a', 'second')),
    ]);
    expect(outcomes.map(({kind}) => kind)).toEqual(['committed', 'refused']);
    expect(store.kv.get('a')?.value).toBe('first');
  });

  it('are not both committed when each writes what the other compares', async () => {
    const store = new RecordingStore();
    const batcher = new TransactionBatcher(store);
    const outcomes = await Promise.all([
      batcher.submit({compares: [absent('a')], then: [put('b')]}),
      batcher.submit({compares: [absent('b')], then: [put('a')]}),
    ]);
    expect(outcomes.map(({kind}) => kind)).toEqual(['committed', 'refused']);
  });
});

const NAMES = ['a', 'b', 'c'];
const name = fc.constantFrom(...NAMES);
const member = fc
  .record({
    compares: fc.array(fc.tuple(name, fc.constantFrom('=', '!=', 'is'), fc.boolean()), {
      minLength: 1,
      maxLength: 2,
    }),
    writes: fc.uniqueArray(fc.tuple(name, fc.boolean()), {
      minLength: 1,
      maxLength: 2,
      selector: ([key]) => key,
    }),
  })
  .map(({compares, writes}): Transaction => ({
    compares: compares.map(([key, op, known]): Compare =>
      op === 'is'
        ? {key, target: 'value', op: '=', value: known ? key : 'other'}
        : {key, target: 'create', op, value: known ? 2 : 0},
    ),
    then: writes.map(([key, stays]) => (stays ? put(key) : {op: 'delete', key})),
    otherwise: [get('a')],
  }));

function beginning(): MemoryKv {
  const kv = new MemoryKv();
  kv.transact({compares: [], then: [put('a')]});
  return kv;
}

function orders<T>(items: readonly T[]): (readonly [number, T])[][] {
  const numbered = items.map((item, index) => [index, item] as const);
  const permute = (rest: readonly (readonly [number, T])[]): (readonly [number, T])[][] =>
    rest.length === 0
      ? [[]]
      : rest.flatMap((chosen) =>
          permute(rest.filter((other) => other !== chosen)).map((tail) => [chosen, ...tail]),
        );
  return permute(numbered);
}

it('always comes to what some order of single transactions comes to', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(member, {minLength: 2, maxLength: 4}), async (members) => {
      const store = new RecordingStore(beginning());
      const batcher = new TransactionBatcher(store);
      const outcomes = await Promise.all(members.map((entry) => batcher.submit(entry)));
      const end = store.kv.list('').map(({key}) => key);
      const actual = JSON.stringify([outcomes.map(({kind}) => kind), end]);
      const possible = orders(members).map((order) => {
        const kv = beginning();
        const kinds: string[] = [];
        for (const [index, transaction] of order) kinds[index] = kv.transact(transaction).kind;
        return JSON.stringify([kinds, kv.list('').map(({key}) => key)]);
      });
      expect(possible).toContain(actual);
    }),
    {numRuns: 2_000},
  );
});

describe('lanes', () => {
  it('are served by turns: a long queue of one costs another one turn', async () => {
    const store = new RecordingStore();
    const batcher = new TransactionBatcher(store, {maxOperations: 10, maxInFlight: 1});
    const [crowd, other] = [batcher.lane('crowd'), batcher.lane('other')];
    const order: string[] = [];
    const sent = Array.from({length: 100}, (_, at) =>
      crowd.submit(claim(`crowd-${at}`)).then(() => order.push(`crowd-${at}`)),
    );
    sent.push(other.submit(claim('other-1')).then(() => order.push('other-1')));
    sent.push(other.submit(claim('other-2')).then(() => order.push('other-2')));
    await Promise.all(sent);
    expect(order.indexOf('other-2')).toBeLessThan(10);
    expect(order.filter((name) => name.startsWith('crowd'))).toEqual(
      Array.from({length: 100}, (_, at) => `crowd-${at}`),
    );
  });

  it('have batches of their own where more waits than one takes', async () => {
    const store = new RecordingStore();
    const batcher = new TransactionBatcher(store, {maxOperations: 10, maxInFlight: 2});
    const [crowd, other] = [batcher.lane('crowd'), batcher.lane('other')];
    const pending = Array.from({length: 95}, (_, at) => crowd.submit(claim(`crowd-${at}`)));
    pending.push(other.submit(claim('other')));
    await Promise.all(pending);
    const withOther = store.sent.filter(({then}) => then.some(({key}) => key === 'other'));
    expect(withOther.map(({then}) => then.length)).toEqual([1]);
  });

  it('that are long go on where short ones come again and again', async () => {
    const store = new RecordingStore();
    const batcher = new TransactionBatcher(store, {maxOperations: 10, maxInFlight: 1});
    const crowd = Array.from({length: 50}, (_, at) =>
      batcher.submit(claim(`crowd-${at}`), 'crowd'),
    );
    let hasEnded = false;
    const all = Promise.all(crowd).then(() => (hasEnded = true));
    let others = 0;
    for (; !hasEnded && others < 20; others += 1)
      await batcher.submit(claim(`other-${others}`), 'other');
    await all;
    expect(others).toBeLessThan(10);
  });

  it('keep the order of their own where members are sent again', async () => {
    const store = new RecordingStore();
    store.kv.transact({compares: [], then: [put('b2', 'taken')]});
    const batcher = new TransactionBatcher(store);
    const lanes = ['a', 'b'].map((name) => ({name, lane: batcher.lane(name)}));
    const outcomes = await Promise.all(
      lanes.flatMap(({name, lane}) =>
        [1, 2, 3].map(async (at) => (await lane.submit(claim(`${name}${at}`))).kind),
      ),
    );
    expect(outcomes).toEqual([
      ...['committed', 'committed', 'committed'],
      ...['committed', 'refused', 'committed'],
    ]);
  });
});

describe('a long lane, where bulk work waits', () => {
  /** Lets nothing begin before `let1`. */
  class Admission {
    readonly used: string[] = [];
    private readonly waiting: (() => void)[] = [];
    noteUse(app: string): void {
      this.used.push(app);
    }
    tryBegin(): boolean {
      return false;
    }
    turn(): Promise<void> {
      return new Promise((begin) => this.waiting.push(begin));
    }
    let1(): void {
      this.waiting.shift()?.();
    }
  }

  const turnsOfLoop = async (): Promise<void> => {
    for (let at = 0; at < 5; at += 1) await new Promise(setImmediate);
  };

  it('sends a batch for each turn that it is given, and others pass it', async () => {
    const [store, bulkWork] = [new RecordingStore(), new Admission()];
    const batcher = new TransactionBatcher(store, {maxOperations: 10, bulkWork});
    const crowd = Array.from({length: 25}, (_, at) => batcher.submit(claim(`c${at}`), 'crowd'));
    const others = Array.from({length: 9}, (_, at) => batcher.submit(claim(`o${at}`), 'other'));
    await Promise.all(others);
    await turnsOfLoop();
    expect(store.sent.map(({then}) => then.length)).toEqual([9]);
    for (const sent of [10, 10, 5]) {
      bulkWork.let1();
      await turnsOfLoop();
      expect(store.sent.at(-1)?.then.length).toBe(sent);
    }
    await Promise.all(crowd);
    expect(store.sent.length).toBe(4);
    expect(new Set(bulkWork.used)).toEqual(new Set(['crowd', 'other']));
  });

  it('does not wait where it is urgent, and is no use by an app', async () => {
    const [store, bulkWork] = [new RecordingStore(), new Admission()];
    const batcher = new TransactionBatcher(store, {maxOperations: 10, bulkWork});
    const lane = batcher.lane('heartbeats', {isUrgent: true});
    for (let at = 0; at < 25; at += 1) void lane.submit(claim(`h${at}`));
    await turnsOfLoop();
    expect(store.sent.length).toBe(3);
    expect(bulkWork.used).toEqual([]);
  });
});
