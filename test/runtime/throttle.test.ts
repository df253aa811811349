import {expect, it} from 'vitest';
import {Throttle} from '../../src/runtime/throttle.ts';

it('lets the first pass, and the next one after its interval', () => {
  let nowMs = 5;
  const throttle = new Throttle(10, () => nowMs);
  const passed = [5, 6, 14, 15, 16, 30].filter((atMs) => {
    nowMs = atMs;
    return throttle.passes();
  });
  expect(passed).toEqual([5, 15, 30]);
});
