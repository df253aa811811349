/** Random walks of daemons that lead by turns; `npm run leaderships` plays more of them. */
import {expect, it} from 'vitest';
import {LONG_MS} from '../../support/until.ts';
import {playLeadership} from './random/play.ts';

/**
 * Among them those that once failed: a count of quotas that came late, a leader that came back though an operator had evicted it, and a daemon that
 * read etcd before a restore and registered after it.
 */
const SEEDS = [14, 101, 106, 109, 200_367];

it(
  'daemons lead one at a time, write nothing once they lead no more, and stay away once they are evicted',
  async () => {
    for (const seed of SEEDS)
      expect(await playLeadership(seed), `npm run leaderships -- --from ${seed} --seeds 1`).toBe(
        '',
      );
  },
  LONG_MS,
);
