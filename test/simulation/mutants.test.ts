/** Mutants of the table that show that the checker of the simulation bites: seeds find them, besides the tests that the table names. */
import {describe, expect, it} from 'vitest';
import {MUTANTS} from '../mutants/table.ts';
import {firstBrokenSeed} from '../mutants/under-seeds.ts';
import {runScenario} from './scenario.ts';
import {ONCE_FAILED} from './seeds.ts';

/** A mutant that lives through so many seeds is not caught. */
const SEED_LIMIT = 600;
const CAUGHT = [
  'deadline from receipt',
  'half the silence',
  'free before drop has ended',
  'guard without a clock',
  'no compare of the record',
  'a hint is compared with nothing',
  'eviction of whatever version',
  'hints are not repeated',
  'unknown taken for refused',
  'revoked handles live',
  'no compare of the fencingKey',
  'one T for all',
  'stale reads are believed',
  'suspension stops the clock of the owner',
];

describe('the checker catches planted faults', () => {
  for (const name of CAUGHT)
    it(name, {timeout: 240_000}, async () => {
      const mutant = MUTANTS.find((one) => one.name === name);
      if (mutant === undefined) throw new Error(`the table has no mutant ${name}`);
      expect(await firstBrokenSeed(process.cwd(), mutant, SEED_LIMIT)).toBeDefined();
    });
});

describe('a seed', () => {
  it('that once failed does not fail again', async () => {
    for (const seed of ONCE_FAILED) expect((await runScenario(seed)).violation).toBeUndefined();
  });

  it('gives the same history each time', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const [first, second] = [await runScenario(seed), await runScenario(seed)];
      expect(second.hash).toBe(first.hash);
      expect(second.events).toBe(first.events);
    }
  });
});
