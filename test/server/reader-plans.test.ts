/** Plans for readers beside the event loop: the same as at once. */
import {Worker} from 'node:worker_threads';
import {afterEach, describe, expect, it} from 'vitest';
import type {PlacementSnapshot, Plan} from '../../src/model/placement.ts';
import {plan, planWithFigures} from '../../src/planner/index.ts';
import {PlannerThread} from '../../src/server/planner-thread.ts';
import type {PlannerThreadOptions} from '../../src/server/planner-thread.ts';
import {ReaderPlans} from '../../src/server/reader-plans.ts';
import {loadInstance, mixedInstance, policyInstance} from '../planner/instances.ts';
import {LONG_MS} from '../support/until.ts';

const threads: PlannerThread[] = [];

function readers(options: PlannerThreadOptions = {}): ReaderPlans {
  const thread = new PlannerThread({from: 0, lingerMs: LONG_MS, ...options});
  threads.push(thread);
  return new ReaderPlans(thread);
}

/** In an order of its own where a plan promises none. */
function ordered({target, additions, moves, unplaced, stranded, trials}: Plan) {
  const byShard = (a: {shard: number}, b: {shard: number}): number => a.shard - b.shard;
  return {
    ...{target: [...target], moves, trials: [...trials].sort((a, b) => a - b)},
    additions: [...additions].sort((a, b) => a - b),
    unplaced: [...unplaced].sort(byShard),
    stranded: [...stranded].sort(byShard),
  };
}

describe('a plan for a reader', () => {
  afterEach(async () => {
    for (const one of threads.splice(0)) await one.stop();
  });

  it('is the same in the thread as at once', async () => {
    const plans = readers();
    const kinds = [mixedInstance, policyInstance, loadInstance];
    let moves = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const snapshot = kinds[seed % kinds.length]?.(seed) as PlacementSnapshot;
      const beside = await plans.plan(snapshot);
      expect(ordered(beside), `seed ${seed}`).toEqual(ordered(plan(snapshot)));
      moves += beside.moves.length;
      expect(beside.figures).toBeUndefined();
    }
    expect(moves).toBeGreaterThan(0);
  });

  it('says what it costs and brings where that is asked, the same in the thread as at once', async () => {
    const plans = readers();
    for (let seed = 1; seed <= 10; seed += 1) {
      const snapshot = loadInstance(seed);
      const {figures} = await plans.plan(snapshot, {withFigures: true});
      expect(figures, `seed ${seed}`).toEqual(planWithFigures(snapshot).figures);
    }
  });

  it('of a small app is made at once', () => {
    const thread = new PlannerThread({from: 1_000});
    expect(new ReaderPlans(thread).plan(mixedInstance(1))).toHaveProperty('target');
    expect(thread.isRunning).toBe(false);
  });

  it('can be asked for again when the thread has ended, and is made at once when it ends every time', async () => {
    const lost: boolean[] = [];
    const plans = readers({
      begin: () => new Worker('process.exit(3)', {eval: true}),
      onLost: (_error, isForGood) => lost.push(isForGood),
    });
    const snapshot = mixedInstance(1);
    for (let time = 0; time < 2; time += 1)
      await expect(plans.plan(snapshot)).rejects.toMatchObject({
        code: 'SERVER_UNAVAILABLE',
        retryable: true,
      });
    expect(await plans.plan(snapshot)).toEqual(plan(snapshot));
    expect(await plans.plan(snapshot)).toEqual(plan(snapshot));
    expect(lost).toEqual([false, false, true]);
  });
});
