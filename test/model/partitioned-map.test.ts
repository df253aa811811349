import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {PARTITION_FROM} from '../../src/model/limits.ts';
import {PartitionedMap, PartitionedSet} from '../../src/model/partitioned-map.ts';

type Step = readonly [what: 'set' | 'delete', key: number];

const steps = fc.array(fc.tuple(fc.constantFrom<'set' | 'delete'>('set', 'delete'), fc.nat(50)), {
  maxLength: 200,
});

/** The same steps on ours and on a plain map, which hold `base` entries each before. */
function both(base: number, taken: readonly Step[]): [PartitionedMap<number>, Map<string, number>] {
  const ours = new PartitionedMap<number>();
  const plain = new Map<string, number>();
  for (let at = 0; at < base; at += 1) {
    ours.set(`base-${at}`, at);
    plain.set(`base-${at}`, at);
  }
  for (const [at, [what, key]] of taken.entries()) {
    const text = key % 2 === 0 ? `base-${key}` : `k${key}`;
    if (what === 'set') {
      ours.set(text, at);
      plain.set(text, at);
    } else expect(ours.delete(text)).toBe(plain.delete(text));
  }
  return [ours, plain];
}

describe('a partitioned map', () => {
  it('is a map, in the order of insertion while it is small', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const [ours, plain] = both(3, taken);
        expect([...ours]).toEqual([...plain]);
        expect(ours.size).toBe(plain.size);
      }),
    );
  });

  it('is a map when it has been divided, whatever is set and deleted then', () => {
    const run = (taken: readonly Step[]): void => {
      const [ours, plain] = both(PARTITION_FROM + 1, taken);
      expect(ours.size).toBe(plain.size);
      for (const [key, value] of plain) if (ours.get(key) !== value) throw new Error(key);
      expect(new Map(ours)).toEqual(plain);
      expect(new Set(ours.keys()).size).toBe(plain.size);
    };
    fc.assert(fc.property(steps, run), {numRuns: 3});
  });
});

it('a partitioned set may be emptied while it is read', () => {
  const set = new PartitionedSet();
  for (let at = 0; at < 1_000; at += 1) set.add(`t${at}`);
  let read = 0;
  for (const text of set) {
    read += 1;
    set.delete(text);
  }
  expect([read, set.size]).toEqual([1_000, 0]);
});
