/** Which seeds `npm test` runs, and how one that fails is shown. */
import {expect} from 'vitest';
import {runScenario} from './scenario.ts';
import {WIDE_FROM_SEED} from './wider-faults.ts';

/** Together the seed tests run so many of the first faults, and so many of the wider ones, which take four times as long: as many as two cores manage in a minute. */
const FIRST_SEEDS = 750;
const WIDER_SEEDS = 250;
/** Seeds a test, so that a failure says roughly where. */
const CHUNK = 250;

/** Where each test of a file begins; `from` 0: even seeds, 1: odd ones. */
export function chunks(from: number): number[] {
  const starts: number[] = [];
  for (let at = 0; at < FIRST_SEEDS; at += CHUNK) starts.push(1 + at + ((from + 1) % 2));
  for (let at = 0; at < WIDER_SEEDS; at += CHUNK) starts.push(WIDE_FROM_SEED + at + from);
  return starts;
}

/** Seeds that once failed. 923: a stale read after a claim of unknown outcome was the last word; 3205: one brought back a deleted record. */
export const ONCE_FAILED = [923, 3205];

/** Runs seeds `from`, `from + 2`, ...: two test files share the seeds, one a core. */
export async function runEverySecond(from: number): Promise<void> {
  const failed: string[] = [];
  for (let seed = from; seed < from + CHUNK; seed += 2) {
    const {violation, faults} = await runScenario(seed);
    if (violation === undefined) continue;
    const {promise, text} = violation;
    failed.push(
      `${promise}: ${text}\n  faults: ${faults.join(',')}\n  npm run sim -- --seed ${seed} --trace`,
    );
    if (failed.length === 3) break;
  }
  expect(failed.join('\n')).toBe('');
}
