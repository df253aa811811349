/** With many groups at once, the plan still needs the fewest moves: more than each group alone, and the totals alone, would need. */
import {expect, test} from 'vitest';
import type {PlacementShard, PlacementSnapshot} from '../../src/model/placement.ts';
import {plan} from '../../src/planner/index.ts';
import {fewestMoves, movesOf} from '../bench/planner/measures.ts';
import {instanceOf} from '../bench/baselines/instance.ts';
import {coldSnapshot} from '../bench/planner/snapshots.ts';
import {isCheapest} from './cheapest.ts';
import {bestScore, questionOf} from './oracle.ts';
import {seeded} from './instances.ts';

function scattered(shards: number, containers: number, groups: number): PlacementSnapshot {
  const cold = coldSnapshot(shards, containers, groups);
  const next = seeded(groups);
  const placed = cold.shards.map((shard) => ({...shard, current: `c${next(containers)}`}));
  return {...cold, shards: placed};
}

test.each([1, 7, 60, 500, 2_000])(
  'no placement of 2,000 shards in %i groups on 40 containers needs fewer moves than the plan',
  (groups) => {
    const snapshot = scattered(2_000, 40, groups);
    const instance = instanceOf(snapshot);
    const {target} = plan(snapshot);
    expect(isCheapest(instance, target)).toBe(true);
    expect(movesOf(instance.current, target)).toBeGreaterThanOrEqual(fewestMoves(instance));
  },
);

test('a placement with one exchange too many is not the cheapest', () => {
  const snapshot = scattered(2_000, 40, 60);
  const instance = instanceOf(snapshot);
  const {current, group} = instance;
  const target = plan(snapshot).target.slice();
  const stays = (shard: number): boolean => target[shard] === current[shard];
  const countAt = (of: number, container: number): number =>
    target.filter((to, shard) => to === container && group[shard] === of).length;
  // 33 or 34 shards of a group are on 40 containers: some have none of it.
  const one = target.findIndex((_, shard) => stays(shard));
  const [from, own] = [target[one] ?? 0, group[one] ?? 0];
  const other = target.findIndex(
    (to, shard) => stays(shard) && countAt(own, to) === 0 && countAt(group[shard] ?? 0, from) === 0,
  );
  [target[one], target[other]] = [target[other] ?? 0, from];
  expect(isCheapest(instance, target)).toBe(false);
});

test('two groups may need more moves together than either alone, and than the totals', () => {
  const shardOf = (id: string, group: string, current: string): PlacementShard => ({
    ...{id, group, current, workerGroup: '', pin: '', prefer: '', avoid: ''},
  });
  // One of g goes to b, where both of the others are then one too many.
  const snapshot = {
    ...coldSnapshot(0, 2),
    shards: [
      ...[shardOf('s0', 'g', 'c0'), shardOf('s1', 'g', 'c0')],
      ...[shardOf('s2', 'h', 'c1'), shardOf('s3', 'i', 'c1')],
    ],
  };
  const instance = instanceOf(snapshot);
  const {moves, target} = plan(snapshot);
  expect({bound: fewestMoves(instance), best: bestScore(questionOf(snapshot)).moves}).toEqual({
    bound: 1,
    best: 2,
  });
  expect(moves).toHaveLength(2);
  expect(isCheapest(instance, target)).toBe(true);
});
