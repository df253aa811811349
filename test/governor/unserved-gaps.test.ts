/** Shards that are not served, by since when: as a walk through all of them would say. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {UnservedGaps} from '../../src/governor/unserved-gaps.ts';

const step = fc.record({
  shard: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  sinceMs: fc.option(fc.integer({min: 0, max: 20}), {nil: undefined}),
});

describe('gaps of service', () => {
  it('are counted by age as a walk counts them', () => {
    fc.assert(
      fc.property(fc.array(step), fc.integer({min: -1, max: 21}), (steps, untilMs) => {
        const gaps = new UnservedGaps();
        const all = new Map<string, number>();
        for (const {shard, sinceMs} of steps) {
          if (sinceMs === undefined) gaps.delete(shard);
          else gaps.set(shard, {sinceMs});
          if (sinceMs === undefined) all.delete(shard);
          else all.set(shard, sinceMs);
        }
        const later = [...all.values()].filter((sinceMs) => sinceMs > untilMs);
        expect(gaps.size).toBe(all.size);
        expect(gaps.split(untilMs)).toEqual({
          count: all.size - later.length,
          nextMs: Math.min(...later),
        });
        const [shard = '', gap] = gaps.longest() ?? [];
        expect(gap?.sinceMs ?? Number.POSITIVE_INFINITY).toBe(Math.min(...all.values()));
        expect(all.get(shard)).toBe(gap?.sinceMs);
      }),
      {numRuns: 500},
    );
  });

  it('of a million shards cost a look at their instants, not at each of them', () => {
    const gaps = new UnservedGaps();
    for (let at = 0; at < 100_000; at += 1) gaps.set(`s${at}`, {sinceMs: 0.001 * at});
    let looks = 0;
    for (; looks < 10_000; looks += 1) gaps.split(50);
    // A walk would look at a thousand million shards here: the test would not end in time.
    expect(gaps.split(50).count).toBe(51_000);
    expect(looks).toBe(10_000);
  });
});
