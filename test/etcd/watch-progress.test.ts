/** How often a watch is asked how far it has come. */
import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import {CATCH_UP_MS} from '../../src/etcd/limits.ts';
import {WatchProgress} from '../../src/etcd/watch-progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function asking(): {progress: WatchProgress; sent: () => number} {
  let sent = 0;
  const progress = new WatchProgress(() => (sent += 1));
  progress.created();
  vi.advanceTimersByTime(CATCH_UP_MS);
  return {progress, sent: () => sent};
}

it('is asked ever more rarely by a store that does not answer, and again at once by the next question', async () => {
  const {progress, sent} = asking();
  const reached = progress.ask();
  vi.advanceTimersByTime(60_000);
  // Five questions of 50 to 800 ms, then one a second.
  expect(sent()).toBeLessThan(70);
  expect(sent()).toBeGreaterThan(55);
  progress.answered(7);
  progress.answered(8);
  expect(await reached).toBe(7);
  const before = sent();
  void progress.ask();
  vi.advanceTimersByTime(200);
  expect(sent() - before).toBeGreaterThanOrEqual(3);
  progress.close();
});
