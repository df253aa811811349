/** A table that is kept up to date says what a fresh one of the same shards says, whatever has changed on the way, and so do the plans. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {PlacementShard, PlacementSnapshot, Plan} from '../../src/model/placement.ts';
import {hashOf} from '../../src/planner/hash.ts';
import {planTable, planTableWithFigures} from '../../src/planner/index.ts';
import {demandOf} from '../../src/planner/matrix/demand.ts';
import {classify} from '../../src/planner/sorting.ts';
import {tabulate} from '../../src/planner/table.ts';
import type {Table} from '../../src/planner/table.ts';
import {WarmTable} from '../../src/planner/warm-table.ts';
import type {PlanTerms, WarmFitness} from '../../src/planner/warm-table.ts';

const CONTAINERS = ['c0', 'c1', 'c2', 'c3', 'gone'];
const text = (...all: string[]): fc.Arbitrary<string> => fc.constantFrom(...all);
const FIELDS = {
  id: fc.nat(30).map((at) => `s${at}`),
  group: text('', 'g'),
  workerGroup: text('', 'w'),
  pin: text('', '', '', 'c1', 'gone'),
  current: text('', ...CONTAINERS),
  prefer: text('', ...CONTAINERS),
  avoid: text('', 'c2'),
  movedAt: fc.nat(5),
  priority: fc.constantFrom(0, 0, 1, -1, Number.NaN),
  spreadKey: text('', '', 'k', 'l'),
  load: fc.tuple(fc.nat(9)),
  cooling: fc.boolean(),
  failures: fc.nat(2),
};
const anyShard = fc.record(FIELDS);
const terms = fc.record({
  living: fc.subarray(CONTAINERS.slice(0, 4)),
  maxShardCount: fc.constantFrom<number>(0, 0, 2),
  isLoaded: fc.boolean(),
  spreadZones: fc.boolean(),
  fitness: fc.option(
    fc.record({onlyForced: fc.boolean(), waiting: fc.uniqueArray(fc.nat(12), {maxLength: 4})}),
    {nil: undefined},
  ),
});
/** Shards and terms with which all shards are free, so that their sort is kept, too. */
const freeShard = fc.record({
  ...{...FIELDS, pin: fc.constant(''), priority: fc.constant(0), workerGroup: fc.constant('')},
  ...{group: text('', '', 'g'), current: text('', 'c0', 'c0', 'c1')},
});
const openTerms = terms.map((asked) => ({
  ...{...asked, fitness: undefined},
  living: ['c0', ...asked.living.filter((id) => id === 'c1' || id === 'c2')],
}));
type Asked = typeof terms extends fc.Arbitrary<infer Value> ? Value : never;
type Change =
  | {readonly kind: 'set'; readonly row: number; readonly shard: PlacementShard}
  | {readonly kind: 'remove'; readonly row: number}
  | {readonly kind: 'plan'; readonly asked: Asked};
const PLAIN: Asked = {
  ...{living: ['c0', 'c1', 'c2'], maxShardCount: 0, isLoaded: false, spreadZones: false},
  fitness: undefined,
};
function changeOf(shard: typeof anyShard, asked: typeof terms): fc.Arbitrary<Change> {
  return fc.oneof(
    fc.record({kind: fc.constant('set' as const), row: fc.nat(12), shard}),
    fc.record({kind: fc.constant('remove' as const), row: fc.nat(12)}),
    fc.record({kind: fc.constant('plan' as const), asked}),
  );
}

/** `c2` has not proved itself where somebody may be tried. */
function termsFor(asked: Asked): Omit<PlanTerms, 'homes' | 'fitness'> {
  const {living, maxShardCount, isLoaded, spreadZones, fitness} = asked;
  const unproved = {takesRest: true, trialDue: true};
  return {
    containers: living.map((id, at) => ({
      ...{id, mode: id === 'c3' ? 'closed' : 'open', zone: `z${at % 2}`},
      ...(fitness !== undefined && id === 'c2' ? {unproved} : {}),
    })),
    pools: new Map([['w', new Set(['c0', 'c1', 'c3'])]]),
    ...{maxShardCount, spreadZones},
    ...(isLoaded ? {metrics: [{name: 'qps', upper: 1.2, lower: 1.1}]} : {}),
  };
}

function fitnessFor({fitness}: Asked): WarmFitness | undefined {
  if (fitness === undefined) return undefined;
  const waiting = new Set(fitness.waiting);
  return {
    onlyForced: fitness.onlyForced,
    homelessWaiting: waiting,
    runningWaiting: waiting,
    cancelled: new Map([[3, 'c2']]),
  };
}

/** Half of them are. */
function isReady({movedAt = 0}: PlacementShard): boolean {
  return movedAt % 2 === 0;
}

/** The shard as a snapshot has it: what runs has no wish for another container. */
function seen(row: number, shard: PlacementShard, asked: Asked): PlacementShard {
  const current = asked.living.includes(shard.current) ? shard.current : '';
  const placed = {...shard, current, prefer: current === '' ? shard.prefer : ''};
  if (asked.fitness === undefined) return placed;
  const isWaiting = asked.fitness.waiting.includes(row);
  if (current === '') return {...placed, trial: isWaiting ? 'no' : 'yes'};
  if (isWaiting || !isReady(shard)) return {...placed, trial: 'no', failures: 0};
  const trial = asked.fitness.onlyForced ? 'forced' : 'yes';
  return {...placed, trial, failures: 0, cancelledTo: row === 3 ? 'c2' : ''};
}

/** By ids. */
function said(plan: Plan, {shards, containers}: PlacementSnapshot): unknown {
  const shard = (at: number): string => shards[at]?.id ?? '';
  const container = (at: number): string => containers[at]?.id ?? '';
  return {
    target: Array.from(plan.target, (to, at): [string, string] => [
      shard(at),
      container(to),
    ]).sort(),
    moves: plan.moves.map((move) => [shard(move.shard), container(move.to), move.cause]),
    additions: Array.from(plan.additions, shard),
    unplaced: plan.unplaced.map((one) => [shard(one.shard), one.reason, one.mustDrop]),
    stranded: plan.stranded.map((one) => [shard(one.shard), one.reason]),
    trials: plan.trials.map(shard),
  };
}

/** As the plan sorts them by bucket and home. */
function sortedShards(table: Table): unknown {
  const {shards, place, start, waiting} = demandOf(table, classify(table));
  return {
    shards: Array.from(shards, (at) => table.snapshot.shards[at]?.id),
    homes: Array.from(place, (home) => table.containerOrder[home - 1]),
    ...{start: [...start], waiting: [...waiting]},
  };
}

function compare(
  warm: WarmTable,
  known: ReadonlyMap<number, PlacementShard>,
  asked: Asked = PLAIN,
): void {
  const given = termsFor(asked);
  const homes = new Map(asked.living.map((id) => [`at ${id}`, id]));
  const {table, rows} = warm.table({...given, homes, fitness: fitnessFor(asked)});
  const shards = Array.from(known, ([row, shard]) => seen(row, shard, asked));
  const snapshot = {...given, shards};
  const fresh = tabulate(snapshot);
  const ids = ({shardOrder, snapshot: {shards}}: typeof table): string[] =>
    Array.from(shardOrder, (at) => shards[at]?.id ?? '');
  expect(ids(table)).toEqual(ids(fresh));
  expect(table.bucketPool).toEqual(fresh.bucketPool);
  expect(sortedShards(table)).toEqual(sortedShards(fresh));
  const [kept, anew] = [planTableWithFigures(table), planTableWithFigures(fresh)];
  expect(said(kept.plan, table.snapshot)).toEqual(said(anew.plan, snapshot));
  expect(kept.figures).toEqual(anew.figures);
  expect(planTable(table)).toEqual(kept.plan);
  expect(Array.from(rows, (row) => known.get(row)?.id)).toEqual(
    table.snapshot.shards.map(({id}) => id),
  );
}

describe('a table that is kept', () => {
  it.each([
    {shards: 'any shards', change: changeOf(anyShard, terms), least: 0, runs: 300},
    {shards: 'shards that are free', change: changeOf(freeShard, openTerms), least: 20, runs: 40},
  ])(
    'is a fresh one after any changes of $shards, and so are its plans',
    ({change, least, runs}) => {
      fc.assert(
        fc.property(fc.array(change, {minLength: least, maxLength: 60}), (changes) => {
          const warm = new WarmTable();
          const known = new Map<number, PlacementShard>();
          for (const one of [...changes, {kind: 'plan', asked: PLAIN} as const]) {
            if (one.kind === 'plan') compare(warm, known, one.asked);
            else if (one.kind === 'remove') {
              known.delete(one.row);
              warm.take({isFresh: false, set: [], removed: [one.row]});
            } else if (![...known].some(([row, {id}]) => row !== one.row && id === one.shard.id)) {
              const {row, shard} = one;
              const homeKey = shard.current === '' ? '' : `at ${shard.current}`;
              known.set(row, shard);
              const set = [{row, shard, homeKey, isReady: isReady(shard)}];
              warm.take({isFresh: false, set, removed: []});
            }
          }
          expect(warm.size).toBe(known.size);
        }),
        {numRuns: runs},
      );
    },
  );

  it('keeps shards apart whose ids have one hash', () => {
    const [first, second] = sameHash();
    const warm = new WarmTable();
    const set = [second, first, 'x'].map((id, row) => {
      return {row, shard: shardOf(id), homeKey: '', isReady: true};
    });
    const known = new Map(set.map(({row, shard}) => [row, shard]));
    warm.take({isFresh: true, set, removed: []});
    compare(warm, known);
    warm.take({isFresh: false, set: [], removed: [0]});
    known.delete(0);
    compare(warm, known);
    warm.take({isFresh: false, set: [{...set[0]!, row: 5}], removed: []});
    known.set(5, shardOf(second));
    compare(warm, known);
  });

  it('knows who is ready when another has gone', () => {
    const warm = new WarmTable();
    const known = new Map<number, PlacementShard>();
    // A move of row 3 is cancelled: another has to take the place of the one that goes.
    for (const row of [0, 1, 2, 3, 4]) {
      const shard = {
        ...{id: `s${row}`, group: '', workerGroup: '', pin: '', current: 'c0'},
        ...{prefer: '', avoid: '', movedAt: row === 0 ? 2 : 1},
      };
      known.set(row, shard);
      const set = [{row, shard, homeKey: 'at c0', isReady: isReady(shard)}];
      warm.take({isFresh: false, set, removed: []});
    }
    const asked = {...PLAIN, living: ['c0', 'c2'], fitness: {onlyForced: false, waiting: []}};
    compare(warm, known, asked);
    known.delete(0);
    warm.take({isFresh: false, set: [], removed: [0]});
    compare(warm, known, asked);
  });

  it('has space for as many as come', () => {
    const warm = new WarmTable();
    const known = new Map<number, PlacementShard>();
    for (let row = 0; row < 300; row += 1) {
      const home = `c${row % 3}`;
      const shard = {
        ...{id: `s${row}`, group: `g${row % 7}`, workerGroup: '', pin: '', current: home},
        ...{prefer: '', avoid: '', movedAt: row, priority: row % 5},
      };
      known.set(row, shard);
      const set = [{row, shard, homeKey: `at ${home}`, isReady: true}];
      warm.take({isFresh: false, set, removed: []});
    }
    for (let row = 0; row < 300; row += 4) {
      known.delete(row);
      warm.take({isFresh: false, set: [], removed: [row]});
    }
    compare(warm, known, {...PLAIN, maxShardCount: 60});
  });

  it('is right after it has forgotten names of what is gone', () => {
    const warm = new WarmTable();
    const known = new Map<number, PlacementShard>();
    for (let change = 0; change < 1_000; change += 1) {
      const row = change % 7;
      const home = change % 2 === 0 ? `c${row % 3}` : `gone${change}`;
      const shard = {
        ...{id: `s${row}`, group: `g${change}`, workerGroup: '', pin: '', current: home},
        ...{prefer: '', avoid: '', spreadKey: `k${Math.floor(change / 2)}`},
      };
      known.set(row, shard);
      const set = [{row, shard, homeKey: `at ${home}`, isReady: true}];
      warm.take({isFresh: false, set, removed: []});
      compare(warm, known);
    }
    compare(warm, known);
  });

  it('begins anew with what is fresh', () => {
    const warm = new WarmTable();
    const shard = shardOf('s');
    warm.take({isFresh: false, set: [{row: 3, shard, homeKey: '', isReady: true}], removed: []});
    warm.take({isFresh: true, set: [], removed: []});
    compare(warm, new Map());
    expect(warm.size).toBe(0);
  });
});

function shardOf(id: string): PlacementShard {
  return {id, group: '', workerGroup: '', pin: '', current: '', prefer: '', avoid: ''};
}

/** Two ids of one hash, in their order. */
function sameHash(): [string, string] {
  const seen = new Map<number, string>();
  for (let at = 0; ; at += 1) {
    const id = `id${at}`;
    const hash = hashOf(id);
    const other = seen.get(hash);
    if (other !== undefined) return other < id ? [other, id] : [id, other];
    seen.set(hash, id);
  }
}
