/** The promises of the store port, on every adapter. */
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {orderedReadTransaction} from '../../src/container/transactions.ts';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import {MemoryStore} from '../support/memory-store.ts';
import type {Compare, Operation, Store} from '../../src/store/port.ts';
import {LONG_MS, pause, until} from '../support/until.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {modOf, revisionOf, seen, transaction} from './contract-bed.ts';

let etcd: EtcdProcess;

beforeAll(async () => {
  etcd = await startEtcd();
});

afterAll(() => etcd.stop());

const ADAPTERS: readonly [string, () => Store][] = [
  ['memory store', () => new MemoryStore()],
  ['etcd store', () => new EtcdStore({endpoints: [etcd.endpoint], timeoutMs: 10_000})],
];

/** Each case works below a prefix of its own: one etcd serves all. */
let cases = 0;

let store: Store;
let at: (name: string) => string;
const put = (name: string, value = name): Operation => ({op: 'put', key: at(name), value});
const del = (name: string): Operation => ({op: 'delete', key: at(name)});
const get = (name: string): Operation => ({op: 'get', key: at(name)});
const apply = async (...then: Operation[]): Promise<number> =>
  revisionOf(await store.transact(transaction(then)));

/** A store, and a prefix that no other case uses. */
function begin(open: () => Store): () => Promise<void> {
  cases += 1;
  const prefix = `/case${cases}/`;
  at = (name) => prefix + name;
  store = open();
  return () => store.close();
}

describe.each(ADAPTERS)('%s: writes', (_name, open) => {
  beforeEach(() => begin(open));

  it('knows nothing of a key that was never written', async () => {
    const {entry, revision} = await store.get(at('a'));
    expect(entry).toBeUndefined();
    expect(revision).toBeGreaterThan(0);
  });

  it('counts create once and mod at every write, and both anew after a deletion', async () => {
    const first = await apply(put('a', '1'));
    const second = await apply(put('a', '2'));
    expect((await store.get(at('a'))).entry).toEqual({
      key: at('a'),
      value: '2',
      create: first,
      mod: second,
    });
    await apply(del('a'));
    expect((await store.get(at('a'))).entry).toBeUndefined();
    const again = await apply(put('a', '3'));
    expect((await store.get(at('a'))).entry).toMatchObject({create: again, mod: again});
  });

  it('takes one revision for a transaction, none for one that changes nothing', async () => {
    const first = await apply(put('a'), put('b'), put('c'));
    const mods = (await store.list([at('')])).entries.map(({mod}) => mod);
    expect(mods).toEqual([first, first, first]);
    expect(await apply(del('absent'))).toBe(first);
    expect(await apply(get('a'))).toBe(first);
    expect(await apply()).toBe(first);
    expect(await apply(put('a'))).toBe(first + 1);
  });

  it('answers in the order of the operations, a get with what stands there by then', async () => {
    await apply(put('a', 'old'));
    const outcome = await store.transact(
      transaction([get('a'), put('a', 'new'), get('a'), del('b'), get('c')]),
    );
    expect(outcome.kind).toBe('committed');
    const answers = outcome.kind === 'unknown' ? [] : outcome.answers;
    expect(answers.map((answer) => answer?.value)).toEqual([
      'old',
      undefined,
      'new',
      undefined,
      undefined,
    ]);
  });
});

describe.each(ADAPTERS)('%s: compares', (_name, open) => {
  beforeEach(() => begin(open));

  it.each([
    ['mod', '=', 'same', true],
    ['mod', '=', 'other', false],
    ['mod', '!=', 'same', false],
    ['mod', '!=', 'other', true],
    ['create', '=', 'same', true],
    ['create', '=', 'other', false],
    ['create', '!=', 'same', false],
    ['create', '!=', 'other', true],
  ] as const)('compares %s %s the %s revision: %s', async (target, op, which, holds) => {
    await apply(put('a'));
    await apply(put('a'));
    const {entry} = await store.get(at('a'));
    const value = (entry?.[target] ?? 0) + (which === 'same' ? 0 : 7);
    const compare: Compare = {key: at('a'), target, op, value};
    const outcome = await store.transact(transaction([put('b')], [compare], [get('a')]));
    expect(outcome.kind).toBe(holds ? 'committed' : 'refused');
    expect((await store.get(at('b'))).entry?.value).toBe(holds ? 'b' : undefined);
    if (!holds) expect(outcome).toMatchObject({answers: [entry]});
  });

  it('takes revision 0 for a key that does not exist', async () => {
    const absent = (target: 'mod' | 'create'): Compare => ({
      key: at('a'),
      target,
      op: '=',
      value: 0,
    });
    const create = transaction([put('a')], [absent('create'), absent('mod')]);
    expect((await store.transact(create)).kind).toBe('committed');
    expect((await store.transact(create)).kind).toBe('refused');
    await apply(del('a'));
    expect((await store.transact(create)).kind).toBe('committed');
  });

  it.each([
    ['its own value', 'a', 'A', true],
    ['another value', 'a', 'b', false],
    ['a beginning of its value', 'a', '', false],
    ['any value of no key', 'none', '', false],
  ] as const)('compares %s', async (_what, key, value, holds) => {
    await store.transact(transaction([put('a', 'A')]));
    const compares: Compare[] = [{key: at(key), target: 'value', op: '=', value}];
    const {kind} = await store.transact(transaction([put('b')], compares));
    expect(kind).toBe(holds ? 'committed' : 'refused');
  });

  it('compares that nothing is below a prefix', async () => {
    await apply(put('p/a'), put('q'));
    const empty = async (prefix: string): Promise<string> => {
      const compares: Compare[] = [{key: at(prefix), target: 'below', op: '=', value: 0}];
      return (await store.transact(transaction([put('b')], compares))).kind;
    };
    expect(await empty('p/')).toBe('refused');
    expect(await empty('p/b')).toBe('committed');
    expect(await empty('o')).toBe('committed');
    await apply(del('p/a'));
    expect(await empty('p/')).toBe('committed');
  });

  it('writes nothing when one of many compares fails', async () => {
    const revision = await apply(put('a'));
    const compares: Compare[] = [
      {key: at('a'), target: 'mod', op: '=', value: revision},
      {key: at('b'), target: 'create', op: '!=', value: 0},
    ];
    const outcome = await store.transact(transaction([put('a', 'x')], compares));
    expect(outcome).toEqual({kind: 'refused', revision, answers: []});
    expect((await store.get(at('a'))).entry?.value).toBe('a');
  });

  it('runs the other branch of a refusal, writes included', async () => {
    const compares: Compare[] = [{key: at('a'), target: 'create', op: '!=', value: 0}];
    const outcome = await store.transact(transaction([put('a')], compares, [put('c'), get('c')]));
    expect(outcome.kind).toBe('refused');
    expect((await store.get(at('c'))).entry?.value).toBe('c');
  });

  it('answers an ordered read as refused, and never writes what makes it a write', async () => {
    await store.transact(transaction([put('a', 'one')]));
    const outcome = await store.transact(orderedReadTransaction(at('h'), [at('a'), at('b')]));
    if (outcome.kind !== 'refused') throw new Error(outcome.kind);
    expect(outcome.answers.map((entry) => entry?.value)).toEqual(['one', undefined]);
    const {revision, entry} = await store.get(at('h'));
    expect(entry).toBeUndefined();
    expect(outcome.revision).toBe(revision);
  });

  it('lets exactly one of many that claim the same key have it', async () => {
    const compares: Compare[] = [{key: at('a'), target: 'create', op: '=', value: 0}];
    const outcomes = await Promise.all(
      Array.from({length: 20}, (_, index) =>
        store.transact(transaction([put('a', `${index}`)], compares)),
      ),
    );
    const winners = outcomes.flatMap(({kind}, index) => (kind === 'committed' ? [index] : []));
    expect(winners).toHaveLength(1);
    expect((await store.get(at('a'))).entry?.value).toBe(`${winners[0]}`);
  });

  it('refuses more operations than etcd takes, and a key written twice', async () => {
    const many = Array.from({length: 129}, (_, index) => put(`k${index}`));
    const expected = {kind: 'unknown', error: {code: 'INVALID_INPUT'}};
    expect(await store.transact(transaction(many))).toMatchObject(expected);
    expect(await store.transact(transaction([put('a'), put('a')]))).toMatchObject(expected);
    expect(await store.transact(transaction([put('a'), del('a')]))).toMatchObject(expected);
    expect((await store.list([at('')])).entries).toEqual([]);
    expect((await store.transact(transaction(many.slice(0, 128)))).kind).toBe('committed');
    const keys = many.map(({key}) => key);
    await expect(store.getMany(keys)).rejects.toMatchObject({code: 'INVALID_INPUT'});
  });
});

describe.each(ADAPTERS)('%s: reads', (_name, open) => {
  beforeEach(() => begin(open));

  it('reads many keys at once in the order asked for', async () => {
    await apply(put('a'), put('b'));
    const {entries} = await store.getMany([at('b'), at('none'), at('a'), at('b')]);
    expect(entries.map((entry) => entry?.value)).toEqual(['b', undefined, 'a', 'b']);
  });

  it('lists what begins with a prefix, prefix by prefix, in key order', async () => {
    await apply(put('b/2'), put('b/1'), put('b0'), put('a/1'), put('c'), put('b/'));
    const {entries} = await store.list([at('b/'), at('a/'), at('none/')]);
    expect(entries.map(({value}) => value)).toEqual(['b/', 'b/1', 'b/2', 'a/1']);
  });

  it('keeps values of any text as they are', async () => {
    const value = '\u0000 \u{1F600} ä \r\n "\\" \uFFFD ';
    await apply(put('a', value), put('b', ''));
    expect((await store.get(at('a'))).entry?.value).toBe(value);
    expect((await store.get(at('b'))).entry?.value).toBe('');
  });

  it('lists the past until it is compacted, then says so at once', async () => {
    const first = await apply(put('a', '1'), put('b', '1'));
    const second = await apply(put('a', '2'), del('b'));
    const third = await apply(put('a', '3'));
    const valuesAt = async (atRevision: number): Promise<string[]> =>
      (await store.list([at('')], {atRevision})).entries.map(({value}) => value);
    expect(await valuesAt(first)).toEqual(['1', '1']);
    await store.compact(second);
    expect(await valuesAt(second)).toEqual(['2']);
    expect(await valuesAt(third)).toEqual(['3']);
    await expect(valuesAt(first)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('compacted') as string,
    });
  });
});

describe.each(ADAPTERS)('%s: watches', (_name, open) => {
  beforeEach(() => begin(open));

  it('watches from the past on, every change once and in order, of its prefix alone', async () => {
    const first = await apply(put('w/a', '1'), put('x', 'other'));
    await apply(put('w/b'));
    const watcher = seen(store, at('w/'), first);
    await apply(del('w/a'), put('w/c'));
    await apply(put('w'));
    const last = await apply(put('w/a', '2'));
    await until(() => watcher.events.map(modOf).includes(last), LONG_MS, 'the last event');
    const reported = watcher.events.map((event) =>
      event.type === 'put' ? [event.entry.key, event.entry.value] : [event.key],
    );
    expect(reported).toEqual([
      [at('w/a'), '1'],
      [at('w/b'), 'w/b'],
      [at('w/a')],
      [at('w/c'), 'w/c'],
      [at('w/a'), '2'],
    ]);
    expect(watcher.events.at(-1)).toMatchObject({entry: {create: last, mod: last}});
    expect(watcher.revisions).toEqual([...watcher.revisions].sort((a, b) => a - b));
    expect(watcher.revisions.at(-1)).toBeGreaterThanOrEqual(last);
    expect(watcher.losses).toEqual([]);
    watcher.close();
  });

  it('joins a listing and a watch without a gap or a double', async () => {
    await apply(put('a'));
    const {revision} = await store.list([at('')]);
    const watcher = seen(store, at(''), revision + 1);
    await apply(put('b'));
    await until(() => watcher.events.length > 0, LONG_MS, 'an event');
    await pause(50);
    expect(watcher.events.map(modOf)).toEqual([revision + 1]);
    watcher.close();
  });

  it('tells every watcher, and none after its close', async () => {
    const {revision} = await store.status();
    const watchers = [1, 2, 3].map(() => seen(store, at(''), revision + 1));
    await apply(put('a'));
    const isReported = (): boolean => watchers.every(({events}) => events.length === 1);
    await until(isReported, LONG_MS, 'all are reported');
    const [closed, ...open] = watchers;
    closed?.close();
    await apply(put('b'));
    await until(() => open.every(({events}) => events.length === 2), LONG_MS, 'all are reported');
    await pause(50);
    expect(closed?.events).toHaveLength(1);
    for (const watcher of open) watcher.close();
  });

  it('says how far a watch has come: whatever was written before is delivered then', async () => {
    const {revision} = await store.status();
    const mods: number[] = [];
    const watch = store.watch(at(''), revision + 1, {
      onBatch: ({events}) => mods.push(...events.map(modOf)),
      onLost: (reason) => expect.unreachable(reason),
    });
    for (let round = 0; round < 100; round += 1) {
      const last = await apply(put(`r${round}`));
      // Its prefix is another one: nothing of it is delivered, and the watch is as far all the same.
      const beside = revisionOf(
        await store.transact(transaction([{op: 'put', key: `/beside${at('')}`, value: ''}])),
      );
      expect(await watch.reached?.()).toBeGreaterThanOrEqual(beside);
      expect(mods.at(-1)).toBe(last);
    }
    const asked = [watch.reached?.(), watch.reached?.()];
    watch.close();
    for (const answer of asked)
      expect([undefined, expect.any(Number)]).toContainEqual(await answer);
    expect(await watch.reached?.()).toBeUndefined();
  });

  it('says that a watch is lost when its past is compacted, and nothing after that', async () => {
    const first = await apply(put('a'));
    const second = await apply(put('b'));
    await apply(put('c'));
    await store.compact(second);
    const watcher = seen(store, at(''), first);
    const edge = seen(store, at(''), second);
    const isLost = (): boolean => watcher.losses.length > 0 && edge.losses.length > 0;
    await until(isLost, LONG_MS, 'the loss is reported');
    const next = seen(store, at(''), second + 1);
    await apply(put('d'));
    await until(() => next.events.length === 2, LONG_MS, 'the kept past comes');
    await pause(50);
    expect([watcher.events, edge.events]).toEqual([[], []]);
    expect([watcher.losses.length, edge.losses.length, next.losses.length]).toEqual([1, 1, 0]);
    next.close();
  });
});

describe.each(ADAPTERS)('%s: life', (_name, open) => {
  beforeEach(() => begin(open));

  it('refuses to compact what is compacted already, or not there yet', async () => {
    const revision = await apply(put('a'));
    await store.compact(revision);
    await expect(store.compact(revision)).rejects.toMatchObject({name: 'SmError'});
    await expect(store.compact(revision + 1_000)).rejects.toMatchObject({name: 'SmError'});
  });

  it('tells an identity that stays and a revision that grows', async () => {
    const before = await store.status();
    await apply(put('a'));
    const after = await store.status();
    expect(after.clusterId).toBe(before.clusterId);
    expect(after.clusterId).not.toBe('');
    expect(after.revision).toBe(before.revision + 1);
  });

  it('answers unknown, and rejects nothing, once it is closed', async () => {
    await store.close();
    const outcome = await store.transact(transaction([put('a')])).catch(() => 'rejected');
    expect(outcome).toMatchObject({kind: 'unknown'});
    await expect(store.get(at('a'))).rejects.toMatchObject({code: 'STORE_UNAVAILABLE'});
  });
});
