/** Sorting in steps: as at once, and no step takes more than a part. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {SORTED_PER_STEP} from '../../src/model/limits.ts';
import {sortedSteps} from '../../src/model/sorted-steps.ts';

function sorted(texts: Iterable<string>): {readonly result: string[]; readonly steps: number} {
  const sorting = sortedSteps(texts);
  for (let steps = 1; ; steps += 1) {
    const {value, done} = sorting.next();
    if (done === true) return {result: value, steps};
  }
}

describe('texts sorted in steps', () => {
  it('come in the order of code units, each once', () => {
    fc.assert(
      fc.property(fc.array(fc.string({unit: 'binary', maxLength: 3})), (texts) => {
        expect(sorted(texts).result).toEqual([...new Set(texts)].sort());
      }),
    );
  });

  it('are taken, merged and counted a part at a time', () => {
    const count = 10 * SORTED_PER_STEP + 17;
    const texts = Array.from({length: count}, (_, at) => `s${(at * 7_919) % 30_011}`);
    const {result, steps} = sorted([...texts, ...texts]);
    expect(result).toEqual([...new Set(texts)].sort());
    // Once to take them, once for each doubling of the runs, once to leave out what comes twice.
    expect(steps).toBeGreaterThan((6 * 2 * count) / SORTED_PER_STEP);
  });
});
