/** Snapshots that an earlier planner got wrong: its totals stayed uneven, it stopped in the middle, or it took a minute. */
import {describe, expect, test} from 'vitest';
import type {PlacementShard, PlacementSnapshot, Plan} from '../../src/model/placement.ts';
import {plan} from '../../src/planner/index.ts';
import {applied, seeded, tightInstance} from './instances.ts';

function shard(id: string, fields: Partial<PlacementShard> = {}): PlacementShard {
  const none = {group: '', workerGroup: '', pin: '', current: '', prefer: '', avoid: ''};
  return {id, ...none, ...fields};
}

function many(count: number, make: (at: number) => Partial<PlacementShard>): PlacementShard[] {
  return Array.from({length: count}, (_, at) => shard(`s${at}`, make(at)));
}

function ids(count: number, from = 0): string[] {
  return Array.from({length: count}, (_, at) => `c${from + at}`);
}

function snapshotOf(
  shards: readonly PlacementShard[],
  containers: readonly string[],
  pools: Readonly<Record<string, readonly string[]>> = {},
  maxShardCount = 0,
): PlacementSnapshot {
  return {
    shards,
    containers: containers.map((id) => ({id, mode: 'open' as const})),
    pools: new Map(Object.entries(pools).map(([name, members]) => [name, new Set(members)])),
    maxShardCount,
  };
}

function totalOf({containers}: PlacementSnapshot, {target}: Plan, id: string): number {
  return target.filter((to) => containers[to]?.id === id).length;
}

function milliseconds(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

describe('a worker group among many containers', () => {
  test.each([40, 41])('of two is levelled among %i', (count) => {
    const shards = many(4, (at) => ({group: `g${at}`, workerGroup: 'w', current: 'c0'}));
    const made = plan(snapshotOf(shards, ids(count), {w: ['c0', 'c1']}));
    expect(made.moves).toHaveLength(2);
  });

  test('of ten among 41 gets 200 groups of one evenly', () => {
    const shards = many(200, (at) => ({
      group: `g${at}`,
      workerGroup: 'w',
      current: at % 2 === 0 ? 'c0' : 'c1',
    }));
    const snapshot = snapshotOf(shards, ids(41), {w: ids(10)});
    const made = plan(snapshot);
    expect(ids(10).map((id) => totalOf(snapshot, made, id))).toEqual(new Array(10).fill(20));
    expect(made.moves).toHaveLength(160);
  });
});

test('one plan levels 5,000 groups of one when a third container joins', () => {
  const shards = many(5_000, (at) => ({group: `g${at}`, current: `c${at % 2}`}));
  const snapshot = snapshotOf(shards, ids(3));
  const made = plan(snapshot);
  expect(made.moves).toHaveLength(1_666);
  expect(plan(applied(snapshot, made)).moves).toEqual([]);
});

test('overlapping worker groups cost no search that grows with the cube of the containers', () => {
  const next = seeded(7);
  const pools = Object.fromEntries(
    Array.from({length: 6}, (_, at) => [`w${at}`, ids(40).filter(() => next(2) === 0)]),
  );
  const shards = many(3_900, (at) => ({
    group: `g${at}`,
    workerGroup: `w${next(6)}`,
    current: `c${next(20)}`,
  }));
  const snapshot = snapshotOf(shards, ids(40), pools);
  let made: Plan | undefined;
  // Tens of milliseconds on an idle machine; it was more than half a minute.
  expect(milliseconds(() => (made = plan(snapshot)))).toBeLessThan(5_000);
  expect(made?.moves.length).toBeGreaterThan(0);
});

test('growing from 20 to 200 containers one by one moves no shard again and again', () => {
  const moved = new Map<string, number>();
  let snapshot = snapshotOf(
    many(2_000, () => ({})),
    ids(20),
  );
  for (let count = 20; count <= 200; count += 1) {
    snapshot = {...snapshot, containers: ids(count).map((id) => ({id, mode: 'open' as const}))};
    const made = plan(snapshot);
    const movers = new Set(made.moves.map((move) => move.shard));
    for (const at of movers) moved.set(`s${at}`, (moved.get(`s${at}`) ?? 0) + 1);
    const next = applied(snapshot, made);
    snapshot = {
      ...next,
      shards: next.shards.map((one, at) => (movers.has(at) ? {...one, movedAt: count} : one)),
    };
  }
  // On average 2.3 times: the sum of 1 / count.
  expect(Math.max(...moved.values())).toBeLessThanOrEqual(8);
});

test('a lowered limit is repaired out of an overfull container along a path', () => {
  const shards = [
    shard('pinned', {pin: 'c0', current: 'c0'}),
    shard('narrow', {workerGroup: 'w', current: 'c0'}),
    shard('wide', {current: 'c1'}),
    shard('one', {workerGroup: 'v', current: 'c3'}),
    shard('too much', {workerGroup: 'v'}),
  ];
  const snapshot = snapshotOf(shards, ids(4), {w: ['c0', 'c1'], v: ['c3']}, 1);
  const made = plan(snapshot);
  expect(ids(4).map((id) => totalOf(snapshot, made, id))).toEqual([1, 1, 1, 1]);
  expect(made.moves).toHaveLength(2);
  expect(made.unplaced).toHaveLength(1);
});

test('one worker group that is too full does not send all others through another algorithm', () => {
  const limit = 110;
  const shards = [
    ...many(limit + 1, (at) => ({
      group: 'narrow',
      workerGroup: 'w',
      current: at < limit ? 'c0' : '',
    })),
    ...Array.from({length: 19_800}, (_, at) =>
      shard(`t${at}`, {group: `g${at % 7}`, current: `c${1 + (at % 198)}`}),
    ),
  ];
  const snapshot = snapshotOf(shards, ids(200), {w: ['c0']}, limit);
  let made: Plan | undefined;
  expect(milliseconds(() => (made = plan(snapshot)))).toBeLessThan(5_000);
  expect(made?.unplaced).toHaveLength(1);
  // What c199 lacks, and nothing else.
  expect(made?.moves.length).toBeLessThanOrEqual(100);
});

/** c1 is above its limit, and full c0 might take what is heavy there in exchange for s1: only a ring leads there, so the heavy shard stays. */
const CROWDED: PlacementSnapshot = {
  ...snapshotOf(
    [
      shard('s0', {load: [14]}),
      shard('s1', {current: 'c0', load: [5]}),
      shard('s2', {current: 'c1', load: [48]}),
      shard('s3', {current: 'c1', load: [16]}),
      shard('s4', {current: 'c1', load: [15]}),
    ],
    [],
  ),
  containers: [
    {id: 'c0', mode: 'open', weight: 0, capacity: 1},
    {id: 'c1', mode: 'open', weight: 0, limits: [77]},
  ],
  metrics: [{name: 'qps', upper: 1.4, lower: 1.2}],
};

describe('a new shard that counts on a move that is taken back', () => {
  test('gets no container where none has room', () => {
    expect(plan(CROWDED).unplaced).toMatchObject([{shard: 0, reason: 'metric-limit'}]);
  });

  test('goes where there is room', () => {
    const containers = [...CROWDED.containers, {id: 'c2', mode: 'open' as const, weight: 0}];
    expect(plan({...CROWDED, containers}).unplaced).toEqual([]);
  });
});

/** What broke the check: moves taken back for a ring, and shards that made room for one that stays and had gone elsewhere meanwhile. */
const CHECKED = [671, 2_114, 3_811, 31_745, 50_310, 50_606, 54_028];
const CASES = Number(process.env['SM_TIGHT_CASES'] ?? 2_000);

test('every plan for containers with little room passes its check', () => {
  for (const seed of [...Array(CASES).keys(), ...CHECKED])
    expect(() => plan(tightInstance(seed)), `seed ${seed}`).not.toThrow();
});

describe('room that hard rules leave', () => {
  test('goes to who was left out by counts', () => {
    // Counts send both of one key to c1, which is full with them.
    const shards = [
      shard('pinned', {pin: 'c0', current: 'c0'}),
      shard('one', {current: 'c0', spreadKey: 'k'}),
      shard('two', {current: 'c0', spreadKey: 'k'}),
      shard('new'),
    ];
    const containers = [
      {id: 'c0', mode: 'open' as const, capacity: 1},
      {id: 'c1', mode: 'open' as const, capacity: 2},
    ];
    expect(plan({...snapshotOf(shards, []), containers}).unplaced).toEqual([]);
  });

  test('on containers that have not proved themselves, too', () => {
    // Counts leave s2 out.
    const shards = [
      shard('s0', {load: [44]}),
      shard('s2', {group: 'g'}),
      shard('s3', {group: 'g', load: [15]}),
    ];
    const unproved = {takesRest: true, trialDue: false};
    const containers = [{id: 'c1', mode: 'open' as const, capacity: 2, limits: [58], unproved}];
    const metrics = [{name: 'qps', upper: 1.2, lower: 1.1}];
    expect(plan({...snapshotOf(shards, []), containers, metrics}).unplaced).toHaveLength(1);
  });
});

test('two of one spread key on a container that takes nothing new are separated', () => {
  const shards = ['a', 'b'].map((id) => shard(id, {current: 'c0', spreadKey: 'k'}));
  for (const closed of [
    {id: 'c0', mode: 'closed' as const},
    {id: 'c0', mode: 'open' as const, unproved: {takesRest: true, trialDue: false}},
  ]) {
    const containers = [closed, {id: 'c1', mode: 'open' as const}];
    const snapshot = {...snapshotOf(shards, []), containers};
    const made = plan(snapshot);
    expect(made.moves).toMatchObject([{from: 0, to: 1, cause: 'constraint'}]);
    expect(made.unplaced).toEqual([]);
    expect(plan(applied(snapshot, made)).moves).toEqual([]);
  }
});

test.each([
  ['whole numbers', 38, [31, 7]],
  ['fractions', 1, new Array<number>(10).fill(0.1)],
  ['thirds', 1, new Array<number>(3).fill(1 / 3)],
  ['bytes', 100e9, [33e9, 33e9 + 1, 34e9 - 1]],
])('shards that fill a metric limit fit, and nothing more: %s', (_, limit, loads) => {
  const full = loads.map((load, at) => shard(`s${at}`, {load: [load]}));
  const containers = [{id: 'c0', mode: 'open' as const, limits: [limit]}];
  const metrics = [{name: 'qps', upper: 1.2, lower: 1.1}];
  const snapshot = {...snapshotOf(full, []), containers, metrics};
  expect(plan(snapshot).unplaced).toEqual([]);
  const more = [...full, shard('more', {load: [limit / 1e4]})];
  expect(plan({...snapshot, shards: more}).unplaced).toHaveLength(1);
});

test('the search for room ends where thousands of shards might make way for one', () => {
  // Only the pool of c0 has room by counts, and hard rules refuse one of its shards: who was left out looks for room on 40 full containers.
  const running = many(8_000, (at) => ({current: `c${at % 40}`}));
  const fresh = ['a', 'b', 'c'].map((id) => shard(id));
  const pair = ['x', 'y'].map((id) => shard(id, {workerGroup: 'w', spreadKey: 'k'}));
  const containers = ids(40).map((id, at) => ({
    ...{id, mode: 'open' as const, capacity: at === 0 ? 202 : 200},
  }));
  const given = snapshotOf([...running, ...fresh, ...pair], [], {w: ['c0']});
  const made = plan({...given, containers});
  expect(made.unplaced).toHaveLength(3);
});

test.each([
  ['by counts', 'c', {}],
  ['by zones', 'c', {spreadZones: true}],
  ['by zones of which the other is full', 'a', {spreadZones: true}],
  ['by hard rules', 'c', {metrics: [{name: 'qps', upper: 1.2, lower: 1.1}]}],
])(
  'what weighs nothing gets nothing while others have room beyond their share, %s',
  (_, zone, policy) => {
    const shards = many(8, () => ({load: [1]}));
    const containers = [
      {id: 'c0', mode: 'open' as const, zone: 'a', capacity: 2, limits: [9]},
      {id: 'c1', mode: 'open' as const, zone: 'b'},
      {id: 'c2', mode: 'open' as const, zone, weight: 0},
    ];
    const snapshot = {...snapshotOf(shards, []), containers, ...policy};
    expect(totalOf(snapshot, plan(snapshot), 'c2')).toBe(0);
    const full = containers.map((one) => ({...one, capacity: 2}));
    expect(totalOf(snapshot, plan({...snapshot, containers: full}), 'c2')).toBe(2);
  },
);
