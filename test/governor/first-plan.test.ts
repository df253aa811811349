/** When the governor plans: it waits for those that join together, and for a successor, but not for long. */
import {ShardRows} from '../../src/appstate/shard-rows.ts';
import {describe, expect, it} from 'vitest';
import {PlanCache} from '../../src/governor/plan-cache.ts';

const QUIET_MS = 500;
const LONGEST_MS = 3_000;
const NONE = {
  snapshot: {shards: [], containers: [], pools: new Map(), maxShardCount: 0},
  plan: {
    target: new Int32Array(),
    additions: new Int32Array(),
    moves: [],
    unplaced: [],
    stranded: [],
    trials: [],
  },
};

function planned(nowMs: number): PlanCache {
  const cache = new PlanCache(new ShardRows(), 0);
  cache.adopt(NONE.snapshot, NONE.plan, nowMs);
  cache.dirty = true;
  return cache;
}

describe('the first plan', () => {
  it('waits until nobody has joined for half a second', () => {
    const cache = new PlanCache(new ShardRows(), 0);
    expect(cache.wakeAtMs()).toBe(QUIET_MS);
    cache.joined(true, 400);
    expect(cache.wakeAtMs()).toBe(400 + QUIET_MS);
  });

  it('waits for three seconds at most', () => {
    const cache = new PlanCache(new ShardRows(), 0);
    for (let ms = 0; ms <= LONGEST_MS; ms += 300) cache.joined(false, ms);
    expect(cache.wakeAtMs()).toBe(LONGEST_MS);
  });

  it('is waited for again when somebody joins an empty app', () => {
    const cache = planned(10_000);
    expect(cache.wakeAtMs()).toBe(10_000);
    cache.joined(true, 20_000);
    expect(cache.wakeAtMs()).toBe(20_000 + QUIET_MS);
  });
});

describe('a plan', () => {
  it('waits for successors, and no longer than for them', () => {
    const cache = planned(10_000);
    cache.notBeforeMs = 25_000;
    expect(cache.wakeAtMs()).toBe(25_000);
    cache.notBeforeMs = Number.NEGATIVE_INFINITY;
    expect(cache.wakeAtMs()).toBe(10_000);
  });
});
