/** Random walks of a container's session; `npm run sessions` plays more of them. */
import {expect, it} from 'vitest';
import {playSession} from './random/play.ts';

const SEEDS = 2_500;
/** Of each way to end, and of those that go on. */
const LEAST_ENDS = SEEDS / 20;

it('a random session never has a second owner beside it, and serves its shards or ends', () => {
  const ends = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const {problem, end} = playSession(seed);
    expect(problem, `npm run sessions -- --from ${seed} --seeds 1`).toBe('');
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  for (const end of ['left', 'evicted', 'deleted', 'goes on'])
    expect(ends.get(end), end).toBeGreaterThan(LEAST_ENDS);
});
