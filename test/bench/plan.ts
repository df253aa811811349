/** The planner's line of `npm run bench`. All its goals: `npm run bench:planner`. */
import {plan} from '../../src/planner/index.ts';
import {applied} from '../planner/instances.ts';
import {spread} from './figure.ts';
import type {Figure} from './figure.ts';
import {coldSnapshot, withoutOne} from './planner/snapshots.ts';

const RUNS = 9;
const GOAL_MS = 250;

/** 100,000 shards, 1,000 containers, one of them lost. */
export function planFigures(): Figure[] {
  const cold = coldSnapshot(100_000, 1_000);
  const lost = withoutOne(applied(cold, plan(cold)));
  const times = Array.from({length: RUNS}, () => {
    globalThis.gc?.();
    const startedMs = performance.now();
    plan(lost);
    return performance.now() - startedMs;
  }).sort((a, b) => a - b);
  const median = times[times.length >> 1] ?? Number.NaN;
  const what = 'plan for 100,000 shards x 1,000 containers, one container lost';
  return [{what, goal: `<= ${GOAL_MS} ms`, seen: spread(times), met: median <= GOAL_MS}];
}
