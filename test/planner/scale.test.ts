import {expect, test, vi} from 'vitest';
import type {
  PlacementContainer,
  PlacementShard,
  PlacementSnapshot,
} from '../../src/model/placement.ts';
import {plan} from '../../src/planner/index.ts';
import {LevelQueue} from '../../src/planner/matrix/level-queue.ts';
import {applied} from './instances.ts';

function containers(
  count: number,
  mode: PlacementContainer['mode'] = 'open',
): PlacementContainer[] {
  return Array.from({length: count}, (_, index) => ({id: `c${index}`, mode}));
}

function shards(count: number, group: (index: number) => string = () => ''): PlacementShard[] {
  return Array.from({length: count}, (_, index) => ({
    id: `s${index}`,
    group: group(index),
    workerGroup: '',
    pin: '',
    current: '',
    prefer: '',
    avoid: '',
  }));
}

function countsOf(snapshot: PlacementSnapshot, target: Int32Array): number[] {
  const counts = snapshot.containers.map(() => 0);
  for (const container of target)
    if (container >= 0) counts[container] = (counts[container] ?? 0) + 1;
  return counts;
}

function spread(counts: readonly number[]): number {
  return Math.max(...counts) - Math.min(...counts);
}

test('1,000 groups of one shard do not pile on one of 7 containers', () => {
  const snapshot = {
    shards: shards(1_000, (index) => `g${index}`),
    containers: containers(7),
    pools: new Map(),
    maxShardCount: 0,
  };
  expect(spread(countsOf(snapshot, plan(snapshot).target))).toBe(1);
});

test('a lost container of 1,000 moves nobody else and leaves 100,000 shards even', () => {
  const start = {
    shards: shards(100_000),
    containers: containers(1_000),
    pools: new Map(),
    maxShardCount: 0,
  };
  const settled = applied(start, plan(start));
  const left = {...settled, containers: settled.containers.slice(1)};
  const made = plan(left);
  expect(made.moves).toEqual([]);
  expect(made.additions).toHaveLength(100);
  expect(spread(countsOf(left, made.target))).toBeLessThanOrEqual(1);
});

test('10 % more containers cost exactly their share of moves', () => {
  const start = {
    shards: shards(11_000),
    containers: containers(100),
    pools: new Map(),
    maxShardCount: 0,
  };
  const settled = applied(start, plan(start));
  const made = plan({
    ...settled,
    containers: [
      ...settled.containers,
      ...Array.from({length: 10}, (_, index): PlacementContainer => ({
        id: `n${index}`,
        mode: 'open',
      })),
    ],
  });
  expect(made.moves).toHaveLength(1_000);
});

test('10 shards on 10,000 containers', () => {
  const snapshot = {
    shards: shards(10),
    containers: containers(10_000),
    pools: new Map(),
    maxShardCount: 0,
  };
  expect(Math.max(...countsOf(snapshot, plan(snapshot).target))).toBe(1);
});

test('5,000 shards that find no room cost no search each', () => {
  const snapshot = {
    shards: shards(10_000),
    containers: containers(100),
    pools: new Map(),
    maxShardCount: 50,
  };
  const made = plan(snapshot);
  expect(made.unplaced).toHaveLength(5_000);
  expect(new Set(countsOf(snapshot, made.target))).toEqual(new Set([50]));
});

test('1,000 groups of two shards look at a few of 200 containers each, with slack too', () => {
  const pops = vi.spyOn(LevelQueue.prototype, 'pop');
  const loaded = shards(2_000, (index) => `g${index % 1_000}`);
  plan({
    shards: loaded.map((shard) => ({...shard, load: [1]})),
    containers: containers(200),
    pools: new Map(),
    maxShardCount: 0,
    metrics: [{name: 'qps', upper: 1.2, lower: 1.1}],
    countSlack: 0.1,
  });
  const looks = pops.mock.calls.length;
  pops.mockRestore();
  expect(looks).toBeGreaterThan(0);
  expect(looks).toBeLessThan(10 * loaded.length);
});

test('one more shard moves no other', () => {
  const start = {
    shards: shards(1_000, (index) => `g${index % 50}`),
    containers: containers(9),
    pools: new Map(),
    maxShardCount: 0,
  };
  const settled = applied(start, plan(start));
  const more = {
    ...settled,
    shards: [...settled.shards, {...(shards(1)[0] as PlacementShard), id: 'new', group: 'g7'}],
  };
  expect(plan(more).moves.length).toBeLessThanOrEqual(1);
});

test('a successor gets the shards of its predecessor', () => {
  const start = {shards: shards(30), containers: containers(3), pools: new Map(), maxShardCount: 0};
  const settled = applied(start, plan(start));
  const lost = {
    ...settled,
    shards: settled.shards.map((shard) =>
      shard.current === 'c1' ? {...shard, current: '', prefer: 'c1'} : shard,
    ),
  };
  const made = plan(lost);
  expect(
    made.additions.every((shard) => lost.containers[made.target[shard] ?? -1]?.id === 'c1'),
  ).toBe(true);
});

test('who failed to add a shard is passed over while another is as good', () => {
  const two = {
    shards: [{...(shards(1)[0] as PlacementShard), avoid: 'c0'}],
    containers: containers(2),
    pools: new Map(),
    maxShardCount: 0,
  };
  const made = plan(two);
  expect(two.containers[made.target[0] ?? -1]?.id).toBe('c1');
});
