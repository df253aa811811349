import {expect, it} from 'vitest';
import {WatchLosses} from '../../src/store/watch-losses.ts';

/** Pauses after losses, each so long, ms, after its watch was opened. */
function pausesOf(lastedMs: readonly number[]): number[] {
  const losses = new WatchLosses();
  let nowMs = 1_000;
  return lastedMs.map((oneMs) => {
    losses.opened(nowMs);
    nowMs += oneMs;
    return losses.lost(nowMs, 0.5);
  });
}

it('a watch that is lost once is opened at once, one that is lost soon again and again later and later, up to 2 s', () => {
  expect(pausesOf([5, 5, 5, 5, 5, 5, 5])).toEqual([0, 250, 500, 1_000, 2_000, 2_000, 2_000]);
});

it('a watch that had lasted 10 s ends the row', () => {
  expect(pausesOf([5, 5, 9_999, 10_000, 5])).toEqual([0, 250, 500, 0, 250]);
});

it('one that was lost before any had been opened is the first of a row', () => {
  expect(new WatchLosses().lost(0, 0.5)).toBe(0);
});
