import {describe, expect, it} from 'vitest';
import {placementSteps} from '../../src/governor/placement.ts';
import {runToEnd} from '../../src/model/steps.ts';
import type {LivingContainer} from '../../src/governor/containers.ts';
import {shardLimit} from '../../src/governor/placement-terms.ts';
import type {PlacementContainer, PlacementSnapshot} from '../../src/model/placement.ts';
import {GovernorBed} from './governor-bed.ts';

function snapshotOf({governor: {view}}: GovernorBed): PlacementSnapshot {
  const living = [...view.ids].map(([container, {incarnation}]) => {
    const rest = {endpoint: '', state: 'ready', mode: 'open'} as const;
    return [container, {container, incarnation, ...rest}] as [string, LivingContainer];
  });
  return runToEnd(placementSteps(view, new Map(living)));
}

function registered(bed: GovernorBed, container: string, over: object): PlacementContainer {
  bed.heard(container, `${container}-inc`, over);
  bed.holdsId(container, `${container}-inc`);
  const found = snapshotOf(bed).containers.find(({id}) => id === container);
  if (found === undefined) throw new Error('it is not there');
  return found;
}

describe('a container as the planner sees it', () => {
  it('has what it registered with; what is left out counts by default', () => {
    const bed = new GovernorBed([]);
    bed.respec({placement: {metrics: [{name: 'qps'}, {name: 'bytes'}]}});
    const said = {weight: 2, zone: 'z1', capacity: 7, limits: {bytes: 5, other: 3}};
    expect(registered(bed, 'c1', said)).toEqual({
      ...{id: 'c1', mode: 'open', weight: 2, zone: 'z1', capacity: 7},
      limits: [0, 5],
    });
    expect(registered(bed, 'c2', {})).toEqual({id: 'c2', mode: 'open'});
    expect(registered(bed, 'c3', {weight: 0})).toMatchObject({weight: 0});
  });

  it('has what operators say instead, field by field, until they take it back', () => {
    const bed = new GovernorBed([]);
    bed.override('c1', {weight: 0, zone: ''});
    const said = {weight: 2, zone: 'z1', capacity: 7};
    expect(registered(bed, 'c1', said)).toEqual({id: 'c1', mode: 'open', weight: 0, capacity: 7});
    bed.override('c1', undefined);
    expect(registered(bed, 'c1', said)).toMatchObject(said);
  });
});

it('the limit of a container is the lower of its capacity and that of the app', () => {
  const bed = new GovernorBed([], {maxShardCount: 5});
  bed.heard('c1', 'c1-inc', {capacity: 7});
  bed.heard('c2', 'c2-inc', {capacity: 3});
  const {view} = bed.governor;
  expect(['c1-inc', 'c2-inc', 'unknown'].map((one) => shardLimit(view, one))).toEqual([5, 3, 5]);
  bed.override('c1', {capacity: 2});
  expect(shardLimit(view, 'c1-inc')).toBe(2);
  bed.respec({maxShardCount: 0});
  bed.override('c1', {capacity: 0});
  expect(shardLimit(view, 'c1-inc')).toBe(0);
});

describe('a shard as the planner sees it', () => {
  it('has the loads that its spec declares, one for each metric of the app', () => {
    const bed = new GovernorBed([]);
    bed.addShard('s1', {load: {bytes: 3, other: 9}, spreadKey: 'tenant-1', priority: -2});
    expect(snapshotOf(bed).shards[0]).toMatchObject({spreadKey: 'tenant-1', priority: -2});
    expect(snapshotOf(bed).shards[0]).not.toHaveProperty('load');
    bed.respec({placement: {metrics: [{name: 'toString'}, {name: 'bytes', upper: 1.4}]}});
    const {shards, metrics} = snapshotOf(bed);
    expect(shards[0]?.load).toEqual([0, 3]);
    expect(metrics).toEqual([
      {name: 'toString', upper: 1.2, lower: 1.1},
      {name: 'bytes', upper: 1.4, lower: 1.2},
    ]);
  });
});
