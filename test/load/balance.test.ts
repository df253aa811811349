/** What a container's share of the load is: of what the shards weigh that it may have. */
import {describe, expect, it} from 'vitest';
import {balanceOf, ratioOf} from '../../src/load/balance.ts';
import type {BearingContainer} from '../../src/load/balance.ts';

function bearing(loads: Readonly<Record<string, number>>, weights: Record<string, number> = {}) {
  return Object.entries(loads).map(([container, load]): BearingContainer => ({
    ...{container, loads: [load]},
    weight: weights[container] ?? 1,
  }));
}

const pool = (load: number, ...members: string[]) => ({
  members: members.length === 0 ? undefined : new Set(members),
  loads: [load],
});

describe('the share of a container', () => {
  it('is that of its worker group: one that bears too much there is found, however much others bear', () => {
    const containers = bearing({c1: 80, c2: 40, c3: 80, c4: 80});
    const pools = [pool(120, 'c1', 'c2'), pool(160, 'c3', 'c4')];
    expect(balanceOf(containers, pools, 1).levels[0]).toBeCloseTo(80 / 60);
  });

  it('is all where nobody else may have the load', () => {
    const {levels} = balanceOf(bearing({c1: 9, c2: 0}), [pool(9, 'c1')], 1);
    expect(levels).toEqual([1]);
  });

  it('is of all pools in which it is', () => {
    const containers = bearing({c1: 30, c2: 10});
    const {containers: found} = balanceOf(containers, [pool(20, 'c1'), pool(20)], 1);
    expect(found.map(({shares}) => shares)).toEqual([[30], [10]]);
  });

  it('follows weights, but in a pool where nobody has one', () => {
    const containers = bearing({c1: 10, c2: 10, c3: 20}, {c1: 0, c2: 0, c3: 1});
    const {containers: found} = balanceOf(containers, [pool(20, 'c1', 'c2'), pool(20)], 1);
    expect(found.map(({shares}) => shares)).toEqual([[10], [10], [20]]);
    expect(found.map((one) => ratioOf(one, 0))).toEqual([1, 1, 1]);
  });

  it('is none of a metric without load, and of no containers', () => {
    expect(balanceOf(bearing({c1: 0}), [pool(0)], 1).levels).toEqual([0]);
    expect(balanceOf([], [pool(5)], 1).levels).toEqual([0]);
  });
});
