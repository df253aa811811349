/** What the literature promises of each way holds for ours, or the bench compares with something else. */
import {expect, test} from 'vitest';
import {uniform, coldSnapshot, withLoads, withoutOne} from '../planner/snapshots.ts';
import {isOutsideRounding, mostOverMean, movesOf} from '../planner/measures.ts';
import {boundedRing} from './bounded-ring.ts';
import {ownInstance} from './index.ts';
import {instanceOf} from './instance.ts';
import {longestFirst} from './longest-first.ts';
import {originRule} from './origin-rule.ts';
import {random} from './random.ts';
import {rendezvous} from './rendezvous.ts';

const [SHARDS, CONTAINERS] = [2_000, 20];
const cold = coldSnapshot(SHARDS, CONTAINERS);
const fewer = withoutOne(cold);

test.each([
  ['random', random],
  ['rendezvous', rendezvous],
  ["the origin's rule", originRule],
])('%s: when a container is lost only its shards get another one', (_, baseline) => {
  const own = ownInstance(baseline, cold, fewer);
  const target = baseline(own);
  expect(own.current.filter((container) => container < 0).length).toBeGreaterThan(0);
  expect(target.every((container) => container >= 0)).toBe(true);
  expect(movesOf(own.current, target)).toBe(0);
});

test.each([0.25, 0.05])('a ring with bounded loads, %d: nobody is above it', (epsilon) => {
  const most = mostOverMean(boundedRing(epsilon)(instanceOf(cold)), CONTAINERS, undefined);
  expect(most).toBeLessThanOrEqual(1 + epsilon + CONTAINERS / SHARDS);
  expect(most).toBeGreaterThan(1);
});

test('LPT: at most 4/3 of the best, far less with many small shards', () => {
  const load = uniform(SHARDS);
  const problem = instanceOf(withLoads(cold, load, 1.2, 1.1));
  expect(mostOverMean(longestFirst(problem), CONTAINERS, load)).toBeLessThan(1.01);
});

test("the origin's rule: nobody above the mean rounded up, and perhaps somebody far below", () => {
  const uneven = coldSnapshot(SHARDS + 1, CONTAINERS);
  const target = originRule(instanceOf(uneven));
  const counts = new Int32Array(CONTAINERS);
  for (const container of target) counts[container] = (counts[container] ?? 0) + 1;
  expect(Math.max(...counts)).toBe(Math.ceil((SHARDS + 1) / CONTAINERS));
  expect(isOutsideRounding(target, CONTAINERS)).toBe(true);
});
