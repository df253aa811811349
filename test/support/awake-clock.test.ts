import {expect, it} from 'vitest';
import {awakeClock} from './awake-clock.ts';
import {LONG_MS, until} from './until.ts';

const STANDSTILL_MS = 600;

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
