/** Random histories on the memory store and on etcd: every answer, listing and watch alike. */
import fc from 'fast-check';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import {MemoryStore} from '../support/memory-store.ts';
import type {
  Compare,
  KeyValue,
  Operation,
  Store,
  TransactionOutcome,
  WatchEvent,
} from '../../src/store/port.ts';
import {LONG_MS, until} from '../support/until.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';

const RUNS = 100;
const NAMES = ['a', 'a/', 'a/1', 'a/2', 'a0', 'b', 'b/x', '%2F', 'a/1/2'];
const PREFIXES = ['', 'a', 'a/', 'b', 'zz'];

/** What to compare with: resolved on the memory store, then shifted by the distance of the two histories. */
interface Guess {
  readonly name: string;
  readonly target: 'mod' | 'create';
  readonly op: '=' | '!=';
  readonly pick: 'current' | 'absent' | 'stale';
}

type Step =
  | {
      readonly kind: 'transact';
      readonly guesses: readonly Guess[];
      readonly then: readonly Operation[];
      readonly otherwise: readonly Operation[];
    }
  | {readonly kind: 'list'; readonly prefixes: readonly string[]; readonly back: number}
  | {readonly kind: 'getMany'; readonly names: readonly string[]}
  | {readonly kind: 'watch'; readonly prefix: string; readonly back: number};

let etcd: EtcdProcess;
let etcdStore: EtcdStore;
let runs = 0;

beforeAll(async () => {
  etcd = await startEtcd();
  etcdStore = new EtcdStore({endpoints: [etcd.endpoint], timeoutMs: 10_000});
});

afterAll(async () => {
  await etcdStore.close();
  await etcd.stop();
});

const name = fc.constantFrom(...NAMES);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({op: fc.constant('put' as const), key: name, value: fc.string({unit: 'grapheme'})}),
  fc.record({op: fc.constant('delete' as const), key: name}),
  fc.record({op: fc.constant('get' as const), key: name}),
);
const operations = fc.array(operation, {maxLength: 4});
const guess: fc.Arbitrary<Guess> = fc.record({
  name,
  target: fc.constantFrom('mod' as const, 'create' as const),
  op: fc.constantFrom('=' as const, '!=' as const),
  pick: fc.constantFrom(
    'current' as const,
    'current' as const,
    'absent' as const,
    'stale' as const,
  ),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('transact' as const),
      guesses: fc.array(guess, {maxLength: 3}),
      then: operations,
      otherwise: operations,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('list' as const),
      prefixes: fc.array(fc.constantFrom(...PREFIXES), {minLength: 1, maxLength: 3}),
      back: fc.nat(5),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({kind: fc.constant('getMany' as const), names: fc.array(name)}),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('watch' as const),
      prefix: fc.constantFrom(...PREFIXES),
      back: fc.nat(5),
    }),
  },
);

/** One of the two stores as the comparison sees it: names without the prefix, revisions counted from the start. */
class Side {
  readonly store: Store;
  private readonly prefix: string;
  private readonly base: number;
  readonly watches: {events: unknown[]; close(): void}[] = [];

  constructor(store: Store, prefix: string, base: number) {
    this.store = store;
    this.prefix = prefix;
    this.base = base;
  }

  async perform(action: Step, values: readonly number[]): Promise<unknown> {
    if (action.kind === 'transact') return this.transact(action, values);
    const {store} = this;
    if (action.kind === 'getMany') {
      const reply = await store.getMany(action.names.map((key) => this.prefix + key));
      return [this.relative(reply.revision), reply.entries.map((entry) => this.plain(entry))];
    }
    const {revision} = await store.status();
    const past = Math.max(this.base, revision - action.back);
    if (action.kind === 'watch') {
      this.watch(action.prefix, past + 1);
      return this.relative(revision);
    }
    const prefixes = action.prefixes.map((prefix) => this.prefix + prefix);
    const options = action.back === 0 ? {} : {atRevision: past};
    const reply = await store.list(prefixes, options);
    return [this.relative(reply.revision), reply.entries.map((entry) => this.plain(entry))];
  }

  watch(prefix: string, fromRevision: number): void {
    const events: unknown[] = [];
    const watch = this.store.watch(this.prefix + prefix, fromRevision, {
      onBatch: (batch) => events.push(...batch.events.map((event) => this.plainEvent(event))),
      onLost: (reason) => events.push(reason),
    });
    this.watches.push({events, close: () => watch.close()});
  }

  private async transact(
    {guesses, then, otherwise}: Extract<Step, {kind: 'transact'}>,
    values: readonly number[],
  ): Promise<unknown> {
    const compares = guesses.map(({name: key, target, op}, index): Compare => {
      const value = values[index] ?? 0;
      return {key: this.prefix + key, target, op, value: value === 0 ? 0 : value + this.base};
    });
    const prefixed = (list: readonly Operation[]): Operation[] =>
      list.map((entry) => ({...entry, key: this.prefix + entry.key}));
    return this.plainOutcome(
      await this.store.transact({
        compares,
        then: prefixed(then),
        otherwise: prefixed(otherwise),
      }),
    );
  }

  private plainOutcome(outcome: TransactionOutcome): unknown {
    if (outcome.kind === 'unknown') return [outcome.kind, outcome.error.code];
    const answers = outcome.answers.map((entry) => this.plain(entry));
    return [outcome.kind, this.relative(outcome.revision), answers];
  }

  private plain(entry: KeyValue | undefined): unknown {
    if (entry === undefined) return undefined;
    const {key, value, mod, create} = entry;
    return [key.slice(this.prefix.length), value, this.relative(mod), this.relative(create)];
  }

  private plainEvent(event: WatchEvent): unknown {
    return event.type === 'put'
      ? ['put', this.plain(event.entry)]
      : ['delete', event.key.slice(this.prefix.length), this.relative(event.mod)];
  }

  private relative(revision: number): number {
    return revision - this.base;
  }
}

/** The values to compare with, counted from the start of the memory store's history. */
function resolve(memory: MemoryStore, base: number, prefix: string, action: Step): number[] {
  if (action.kind !== 'transact') return [];
  return action.guesses.map(({name: key, target, pick}) => {
    const actual = memory.kv.get(prefix + key)?.[target];
    if (pick === 'absent' || actual === undefined) return 0;
    return pick === 'current' ? actual - base : Math.max(1, actual - base - 1);
  });
}

async function compareOn(steps: readonly Step[]): Promise<number> {
  runs += 1;
  const prefix = `/run${runs}/`;
  const memory = new MemoryStore();
  const base = memory.kv.revision;
  const sides = [
    new Side(memory, prefix, base),
    new Side(etcdStore, prefix, (await etcdStore.status()).revision),
  ] as const;
  for (const action of steps) {
    const values = resolve(memory, base, prefix, action);
    const [expected, actual] = await Promise.all(sides.map((side) => side.perform(action, values)));
    expect(actual).toEqual(expected);
  }
  // A last change below every prefix that is watched shows that all before it have come.
  const closing: Operation[] = PREFIXES.map((key) => ({op: 'put', key: `${key}~end`, value: ''}));
  const last: Step = {kind: 'transact', guesses: [], then: closing, otherwise: []};
  await Promise.all(sides.map((side) => side.perform(last, [])));
  const [mine, theirs] = sides;
  for (const [index, {events}] of theirs.watches.entries()) {
    const expected = mine.watches[index]?.events;
    await until(
      () => events.length >= (expected?.length ?? 0) && events.length > 0,
      LONG_MS,
      'the last event',
    );
    expect(events).toEqual(expected);
  }
  for (const side of sides) for (const watch of side.watches) watch.close();
  return steps.length;
}

it('never differ', async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, {minLength: 5, maxLength: 40}), async (steps) => {
      compared += await compareOn(steps);
    }),
    {numRuns: RUNS},
  );
  expect(compared).toBeGreaterThan(RUNS);
});
