import {expect, it} from 'vitest';
import {backOff} from '../../src/model/back-off.ts';
import {JITTER_SHARE} from '../../src/model/limits.ts';

it('a pause doubles with each failure in a row, up to the longest', () => {
  const pauses = [0, 1, 2, 3, 4, 5, 2_000].map((failures) => backOff(failures, 200, 1_000));
  expect(pauses).toEqual([200, 200, 400, 800, 1_000, 1_000, 1_000]);
});

it('chance makes it up to JITTER_SHARE shorter or longer', () => {
  expect(backOff(3, 200, 1_000, 0)).toBeCloseTo(800 * (1 - JITTER_SHARE));
  expect(backOff(9, 200, 1_000, 1)).toBeCloseTo(1_000 * (1 + JITTER_SHARE));
});
