import {expect, it} from 'vitest';
import {untilIdleAndFenced} from '../../src/container/fenced-leave.ts';
import {FENCED_LOOK_MS} from '../../src/container/limits.ts';

const TTL_MS = 10_000;

/** Time that goes on by the timers that are set. */
function leavingAt(remainingMs: (nowMs: number) => number, shards: (nowMs: number) => number) {
  let nowMs = 0;
  const timers: (() => void)[] = [];
  const clock = {
    nowMs: () => nowMs,
    after: (delayMs: number, callback: () => void) => {
      expect(delayMs).toBe(FENCED_LOOK_MS);
      timers.push(callback);
      return {cancel: () => undefined};
    },
  };
  const leaving = {
    ttlMs: TTL_MS,
    remainingMs: () => remainingMs(nowMs),
    get shards() {
      return {size: shards(nowMs)};
    },
  };
  let wentAtMs: number | undefined;
  let isOver = false;
  void untilIdleAndFenced(leaving, clock, () => isOver).then(() => (wentAtMs = nowMs));
  const run = async (untilMs: number): Promise<number | undefined> => {
    while (nowMs < untilMs && wentAtMs === undefined) {
      nowMs += FENCED_LOOK_MS;
      timers.shift()?.();
      await Promise.resolve();
    }
    return wentAtMs;
  };
  return {run, end: () => (isOver = true)};
}

it('goes when an attempt from before the fence, and one after it, can have failed', async () => {
  const {run} = leavingAt(
    (nowMs) => 5_000 - nowMs,
    () => 0,
  );
  // Fenced from 5 s on; the attempt in flight may take T/5, and a second is for the next one.
  expect(await run(60_000)).toBe(5_000 + TTL_MS / 5 + 1_000);
});

it('waits while a shard is still there, and begins anew when the right comes back', async () => {
  const {run} = leavingAt(
    (nowMs) => (nowMs >= 2_000 && nowMs < 3_000 ? 10 : -1),
    (nowMs) => (nowMs < 4_000 ? 1 : 0),
  );
  expect(await run(60_000)).toBe(4_000 + TTL_MS / 5 + 1_000);
});

it('never resolves once it is over', async () => {
  const {run, end} = leavingAt(
    () => -1,
    () => 0,
  );
  end();
  expect(await run(60_000)).toBeUndefined();
});
