/** What a plan says of itself, against plain counts. */
import {expect, test} from 'vitest';
import type {PlacementShard, PlacementSnapshot} from '../../src/model/placement.ts';
import {plan, planWithFigures} from '../../src/planner/index.ts';
import {applied, instance, loadInstance, policyInstance, seeded} from './instances.ts';

const INSTANCES = 1_000;
const NOBODY = {workerGroup: '', pin: '', prefer: '', avoid: ''};

/** One group on open containers, somewhere. */
function oneGroup(seed: number): PlacementSnapshot {
  const next = seeded(seed);
  const containers = Array.from({length: 1 + next(5)}, (_, at) => ({
    ...{id: `c${at}`, mode: 'open' as const},
  }));
  const shards = Array.from({length: next(20)}, (_, at): PlacementShard => ({
    ...{...NOBODY, id: `s${at}`, group: ''},
    current: next(4) === 0 ? '' : `c${next(containers.length)}`,
  }));
  return {shards, containers, pools: new Map(), maxShardCount: 0};
}

test('the plan is the one without figures', () => {
  for (let seed = 1; seed <= INSTANCES / 10; seed += 1) {
    const snapshot = loadInstance(seed);
    const texts = [planWithFigures(snapshot).plan, plan(snapshot)].map((made) =>
      JSON.stringify({...made, target: [...made.target]}),
    );
    expect(texts[0]).toBe(texts[1]);
  }
});

test('moves are never below the bound', () => {
  let tight = 0;
  for (const make of [policyInstance, loadInstance])
    for (let seed = 1; seed <= INSTANCES; seed += 1) {
      const {moves, movesAtLeast} = planWithFigures(make(seed)).figures;
      if (moves < movesAtLeast) throw new Error(`seed ${seed}: ${moves} moves of ${movesAtLeast}`);
      if (moves > 0 && moves === movesAtLeast) tight += 1;
    }
  // A bound that says little would pass above.
  expect(tight).toBeGreaterThan(INSTANCES / 2);
});

test('moves of one group are the bound', () => {
  for (let seed = 1; seed <= INSTANCES; seed += 1) {
    const {moves, movesAtLeast} = planWithFigures(oneGroup(seed)).figures;
    expect({seed, moves}).toEqual({seed, moves: movesAtLeast});
  }
});

test('moves of many groups of one are what the totals demand', () => {
  const containers = ['c0', 'c1', 'c2'].map((id) => ({id, mode: 'open' as const}));
  const shards = Array.from({length: 30}, (_, at): PlacementShard => ({
    ...{...NOBODY, id: `s${at}`, group: `g${at}`, current: 'c0'},
  }));
  const snapshot = {shards, containers, pools: new Map(), maxShardCount: 0};
  expect(planWithFigures(snapshot).figures).toMatchObject({moves: 20, movesAtLeast: 20});
});

test('imbalance is the highest count as a multiple of the mean', () => {
  for (let seed = 1; seed <= INSTANCES; seed += 1) {
    const snapshot = instance(seed, {containers: 4, groups: 4, shards: 12, constraints: false});
    const {figures, plan: made} = planWithFigures(snapshot);
    const highest = ({shards, containers}: PlacementSnapshot): number => {
      const counts = containers.map(({id}) => shards.filter(({current}) => current === id).length);
      const most = Math.max(...counts);
      return most === 0 ? 1 : (most * containers.length) / snapshot.shards.length;
    };
    expect(figures.counts.before).toBeCloseTo(highest(snapshot), 9);
    expect(figures.counts.after).toBeCloseTo(highest(applied(snapshot, made)), 9);
  }
});

test('imbalance is among the shards that have a container', () => {
  const shard = (id: string, current: string, fields: Partial<PlacementShard> = {}) => ({
    ...{...NOBODY, id, group: '', current, ...fields},
  });
  const containers = ['c0', 'c1'].map((id) => ({id, mode: 'open' as const}));
  const without = {containers, pools: new Map(), maxShardCount: 0};
  const full = Array.from({length: 20}, (_, at) => shard(`s${at}`, at < 8 ? `c${at % 2}` : ''));
  const short = planWithFigures({...without, shards: full, maxShardCount: 4});
  expect(short.plan.unplaced).toHaveLength(12);
  expect(short.figures.counts).toEqual({before: 1, after: 1});
  const keys = ['c0', 'c1', '', ''].map((at, key) => shard(`k${key}`, at, {spreadKey: 'k'}));
  const keyed = planWithFigures({...without, shards: [...keys, ...full.slice(0, 8)]});
  expect(keyed.plan.unplaced).toHaveLength(2);
  expect(keyed.figures.counts).toEqual({before: 1, after: 1});
  // What stays on a draining container has none to take it.
  const draining = [...containers, {id: 'c2', mode: 'draining' as const}];
  const rest = [...full.slice(0, 8), shard('d0', 'c2'), shard('d1', 'c2')];
  const drained = planWithFigures({
    ...without,
    containers: draining,
    shards: rest,
    maxShardCount: 4,
  });
  expect(drained.plan.stranded).toHaveLength(2);
  expect(drained.figures.counts).toEqual({before: 1, after: 1});
});

test('imbalance of load is by weight, and says how many shards leave at least', () => {
  const shard = (id: string, current: string, load: number): PlacementShard => ({
    ...{...NOBODY, id, group: '', current, load: [load, 0]},
  });
  const {figures} = planWithFigures({
    shards: [
      shard('a', 'c0', 50),
      shard('b', 'c0', 40),
      shard('c', 'c1', 0),
      shard('d', 'c1', 30),
      shard('e', 'c1', 0),
      shard('f', 'c1', 0),
    ],
    containers: [
      {id: 'c0', mode: 'open', weight: 1},
      {id: 'c1', mode: 'open', weight: 2},
    ],
    pools: new Map(),
    maxShardCount: 0,
    metrics: [
      {name: 'qps', upper: 1.3, lower: 1.25},
      {name: 'bytes', upper: 1.3, lower: 1.25},
    ],
  });
  expect(figures.metrics).toEqual([
    {
      ...{name: 'qps', departuresAtLeast: 1},
      before: expect.closeTo(2.25, 9) as number,
      after: expect.closeTo(1, 9) as number,
    },
    {name: 'bytes', before: 1, after: 1, departuresAtLeast: 0},
  ]);
  expect(figures.counts).toEqual({before: 1, after: 1});
});

test('a pin that is not there, and a drain, are moves that nobody can save', () => {
  const shard = (id: string, fields: Partial<PlacementShard>): PlacementShard => ({
    ...{...NOBODY, id, group: '', current: 'c0', ...fields},
  });
  const {figures} = planWithFigures({
    shards: [shard('a', {pin: 'c1'}), shard('b', {current: 'c2'}), shard('c', {})],
    containers: [
      {id: 'c0', mode: 'open'},
      {id: 'c1', mode: 'open'},
      {id: 'c2', mode: 'draining'},
    ],
    pools: new Map(),
    maxShardCount: 0,
  });
  expect(figures).toMatchObject({moves: 2, movesAtLeast: 2});
});
