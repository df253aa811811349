import {describe, expect, test} from 'vitest';
import type {PlacementShard, PlacementSnapshot, Plan} from '../../src/model/placement.ts';
import {plan} from '../../src/planner/index.ts';
import {applied, instance, placed, shuffled} from './instances.ts';
import {allows, bestScore, mayEndOn, mostPlaced} from './twin.ts';

const INSTANCES = 2_000;
const FREE = {containers: 4, groups: 4, shards: 12, constraints: false};
const BOUND = {containers: 5, groups: 3, shards: 14, constraints: true};

function each(
  limits: typeof FREE,
  check: (snapshot: PlacementSnapshot, made: Plan, seed: number) => void,
): void {
  for (let seed = 1; seed <= INSTANCES; seed += 1) {
    const snapshot = instance(seed, limits);
    try {
      check(snapshot, plan(snapshot), seed);
    } catch (error) {
      throw new Error(
        `seed ${seed}: ${error instanceof Error ? error.message : String(error)}\n${JSON.stringify({...snapshot, pools: [...snapshot.pools].map(([name, set]) => [name, [...set]])})}`,
      );
    }
  }
}

describe('without constraints', () => {
  test('totals and moves are those of the exhaustive twin', () => {
    each(FREE, (snapshot, made) => {
      const totals = snapshot.containers.map(
        (_, at) => made.target.filter((container) => container === at).length,
      );
      const squares = totals.reduce((sum, total) => sum + total * total, 0);
      expect({squares, moves: made.moves.length}).toEqual(bestScore(snapshot));
    });
  });

  test('every group is floor or ceil of its share on every container', () => {
    each(FREE, (snapshot, made) => {
      for (const group of new Set(snapshot.shards.map((shard) => shard.group))) {
        const counts = snapshot.containers.map(
          (_, at) =>
            snapshot.shards.filter(
              (shard, index) => shard.group === group && made.target[index] === at,
            ).length,
        );
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }
    });
  });
});

describe('with pins, pools, modes and caps', () => {
  test('the placed count is the most possible', () => {
    each(BOUND, (snapshot, made) => {
      const count = snapshot.shards.length - made.unplaced.length;
      // Above a lowered limit nothing new may come in, whatever leaves: there the twin's slots say too much.
      if (overfull(snapshot)) expect(count).toBeLessThanOrEqual(mostPlaced(snapshot));
      else expect(count).toBe(mostPlaced(snapshot));
    });
  });

  test('no running shard loses its place to another', () => {
    each(BOUND, (snapshot, made) => {
      for (const {shard, mustDrop} of made.unplaced) {
        const {current} = snapshot.shards[shard] ?? {current: ''};
        const there = snapshot.containers.find(({id}) => id === current);
        const legal =
          there !== undefined && allows(snapshot, snapshot.shards[shard] as PlacementShard, there);
        expect(legal && !mustDrop).toBe(false);
      }
    });
  });

  test('nothing is where it may not be, and every shard without a container carries one reason', () => {
    each(BOUND, (snapshot, made) => {
      const reasons = made.unplaced.map(({shard}) => shard);
      expect(new Set(reasons).size).toBe(reasons.length);
      for (const [index, shard] of snapshot.shards.entries()) {
        const container = snapshot.containers[made.target[index] ?? -1];
        if (container === undefined) expect(reasons).toContain(index);
        else expect(mayEndOn(snapshot, shard, container)).toBe(true);
      }
    });
  });

  test('planning the planned state moves and adds nothing', () => {
    each(BOUND, (snapshot, made) => {
      const again = plan(applied(snapshot, made));
      expect({moves: again.moves, additions: [...again.additions]}).toEqual({
        moves: [],
        additions: [],
      });
    });
  });

  test('the order of the input changes nothing', () => {
    each(BOUND, (snapshot, made, seed) => {
      const other = shuffled(snapshot, seed);
      expect([...placed(other, plan(other))].sort()).toEqual([...placed(snapshot, made)].sort());
    });
  });

  test('every prefix of the moves keeps the cap while any order could', () => {
    each(BOUND, (snapshot, made) => {
      if (snapshot.maxShardCount === 0) return;
      const counts = snapshot.containers.map(
        ({id}) => snapshot.shards.filter(({current}) => current === id).length,
      );
      const full = (container: number): boolean =>
        (counts[container] ?? 0) >= snapshot.maxShardCount;
      for (const [step, {from, to}] of made.moves.entries()) {
        if (full(to)) {
          expect(made.moves.slice(step).every((move) => full(move.to))).toBe(true);
          return;
        }
        counts[from] = (counts[from] ?? 0) - 1;
        counts[to] = (counts[to] ?? 0) + 1;
      }
    });
  });
});

function overfull(snapshot: PlacementSnapshot): boolean {
  const {containers, shards, maxShardCount} = snapshot;
  return (
    maxShardCount > 0 &&
    containers.some(({id}) => shards.filter(({current}) => current === id).length > maxShardCount)
  );
}
