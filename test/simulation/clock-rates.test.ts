/** Clocks beyond assumption A2: the rates of any two differ by up to 10 %, and a shard still has one owner. */
import {expect, it} from 'vitest';
import {SIMULATION_HANG_MS} from './hang.ts';
import {runScenario} from './scenario.ts';

/** Seeds at which a container or a daemon is evicted while it may act when W is not longer for such clocks, and others. */
const KNOWN = [25, 88, 94, 138, 187];
const MORE = Array.from({length: 25}, (_, index) => 500 + index);

it(
  'a shard has one owner though every clock is up to 5 % fast or slow',
  async () => {
    const violations: string[] = [];
    for (const seed of [...KNOWN, ...MORE]) {
      const {violation} = await runScenario(seed, {rateSpread: 0.05});
      if (violation !== undefined)
        violations.push(`seed ${seed}: ${violation.promise}: ${violation.text}`);
    }
    expect(violations).toEqual([]);
  },
  SIMULATION_HANG_MS,
);
