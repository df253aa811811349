import {expect, test} from 'vitest';
import type {PlacementShard, PlacementSnapshot, Plan} from '../../src/model/placement.ts';
import {checkPlan} from '../../src/planner/check.ts';
import {plan} from '../../src/planner/index.ts';
import {tabulate} from '../../src/planner/table.ts';

const none = {group: '', workerGroup: '', pin: '', current: '', prefer: '', avoid: ''};

function shard(id: string, fields: Partial<PlacementShard> = {}): PlacementShard {
  return {id, ...none, ...fields};
}

const SNAPSHOT: PlacementSnapshot = {
  shards: [
    shard('free'),
    shard('pinned', {pin: 'c0'}),
    shard('pinned elsewhere', {pin: 'gone'}),
    shard('pooled', {workerGroup: 'w'}),
    shard('there', {current: 'c2'}),
  ],
  containers: [
    {id: 'c0', mode: 'open'},
    {id: 'c1', mode: 'open'},
    {id: 'c2', mode: 'closed'},
  ],
  pools: new Map([['w', new Set(['c0'])]]),
  maxShardCount: 2,
};
const [FREE, PINNED, ELSEWHERE, POOLED] = [0, 1, 2, 3];

/** A good plan with some shards put elsewhere. */
function bent(targets: Readonly<Record<number, number>>): Plan {
  const made = plan(SNAPSHOT);
  const target = Int32Array.from(made.target, (to, at) => targets[at] ?? to);
  return {...made, target};
}

test('a plan of the planner passes', () => {
  expect(() => checkPlan(tabulate(SNAPSHOT), bent({}))).not.toThrow();
});

test.each([
  ['a container that is not there', {[FREE]: 3}, 'not there'],
  ['a container that accepts no new shards', {[FREE]: 2}, 'accepts no new shards'],
  ['away from the pin', {[PINNED]: 1}, 'away from its pin'],
  ['anywhere though the pin does not live', {[ELSEWHERE]: 0}, 'pin is not alive'],
  ['outside the worker group', {[POOLED]: 1}, 'outside its worker group'],
  ['nowhere without a reason', {[FREE]: -1}, 'reasons are given'],
  ['above the limit', {[FREE]: 0}, 'would hold 3 of 2'],
])('a shard %s stops the governor', (_, targets, message) => {
  expect(() => checkPlan(tabulate(SNAPSHOT), bent(targets))).toThrow(message);
});

/** Two shards of one key, and two containers of which each has room for one more load of 6. */
const HARD: PlacementSnapshot = {
  shards: [
    shard('key 1', {spreadKey: 'k', load: [1]}),
    shard('key 2', {spreadKey: 'k', load: [1]}),
    shard('large 1', {load: [6]}),
    shard('large 2', {load: [6]}),
  ],
  containers: [
    {id: 'c0', mode: 'open', limits: [10]},
    {id: 'c1', mode: 'open', limits: [10]},
  ],
  pools: new Map(),
  maxShardCount: 0,
  metrics: [{name: 'qps', upper: 1.2, lower: 1.1}],
};

/** The plan with one shard put where another is. */
function together(one: number, other: number, running = ''): () => void {
  const shards = HARD.shards.map((own, at) =>
    at === one || at === other ? {...own, current: running} : own,
  );
  const snapshot = {...HARD, shards};
  const made = plan(HARD);
  const target = made.target.slice();
  target[one] = target[other] ?? -1;
  return () => {
    checkPlan(tabulate(snapshot), {...made, target});
  };
}

test('a shard beside another of its spread key, or above a metric limit, stops the governor', () => {
  expect(() => {
    checkPlan(tabulate(HARD), plan(HARD));
  }).not.toThrow();
  expect(together(0, 1)).toThrow('beside another of its spread key');
  expect(together(2, 3)).toThrow('breaks a limit of container');
});

test('what runs beside another of its key already may stay: nothing new has broken the rule', () => {
  const at = HARD.containers[plan(HARD).target[1] ?? -1]?.id ?? '';
  expect(together(0, 1, at)).not.toThrow();
});
