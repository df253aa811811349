/** Constraints that cannot all be kept: what is left without a container is the least, and each says why. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {
  PlacementContainer,
  PlacementShard,
  PlacementSnapshot,
} from '../../src/model/placement.ts';
import {plan} from '../../src/planner/index.ts';

const IDS = ['c0', 'c1', 'c2', 'c3'];
const POOLS: Readonly<Record<string, readonly string[]>> = {
  w0: ['c0', 'c1'],
  w1: ['c1', 'c2'],
  nobody: [],
  gone: ['elsewhere'],
};

const container = fc.record({
  mode: fc.constantFrom('open' as const, 'open' as const, 'closed' as const, 'draining' as const),
  capacity: fc.nat(3),
});
const shard = fc.record({
  pin: fc.constantFrom('', '', '', 'c0', 'c3', 'elsewhere'),
  workerGroup: fc.constantFrom('', '', 'w0', 'w1', 'nobody', 'gone'),
});

function snapshotOf(
  containers: readonly Pick<PlacementContainer, 'mode' | 'capacity'>[],
  shards: readonly Pick<PlacementShard, 'pin' | 'workerGroup'>[],
  maxShardCount: number,
): PlacementSnapshot {
  return {
    shards: shards.map((one, at) => ({
      ...{id: `s${at}`, group: '', current: '', prefer: '', avoid: ''},
      ...one,
    })),
    containers: containers.map((one, at) => ({id: IDS[at] ?? '', ...one})),
    pools: new Map(Object.entries(POOLS).map(([name, ids]) => [name, new Set(ids)])),
    maxShardCount,
  };
}

/** How many shards can be placed at most: by augmenting paths, one shard after the other. */
function mostPlaced({shards, containers, pools, maxShardCount}: PlacementSnapshot): number {
  const room = containers.map(({mode, capacity = 0}) => {
    const limits = [capacity, maxShardCount].filter((limit) => limit > 0);
    return mode === 'open' ? Math.min(shards.length, ...limits) : 0;
  });
  const takers = room.map((): number[] => []);
  const mayGo = (at: number, to: number): boolean => {
    const {pin = '', workerGroup = ''} = shards[at] ?? {};
    const id = containers[to]?.id ?? '';
    if (workerGroup !== '' && pools.get(workerGroup)?.has(id) !== true) return false;
    return pin === '' || pin === id;
  };
  const place = (at: number, seen: Set<number>): boolean => {
    for (const [to, most] of room.entries()) {
      if (seen.has(to) || !mayGo(at, to)) continue;
      seen.add(to);
      const taken = takers[to] ?? [];
      const free = taken.length < most ? taken.length : taken.findIndex((one) => place(one, seen));
      if (free < 0 || free >= most) continue;
      taken[free] = at;
      return true;
    }
    return false;
  };
  return shards.filter((_, at) => place(at, new Set())).length;
}

describe('constraints that cannot all be kept', () => {
  it('leave out the fewest shards, each with one reason', () => {
    fc.assert(
      fc.property(
        fc.array(container, {minLength: 0, maxLength: 4}),
        fc.array(shard, {maxLength: 12}),
        fc.nat(3),
        (containers, shards, maxShardCount) => {
          const snapshot = snapshotOf(containers, shards, maxShardCount);
          const {target, unplaced} = plan(snapshot);
          const placed = target.filter((to) => to >= 0).length;
          expect(placed).toBe(mostPlaced(snapshot));
          const without = [...target.keys()].filter((at) => (target[at] ?? -1) < 0);
          expect(unplaced.map((one) => one.shard).sort((a, b) => a - b)).toEqual(without);
          for (const {reason} of unplaced) expect(reason).not.toBe('');
        },
      ),
      {numRuns: 2_000},
    );
  });

  it('a capacity of 0 is no limit, and a weight of 0 no share', () => {
    const shards = Array.from({length: 9}, () => ({pin: '', workerGroup: ''}));
    const open = {mode: 'open' as const, capacity: 0};
    const counts = (snapshot: PlacementSnapshot): number[] => {
      const {target, unplaced} = plan(snapshot);
      expect(unplaced).toEqual([]);
      return snapshot.containers.map((_, at) => target.filter((to) => to === at).length);
    };
    expect(counts(snapshotOf([open, open, open], shards, 0))).toEqual([3, 3, 3]);
    const weighed = snapshotOf([open, open, open], shards, 0);
    const containers = weighed.containers.map((one, at) => ({...one, weight: at === 0 ? 0 : 1}));
    expect(counts({...weighed, containers})[0]).toBe(0);
    // Where nobody else may have them, it gets them all the same.
    const alone = snapshotOf([open], shards, 0);
    expect(counts({...alone, containers: [{id: 'c0', mode: 'open', weight: 0}]})).toEqual([9]);
  });
});

it.each([
  [Number.NaN, 0],
  [Number.POSITIVE_INFINITY, Number.MAX_VALUE],
  [Number.NEGATIVE_INFINITY, -Number.MAX_VALUE],
])('a priority of %d counts as %d', (priority, counted) => {
  const planned = (own: number): Int32Array => {
    const snapshot = snapshotOf(
      [{mode: 'open', capacity: 3}],
      Array.from({length: 6}, () => ({pin: '', workerGroup: ''})),
      0,
    );
    const priorities = [own, 1, -1, 0, own, 2];
    const shards = snapshot.shards.map((one, at) => ({...one, priority: priorities[at] ?? 0}));
    return plan({...snapshot, shards}).target;
  };
  expect(planned(priority)).toEqual(planned(counted));
});
