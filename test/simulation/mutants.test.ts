import {describe, expect, it} from 'vitest';
import {MUTANTS} from './mutants.ts';
import type {Mutant} from './mutants.ts';
import {runScenario} from './scenario.ts';
import {ONCE_FAILED} from './seeds.ts';

/** A mutant that lives through so many seeds is not caught. */
const SEED_LIMIT = 600;

async function firstSeedThatFails({plant}: Mutant): Promise<number | undefined> {
  const undo = plant();
  try {
    for (let seed = 1; seed <= SEED_LIMIT; seed += 1)
      if ((await runScenario(seed)).violation !== undefined) return seed;
    return undefined;
  } finally {
    undo();
  }
}

describe('the checker catches planted faults', () => {
  for (const mutant of MUTANTS) {
    it(`${mutant.name}: ${mutant.breaks}`, {timeout: 240_000}, async () => {
      expect(await firstSeedThatFails(mutant)).toBeDefined();
    });
  }
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
