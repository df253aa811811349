/** A few random fleets; `npm run fleets` plays more of them. */
import {expect, it} from 'vitest';
import {playFleet} from './random/play.ts';

const SEEDS = 20;
const EVENTS = 30;
const LEAST_WRITES = 10 * SEEDS;

it('random fleets keep every invariant, and come to rest', () => {
  let writes = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const played = playFleet({seed, events: EVENTS});
    expect(played.problem, `npm run fleets -- --from ${seed} --seeds 1`).toBe('');
    writes += played.writes;
  }
  expect(writes).toBeGreaterThan(LEAST_WRITES);
}, 120_000);
