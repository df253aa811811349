import {expect, it, vi} from 'vitest';
import {awakeClock} from './awake-clock.ts';
import {LONG_MS, until} from './until.ts';

const STANDSTILL_MS = 600;
/** Of a time that is faked. */
const AHEAD_MS = 3_600_000;
const PASSED_MS = 60;

it('counts a standstill of the process as a moment, and goes on with the machine', async () => {
  const clock = awakeClock();
  const before = [clock.nowMs(), clock.ownerMs()] as const;
  const endMs = performance.now() + STANDSTILL_MS;
  while (performance.now() < endMs);
  const after = [clock.nowMs(), clock.ownerMs()] as const;
  for (const at of [0, 1] as const) expect(after[at] - before[at]).toBeLessThan(STANDSTILL_MS / 2);
  await until(() => clock.nowMs() - after[0] > STANDSTILL_MS, LONG_MS, 'its time goes on');
  expect(clock.ownerMs() - after[1]).toBeGreaterThan(STANDSTILL_MS / 2);
});

it('goes on after a test that set its own time ahead', () => {
  const clock = awakeClock();
  const ahead = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + AHEAD_MS);
  const before = [clock.nowMs(), clock.ownerMs()] as const;
  ahead.mockRestore();
  const endMs = performance.now() + PASSED_MS;
  while (performance.now() < endMs);
  const after = [clock.nowMs(), clock.ownerMs()] as const;
  for (const at of [0, 1] as const)
    expect(after[at] - before[at]).toBeGreaterThanOrEqual(PASSED_MS / 2);
});
