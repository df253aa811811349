import {expect, test} from 'vitest';
import {compare} from './against-oracle.ts';
import {mixedInstance} from './instances.ts';

const INSTANCES = 2_000;

test('limits, placed shards, evenness, totals and moves are those of the oracle', () => {
  let bound = 0;
  for (let seed = 1; seed <= INSTANCES; seed += 1) {
    const {planned, best, agree, binds} = compare(mixedInstance(seed));
    if (!agree) expect({seed, ...planned}).toEqual({seed, ...best});
    if (binds) bound += 1;
  }
  // The hard part is not left out by chance.
  expect(bound).toBeGreaterThan(INSTANCES / 10);
});
