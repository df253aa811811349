import {describe, expect, it} from 'vitest';
import {
  PLACEMENT_DEFAULTS,
  contradictionsOf,
  placementOf,
} from '../../src/model/placement-policy.ts';

describe('the placement policy of an app', () => {
  it('is the default one where the spec says nothing', () => {
    expect(placementOf(undefined)).toEqual(PLACEMENT_DEFAULTS);
    expect(placementOf({placement: {}})).toEqual(PLACEMENT_DEFAULTS);
  });

  it('fills in what is left out, field by field', () => {
    const {metrics, moving, quietTime} = placementOf({
      placement: {metrics: [{name: 'qps'}, {name: 'bytes', upper: 1.05}], moving: {zone: 3}},
    });
    expect(metrics).toEqual([
      {name: 'qps', upper: 1.2, lower: 1.1},
      {name: 'bytes', upper: 1.05, lower: 1.025},
    ]);
    expect(moving).toEqual({...PLACEMENT_DEFAULTS.moving, zone: 3});
    expect(quietTime).toBe(PLACEMENT_DEFAULTS.quietTime);
  });
});

describe('a policy that contradicts itself', () => {
  it.each([
    [{metrics: [{name: 'qps', lower: 1.5, upper: 1.2}]}, 0, 'placement.metrics[0].lower'],
    [{metrics: [{name: 'a'}, {name: 'a'}]}, 0, 'placement.metrics[0].name'],
    [{moving: {container: 5}}, 4, 'placement.moving.container'],
    [{moving: {zone: 5}}, 4, 'placement.moving.zone'],
    [{moving: {container: 5, zone: 4}}, 0, 'placement.moving.container'],
    [{slowStart: 30}, 0, 'placement.slowStart'],
  ])('%j is named with both fields', (policy, maxMoving, first) => {
    const [found, ...more] = contradictionsOf(policy, maxMoving);
    expect(more).toEqual([]);
    expect(found?.fields[0]).toBe(first);
    expect(found?.fields[1]).not.toBe(first);
  });

  it.each([
    [undefined, 1],
    [{moving: {container: 4, zone: 4}}, 4],
    [{moving: {zone: 0}}, 4],
    [{slowStart: 20}, 1],
    [{metrics: [{name: 'a', upper: 1.2, lower: 1.2}]}, 0],
  ])('%j is sound', (policy, maxMoving) => {
    expect(contradictionsOf(policy, maxMoving)).toEqual([]);
  });
});
