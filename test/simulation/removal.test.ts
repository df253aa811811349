import {expect, it} from 'vitest';
import {HANG_MS} from './hang.ts';
import {runRemoval} from './scenario.ts';

const SEEDS = 60;

it(
  'an app that is removed amid faults is let go in order and leaves nothing',
  {timeout: HANG_MS},
  async () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const {violation, faults} = await runRemoval(seed);
      expect(violation, `seed ${seed}: ${faults.join(',')}`).toBeUndefined();
    }
  },
);
