import {expect, test} from 'vitest';
import {compare} from './against-oracle.ts';
import {mixedInstance, policyInstance} from './instances.ts';

const INSTANCES = 2_000;

test('limits, placed shards, priorities, zones, evenness by weight, totals and moves are those of the oracle', () => {
  let bound = 0;
  for (let seed = 1; seed <= INSTANCES; seed += 1) {
    const {planned, best, agree, binds} = compare(
      seed % 2 === 0 ? mixedInstance(seed) : policyInstance(seed),
    );
    if (!agree) expect({seed, ...planned}).toEqual({seed, ...best});
    if (binds) bound += 1;
  }
  // The hard part is not left out by chance.
  expect(bound).toBeGreaterThan(INSTANCES / 10);
});
