/** Small traces whose results can be counted by hand. */
import {describe, expect, it} from 'vitest';
import type {AppSpec} from '../../src/model/specs.ts';
import {Simulation} from '../../src/simulator/simulation.ts';
import type {SimulationOptions} from '../../src/simulator/simulation.ts';
import type {SimulationResult} from '../../src/simulator/simulation-result.ts';
import {readTrace} from '../../src/simulator/trace-reader.ts';
import {traceHeader} from '../../src/simulator/trace.ts';

const COUNTS: SimulationOptions = {metrics: []};

function play(
  events: readonly object[],
  {
    spec = {} as Partial<AppSpec>,
    options = COUNTS,
    workerGroups = {} as Record<string, string[]>,
    shards = [] as string[],
  } = {},
): SimulationResult {
  const text = [traceHeader('app', 10_000, ''), ...events].map((one) => JSON.stringify(one));
  const trace = readTrace('t', text.join('\n'), shards);
  const declared = shards.map((id) => ({id}));
  const simulation = new Simulation({spec, shards: declared, workerGroups}, trace, options);
  simulation.advanceTo(trace.durationMs);
  return simulation.result();
}

const ids = (count: number, from = 0): string[] =>
  Array.from({length: count}, (_, at) => `s${from + at}`);
const add = (count: number) => ({atMs: 0, event: 'add', shards: ids(count)});
const join = (container: string, atMs = 0, over = {}) => ({
  atMs,
  event: 'join',
  container,
  ...over,
});
const end = (atMs: number) => ({atMs, event: 'end'});

it('imbalance is that within worker groups: a container that nobody can help is even', () => {
  const own = {atMs: 0, event: 'own', container: 'c1', shards: ids(4)};
  const {imbalanceOfCounts} = play(
    [
      ...[join('c1'), join('c2')],
      {atMs: 0, event: 'add', shards: ids(4).map((id) => ({id, workerGroup: 'one'}))},
      ...[own, end(20_000)],
    ],
    {spec: {paused: true}, workerGroups: {one: ['c1']}},
  );
  expect(imbalanceOfCounts.max).toBe(0);
});

describe('a simulation', () => {
  it('measures as if all had the same weight where none has any', () => {
    const own = {atMs: 0, event: 'own', container: 'c1', shards: ids(3)};
    const {imbalanceOfCounts} = play(
      [join('c1', 0, {weight: 0}), join('c2', 0, {weight: 0}), add(3), own, end(20_000)],
      {spec: {paused: true}},
    );
    expect(imbalanceOfCounts.max).toBeCloseTo(1);
  });

  it('measures a metric that is named like something every object has', () => {
    const {imbalanceOf} = play([join('c1'), join('c2'), add(2), end(20_000)], {
      options: {metrics: ['constructor']},
    });
    expect(imbalanceOf).toEqual({constructor: {p50: 0, p95: 0, max: 0}});
  });

  it('brings a shard back that the file declares and the trace removes and adds again', () => {
    const gone = {atMs: 10_000, event: 'remove', shards: ['s0']};
    const back = {atMs: 20_000, event: 'add', shards: ['s0']};
    const {shards, unservedAtEnd} = play([join('c1'), gone, back, end(40_000)], {
      shards: ids(2),
    });
    expect({shards, unservedAtEnd}).toEqual({shards: 2, unservedAtEnd: 0});
  });

  it('of an app at rest has nothing to say', () => {
    const result = play([join('a'), join('b'), add(10), end(60_000)]);
    expect(result).toMatchObject({
      ...{durationMs: 60_000, shards: 10, moves: 0, movesByCause: {}, rounds: 0},
      ...{movesPerShard: 0, unservedShardSeconds: 0, unservedMost: 0, unservedAtEnd: 0},
      imbalance: {p50: 0, p95: 0, max: 0},
    });
    expect(result.curve.at(-1)).toMatchObject({atMs: 60_000, imbalance: 0, containers: 2});
  });

  it('begins where the trace says who has what', () => {
    const own = {atMs: 0, event: 'own', container: 'a', shards: ids(9)};
    const rest = {atMs: 0, event: 'own', container: 'b', shards: ids(1, 9)};
    const result = play([join('a'), join('b'), add(10), own, rest, end(60_000)]);
    // Four of nine have to move. Nobody but the mover serves nothing, for as long as a drop and an add take.
    expect(result).toMatchObject({fromMs: 0, moves: 4, movesByCause: {balance: 4}, rounds: 1});
    expect(result.movesPerShard).toBe(0.4);
    expect(result.mostMovesOfOne).toBe(1);
    expect(result.imbalance.max).toBeCloseTo(0.8, 9);
    expect(result.imbalance.p50).toBe(0);
    expect(result.unservedMost).toBe(4);
  });

  it('counts shard-seconds without service: drop, hand over, add', () => {
    const own = {atMs: 0, event: 'own', container: 'a', shards: ids(2)};
    const slow = {metrics: [], addMs: 2_000, dropMs: 1_000};
    const result = play([join('a'), join('b'), add(2), own, end(60_000)], {options: slow});
    expect(result).toMatchObject({moves: 1, unservedShardSeconds: 3, unservedMost: 1});
  });

  it('fills a joiner, and empties one that leaves', () => {
    const leave = {atMs: 60_000, event: 'leave', container: 'c'};
    const result = play([join('a'), join('b'), add(12), join('c', 30_000), leave, end(90_000)]);
    expect(result.movesByCause).toEqual({balance: 4, leaving: 4});
    expect(result.marks).toEqual([
      {atMs: 30_000, event: 'join', container: 'c'},
      {atMs: 60_000, event: 'leave', container: 'c'},
    ]);
    expect(result.curve.at(-1)?.containers).toBe(2);
  });

  it('takes the shards of one that died once it is surely dead', () => {
    const loss = {atMs: 30_000, event: 'loss', container: 'b'};
    const result = play([join('a'), join('b'), add(8), loss, end(90_000)], {
      spec: {maxRecoveryTime: 0},
    });
    expect(result.movesByCause).toEqual({lost: 4});
    // W of T = 10 s, and what is left until the next beat was due.
    expect(result.unservedShardSeconds / 4).toBeGreaterThan(8);
    expect(result.unservedShardSeconds / 4).toBeLessThan(14);
    expect(result.unservedAtEnd).toBe(0);
  });

  it('lets a process wait for its id', () => {
    const loss = {atMs: 30_000, event: 'loss', container: 'b'};
    const result = play([join('a'), join('b'), add(8), loss, join('b', 31_000), end(120_000)]);
    expect(result.curve.at(-1)).toMatchObject({containers: 2, imbalance: 0});
    expect(result.unservedAtEnd).toBe(0);
  });

  it('measures among the containers that take new shards: a cordoned one keeps what it has, and does not count', () => {
    const cordon = {atMs: 0, event: 'cordon', container: 'a'};
    const own = {atMs: 0, event: 'own', container: 'a', shards: ids(6)};
    const result = play([join('a'), join('b'), join('c'), add(10), own, cordon, end(30_000)]);
    expect(result.curve.at(-1)).toMatchObject({containers: 2, imbalance: 0});
    expect(result.moves).toBe(0);
  });

  it('knows weights, overrides, pools and orders', () => {
    const set = {atMs: 0, event: 'set', container: 'b', weight: 2};
    const weighted = play([join('a'), join('b'), set, add(9), end(30_000)]);
    expect(weighted.imbalance.max).toBe(0);
    const pooled = {atMs: 0, event: 'add', shards: [{id: 'w', workerGroup: 'pool'}]};
    const drain = {atMs: 30_000, event: 'drain', container: 'a'};
    const result = play([join('a'), join('b'), pooled, drain, end(60_000)], {
      workerGroups: {pool: ['a']},
    });
    // Nobody else may take it.
    expect(result).toMatchObject({moves: 0, unservedAtEnd: 0});
    const open = play([join('a'), join('b'), add(4), drain, end(60_000)]);
    expect(open.movesByCause).toEqual({drain: 2});
  });

  it('goes by the file where trace and file both name a shard', () => {
    const result = play([join('a'), add(4), end(30_000)], {shards: ids(6)});
    expect(result.shards).toBe(6);
    const gone = {atMs: 20_000, event: 'remove', shards: ['s0']};
    expect(play([join('a'), add(4), gone, end(30_000)]).shards).toBe(3);
  });
});

describe('loads of a trace', () => {
  const hot = {
    atMs: 0,
    event: 'load',
    loads: {s0: {qps: 6}, s1: {qps: 6}, s2: {qps: 3}, s3: {qps: 3}},
  };
  const own = [
    {atMs: 0, event: 'own', container: 'a', shards: ['s0', 's1']},
    {atMs: 0, event: 'own', container: 'b', shards: ['s2', 's3']},
  ];
  const begin = [join('a'), join('b'), add(4), ...own, hot];
  const options = {metrics: ['qps']};

  it('are measured whether the policy names them or not', () => {
    const result = play([...begin, end(120_000)], {options});
    expect(result.moves).toBe(0);
    expect(result.imbalance.p50).toBeCloseTo(12 / 9 - 1, 9);
    expect(result.imbalanceOf['qps']).toEqual(result.imbalance);
    expect(result.imbalanceOfCounts.max).toBe(0);
  });

  it('are balanced where it does, once they are known', () => {
    const spec = {placement: {metrics: [{name: 'qps'}]}};
    const result = play([...begin, end(120_000)], {options, spec});
    expect(result.movesByCause).toEqual({load: 2});
    expect(result.curve.at(-1)?.imbalance).toBe(0);
    // While it was looked at, and while they moved.
    expect(result.imbalance.max).toBeGreaterThan(0.3);
  });

  it('are looked at from a time on', () => {
    const spec = {placement: {metrics: [{name: 'qps'}]}};
    const result = play([...begin, end(120_000)], {options: {...options, fromMs: 90_000}, spec});
    expect(result).toMatchObject({fromMs: 90_000, moves: 0, imbalance: {max: 0}});
  });
});

it('says the same whatever the steps it is played in', () => {
  const events = [join('a'), join('b'), add(10), join('c', 20_000), end(60_000)];
  const text = [traceHeader('app', 10_000, ''), ...events].map((one) => JSON.stringify(one));
  const trace = readTrace('t', text.join('\n'));
  const simulation = new Simulation({spec: {}, shards: [], workerGroups: {}}, trace, COUNTS);
  for (let atMs = 0; atMs <= 60_000; atMs += 700) simulation.advanceTo(atMs);
  simulation.advanceTo(Number.POSITIVE_INFINITY);
  expect(simulation.result()).toEqual(play(events));
});
