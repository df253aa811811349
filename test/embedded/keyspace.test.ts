/** The keyspace against the plainest of twins: a whole copy of the content for every revision. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Version} from '../../src/embedded/event-log.ts';
import {Keyspace} from '../../src/embedded/keyspace.ts';
import {singleKey} from '../../src/embedded/key-range.ts';
import type {KeyRange} from '../../src/embedded/key-range.ts';

const EVERYTHING: KeyRange = {from: '', to: undefined, single: false};

type Step =
  | {readonly kind: 'put'; readonly key: string; readonly value: string}
  | {readonly kind: 'delete'; readonly from: string; readonly to: string}
  | {readonly kind: 'commit'}
  | {readonly kind: 'compact'; readonly back: number}
  | {readonly kind: 'sweep'; readonly limit: number};

const anyKey = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({kind: fc.constant('put' as const), key: anyKey, value: fc.string()}),
  },
  {
    weight: 2,
    arbitrary: fc.record({kind: fc.constant('delete' as const), from: anyKey, to: anyKey}),
  },
  {weight: 6, arbitrary: fc.record({kind: fc.constant('commit' as const)})},
  {
    weight: 1,
    arbitrary: fc.record({kind: fc.constant('compact' as const), back: fc.nat({max: 5})}),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('sweep' as const),
      limit: fc.integer({min: 1, max: 9}),
    }),
  },
);

interface Content {
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
}

class Twin {
  readonly states: Map<string, Content>[] = [new Map(), new Map()];
  compacted = -1;
  private pending = new Map<string, Content>();
  private changed = false;

  get revision(): number {
    return this.states.length - 1;
  }

  put(key: string, value: string): void {
    const old = this.pending.get(key);
    const revision = this.revision + 1;
    this.changed = true;
    this.pending.set(key, {
      value,
      createRevision: old?.createRevision ?? revision,
      modRevision: revision,
      version: (old?.version ?? 0) + 1,
    });
  }

  delete(from: string, to: string): void {
    for (const key of [...this.pending.keys()])
      if (key >= from && key < to) {
        this.pending.delete(key);
        this.changed = true;
      }
  }

  commit(): void {
    if (!this.changed) return;
    this.states.push(this.pending);
    this.pending = new Map(this.pending);
    this.changed = false;
  }
}

function apply(keys: Keyspace, twin: Twin, step: Step): void {
  switch (step.kind) {
    case 'put':
      keys.put(step.key, step.value, '0');
      twin.put(step.key, step.value);
      return;
    case 'delete':
      keys.deleteRange({from: step.from, to: step.to, single: false});
      twin.delete(step.from, step.to);
      return;
    case 'commit':
      keys.commit();
      twin.commit();
      return;
    case 'compact': {
      keys.commit();
      twin.commit();
      const target = twin.revision - step.back;
      if (target <= twin.compacted) return;
      keys.compact(target);
      twin.compacted = target;
      return;
    }
    case 'sweep':
      keys.commit();
      twin.commit();
      keys.sweep(step.limit);
  }
}

function contentOf(versions: readonly Version[]): [string, Content][] {
  return versions.map(({key, value, createRevision, modRevision, version}) => [
    key,
    {value, createRevision, modRevision, version},
  ]);
}

function expectSame(keys: Keyspace, twin: Twin): void {
  expect(keys.revision).toBe(twin.revision);
  for (let revision = Math.max(1, twin.compacted); revision <= twin.revision; revision += 1) {
    const sorted = [...(twin.states[revision] ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    expect(contentOf(keys.read(EVERYTHING, {revision}).versions)).toEqual(sorted);
  }
}

/** The keyspace after it went through a snapshot. */
function reloaded(keys: Keyspace): Keyspace {
  const copy = new Keyspace();
  for (let from: string | undefined = ''; from !== undefined;) {
    const {versions, next}: {versions: Version[]; next: string | undefined} = keys.base(from, {
      keys: 2,
      bytes: 1_000,
    });
    for (const version of versions) copy.load({...version}, false);
    from = next;
  }
  for (let position = 0; ; position += 1) {
    const event = keys.events.at(position);
    if (event === undefined) break;
    copy.load({...event}, true);
  }
  copy.finishLoad(keys.revision, keys.compactRevision);
  return copy;
}

describe('a keyspace', () => {
  it('reads every revision since compaction as it was, freed or not, and after a snapshot', () => {
    fc.assert(
      fc.property(fc.array(anyStep, {maxLength: 60}), (steps) => {
        const keys = new Keyspace();
        const twin = new Twin();
        for (const step of steps) apply(keys, twin, step);
        keys.commit();
        twin.commit();
        expectSame(keys, twin);
        expectSame(reloaded(keys), twin);
        keys.sweep(1_000);
        expectSame(keys, twin);
        expectSame(reloaded(keys), twin);
      }),
      {numRuns: 300},
    );
  });

  it('frees all but the newest version of each key', () => {
    const keys = new Keyspace();
    for (let round = 0; round < 50; round += 1) {
      keys.put('kept', `${round}`, '0');
      keys.put('gone', `${round}`, '0');
      keys.commit();
    }
    keys.deleteRange(singleKey('gone'));
    keys.commit();
    const before = keys.bytes;
    keys.compact(keys.revision);
    while (keys.sweep(10));
    expect(keys.bytes).toBeLessThan(before / 50);
    expect([keys.events.at(0)?.modRevision, keys.events.at(1)]).toEqual([keys.revision, undefined]);
    expect(contentOf(keys.read(EVERYTHING).versions)).toEqual([
      ['kept', {value: '49', createRevision: 2, modRevision: 51, version: 50}],
    ]);
  });

  it('takes no revision for a transaction that changes nothing', () => {
    const keys = new Keyspace();
    keys.deleteRange(EVERYTHING);
    expect(keys.commit()).toEqual([]);
    expect(keys.revision).toBe(1);
  });

  it('gives what was before an event only while that can be read', () => {
    const keys = new Keyspace();
    const [first, second] = ['1', '2'].map((value) => {
      const version = keys.put('a', value, '0');
      keys.commit();
      return version;
    }) as [Version, Version];
    expect(keys.before(first)).toBeUndefined();
    expect(keys.before(second)?.value).toBe('1');
    keys.compact(3);
    expect(keys.before(second)).toBeUndefined();
  });

  it('refuses compacted and future revisions', () => {
    const keys = new Keyspace();
    keys.put('a', '1', '0');
    keys.commit();
    keys.compact(2);
    expect(() => keys.read(EVERYTHING, {revision: 1})).toThrow('has been compacted');
    expect(() => keys.read(EVERYTHING, {revision: 3})).toThrow('is a future revision');
    expect(() => keys.compact(2)).toThrow('has been compacted');
    expect(() => keys.compact(3)).toThrow('is a future revision');
  });
});
