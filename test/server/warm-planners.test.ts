/** What a plan that is made beside a governor names as changed since the plan before. */
import {beforeEach, describe, expect, it} from 'vitest';
import type {PlanTerms, WarmShard} from '../../src/planner/warm-table.ts';
import {WarmPlanners} from '../../src/server/warm-planners.ts';

const PLANNER = 1;

function shard(row: number, id: string, at = 'c1'): WarmShard {
  const none = {group: '', workerGroup: '', pin: '', current: '', prefer: '', avoid: ''};
  return {row, shard: {id, ...none}, homeKey: at, isReady: true};
}

function terms(...containers: string[]): PlanTerms {
  return {
    containers: containers.map((id) => ({id, mode: 'open'})),
    ...{pools: new Map(), maxShardCount: 0, fitness: undefined},
    homes: new Map(containers.map((id) => [id, id])),
  };
}

let planners: WarmPlanners;
const changed = (...containers: string[]): number[] => [
  ...(planners.plan(PLANNER, terms(...containers)).changed ?? []),
];

beforeEach(() => {
  planners = new WarmPlanners();
  const set = [shard(0, 'a'), shard(1, 'b')];
  planners.update(PLANNER, {isFresh: true, set, removed: []});
  expect(changed('c1')).toEqual([0, 1]);
  expect(changed('c1')).toEqual([]);
});

describe('a plan names the rows', () => {
  it('whose shard goes elsewhere, whatever numbers the containers have', () => {
    expect(changed('c0', 'c1')).toHaveLength(1);
    expect(changed('c1', 'c0')).toEqual([]);
    expect(changed('c2')).toEqual([0, 1]);
  });

  it('that have come to be another shard, also where it goes to the same container', () => {
    planners.update(PLANNER, {isFresh: false, set: [shard(0, 'other')], removed: []});
    expect(changed('c1')).toEqual([0]);
    planners.update(PLANNER, {isFresh: false, set: [], removed: [1]});
    planners.update(PLANNER, {isFresh: false, set: [shard(1, 'b')], removed: []});
    expect(changed('c1')).toEqual([1]);
  });

  it('of all shards where nothing of what was known counts any more', () => {
    const set = [shard(0, 'a'), shard(1, 'b')];
    planners.update(PLANNER, {isFresh: true, set, removed: []});
    expect(changed('c1')).toEqual([0, 1]);
  });
});
