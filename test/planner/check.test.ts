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
  ['a container that takes nothing new', {[FREE]: 2}, 'takes nothing new'],
  ['away from the pin', {[PINNED]: 1}, 'away from its pin'],
  ['anywhere though the pin does not live', {[ELSEWHERE]: 0}, 'pin does not live'],
  ['outside the worker group', {[POOLED]: 1}, 'outside its worker group'],
  ['nowhere without a reason', {[FREE]: -1}, 'reasons are given'],
  ['above the limit', {[FREE]: 0}, 'would hold 3 of 2'],
])('a shard %s stops the governor', (_, targets, message) => {
  expect(() => checkPlan(tabulate(SNAPSHOT), bent(targets))).toThrow(message);
});
