/** Which of several good places or orders: what no count tells. */
import {describe, expect, test} from 'vitest';
import type {PlacementShard, PlacementSnapshot, Plan} from '../../src/model/placement.ts';
import {plan} from '../../src/planner/index.ts';
import {placed} from './instances.ts';

function shard(id: string, fields: Partial<PlacementShard> = {}): PlacementShard {
  const none = {group: '', workerGroup: '', pin: '', current: '', prefer: '', avoid: ''};
  return {id, ...none, ...fields};
}

function snapshotOf(
  shards: readonly PlacementShard[],
  ids: readonly string[],
  maxShardCount = 0,
): PlacementSnapshot {
  const containers = ids.map((id) => ({id, mode: 'open' as const}));
  return {shards, containers, pools: new Map(), maxShardCount};
}

function running(count: number, container: string, group: (at: number) => string = () => '') {
  return Array.from({length: count}, (_, at) =>
    shard(`${container}-${at}`, {current: container, group: group(at)}),
  );
}

function countsOf(snapshot: PlacementSnapshot, made: Plan): number[] {
  const where = [...placed(snapshot, made).values()];
  return snapshot.containers.map(({id}) => where.filter((container) => container === id).length);
}

describe('totals over many groups', () => {
  test('are even on more containers than the exact search takes, with no move too many', () => {
    const ids = Array.from({length: 60}, (_, at) => `c${at}`);
    const shards = ids.slice(0, 30).flatMap((id) => running(20, id, (at) => `${id}-${at}`));
    const snapshot = snapshotOf(shards, ids);
    const made = plan(snapshot);
    expect(new Set(countsOf(snapshot, made))).toEqual(new Set([10]));
    expect(made.moves).toHaveLength(300);
  });
});

describe('shards that rather avoid a container', () => {
  test.each(['c0', 'c1', 'c2'])('%s leave it to the others while there are enough', (avoid) => {
    const wary = Array.from({length: 6}, (_, at) => shard(`wary${at}`, {avoid}));
    const bold = Array.from({length: 3}, (_, at) => shard(`bold${at}`));
    const snapshot = snapshotOf([...wary, ...bold], ['c0', 'c1', 'c2']);
    const made = plan(snapshot);
    expect(countsOf(snapshot, made)).toEqual([3, 3, 3]);
    const where = placed(snapshot, made);
    expect(wary.filter(({id}) => where.get(id) === avoid)).toEqual([]);
  });
});

describe('the order of moves', () => {
  test('takes from the highest first, whatever the budget', () => {
    const snapshot = snapshotOf([...running(9, 'b'), ...running(12, 'a')], ['a', 'b', 'c']);
    const left = [12, 9];
    const heights = plan(snapshot).moves.map(({from}) => {
      left[from] = (left[from] ?? 0) - 1;
      return (left[from] ?? 0) + 1;
    });
    expect(heights).toEqual([12, 11, 10, 9, 9, 8, 8]);
  });

  test('below the limit all moves are voluntary, whichever container gives', () => {
    for (const ids of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const causes = plan(snapshotOf(running(8, 'a'), ids, 10)).moves.map(({cause}) => cause);
      expect(causes).toEqual(['balance', 'balance', 'balance', 'balance']);
    }
  });
});

test.each(['c1', 'c2'])('where the shard limit binds, wishes for and against %s count', (id) => {
  const narrow = Array.from({length: 4}, (_, at) => shard(`n${at}`, {workerGroup: 'narrow'}));
  const pools = new Map([['narrow', new Set(['c0'])]]);
  const home = (one: PlacementShard): string | undefined => {
    const snapshot = {...snapshotOf([...narrow, one], ['c0', 'c1', 'c2'], 3), pools};
    return placed(snapshot, plan(snapshot)).get(one.id);
  };
  expect(home(shard('back', {prefer: id}))).toBe(id);
  expect(home(shard('failed', {avoid: id}))).toBe(id === 'c1' ? 'c2' : 'c1');
});

test('while the shard limit binds elsewhere, groups are even where there is room', () => {
  const narrow = Array.from({length: 7}, (_, at) => shard(`n${at}`, {workerGroup: 'narrow'}));
  const wide = ['x', 'y'].flatMap((group) =>
    Array.from({length: 6}, (_, at) => shard(`${group}${at}`, {group})),
  );
  const snapshot = {
    ...snapshotOf([...narrow, ...wide], ['c0', 'c1', 'c2', 'c3'], 6),
    pools: new Map([['narrow', new Set(['c0'])]]),
  };
  const made = plan(snapshot);
  expect(made.unplaced).toHaveLength(1);
  const where = placed(snapshot, made);
  for (const group of ['x', 'y'])
    for (const container of ['c1', 'c2', 'c3'])
      expect(
        wide.filter((one) => one.group === group && where.get(one.id) === container),
      ).toHaveLength(2);
});

test('ids of one hash are told apart by themselves', () => {
  const ids = ['costarring', 'liquid'];
  const one = [shard('s')];
  const there = snapshotOf(one, ids);
  const back = snapshotOf(one, [...ids].reverse());
  expect(placed(back, plan(back))).toEqual(placed(there, plan(there)));
});

test.each([
  ['one group', () => ''],
  ['worker groups that overlap', (at: number) => ['', 'v', 'w'][at % 3] ?? ''],
])('what runs nowhere is spread as without slack: %s', (_, workerGroup) => {
  const containers = [1, 2, 3, 4].map((weight) => ({
    ...{id: `c${weight}`, mode: 'open' as const, weight},
  }));
  const pools = new Map([
    ['v', new Set(['c1', 'c2'])],
    ['w', new Set(['c2', 'c3', 'c4'])],
  ]);
  const shards = Array.from({length: 1_000}, (_none, at): PlacementShard => ({
    ...{id: `s${at}`, group: '', pin: '', current: '', prefer: '', avoid: ''},
    ...{workerGroup: workerGroup(at), load: [1]},
  }));
  const metrics = [{name: 'qps', upper: 1.2, lower: 1.1}];
  const snapshot = {shards, containers, pools, maxShardCount: 0, metrics};
  const counts = (countSlack: number): number[] => {
    const {target} = plan({...snapshot, countSlack});
    return containers.map((_one, container) => target.filter((to) => to === container).length);
  };
  const strict = counts(0);
  for (const [at, count] of counts(0.3).entries())
    expect(Math.abs(count - (strict[at] ?? 0))).toBeLessThanOrEqual(1);
});
