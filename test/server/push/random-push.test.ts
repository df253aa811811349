/** Random walks of push containers and of the daemons that govern them; `npm run pushes` plays more of them. */
import {expect, it} from 'vitest';
import {LONG_MS} from '../../support/until.ts';
import {playPush} from './random/play.ts';

/** Among them those that notice the planted faults of the table. */
const SEEDS = [10, 32, 33, 39, 60];

it(
  'push containers never run a shard beside its owner, and serve all shards once everything is well',
  async () => {
    for (const seed of SEEDS)
      expect(await playPush(seed), `npm run pushes -- --from ${seed} --seeds 1`).toBe('');
  },
  LONG_MS,
);
