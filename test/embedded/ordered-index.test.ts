import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {singleKey} from '../../src/embedded/key-range.ts';
import type {KeyRange} from '../../src/embedded/key-range.ts';
import {OrderedIndex} from '../../src/embedded/ordered-index.ts';

interface Item {
  readonly key: string;
  readonly value: number;
}

function listed(index: OrderedIndex<Item>, range: KeyRange): Item[] {
  const items: Item[] = [];
  index.visit(range, (item) => items.push(item) > 0);
  return items;
}

const EVERYTHING: KeyRange = {from: '', to: undefined, single: false};
const anyKey = fc.string({unit: fc.constantFrom('\0', 'a', 'b', '\u00ff'), maxLength: 6});
const anyStep = fc.record({key: anyKey, remove: fc.boolean(), value: fc.nat()});

describe('an ordered index', () => {
  it('holds what a sorted map holds, in ranges too', () => {
    fc.assert(
      fc.property(fc.array(anyStep, {maxLength: 200}), anyKey, anyKey, (steps, from, to) => {
        const index = new OrderedIndex<Item>();
        const twin = new Map<string, number>();
        for (const {key, remove, value} of steps) {
          if (remove) index.delete(key);
          else index.set({key, value});
          if (remove) twin.delete(key);
          else twin.set(key, value);
        }
        const sorted = [...twin]
          .map(([key, value]) => ({key, value}))
          .sort((a, b) => (a.key < b.key ? -1 : 1));
        expect(listed(index, EVERYTHING)).toEqual(sorted);
        expect(listed(index, {from, to, single: false})).toEqual(
          sorted.filter(({key}) => key >= from && key < to),
        );
        expect(listed(index, singleKey(from))).toEqual(sorted.filter(({key}) => key === from));
        expect(index.find(from)?.value).toBe(twin.get(from));
      }),
      {numRuns: 200},
    );
  });

  it('splits and empties its blocks', () => {
    const index = new OrderedIndex<Item>();
    const keys = Array.from({length: 5_000}, (_, number) => String((number * 7_919) % 5_000));
    for (const [value, key] of keys.entries()) index.set({key, value});
    expect(listed(index, EVERYTHING).map(({key}) => key)).toEqual([...keys].sort());
    for (const key of keys.slice(0, 4_990)) index.delete(key);
    expect(listed(index, EVERYTHING).map(({key}) => key)).toEqual(keys.slice(4_990).sort());
    for (const key of keys) index.delete(key);
    expect(listed(index, EVERYTHING)).toEqual([]);
  });
});
