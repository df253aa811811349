/** A table that is kept up to date says what a fresh one of the same shards says, whatever has changed on the way, and so do the plans. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {PlacementShard, PlacementSnapshot, Plan} from '../../src/model/placement.ts';
import {planTable} from '../../src/planner/index.ts';
import {hashOf, tabulate} from '../../src/planner/table.ts';
import {WarmTable} from '../../src/planner/warm-table.ts';
import type {PlanTerms} from '../../src/planner/warm-table.ts';

const CONTAINERS = ['c0', 'c1', 'c2', 'c3', 'gone'];
const text = (...all: string[]): fc.Arbitrary<string> => fc.constantFrom(...all);
const anyShard = fc.record({
  id: fc.nat(30).map((at) => `s${at}`),
  group: text('', 'g'),
  workerGroup: text('', 'w'),
  pin: text('', '', '', 'c1', 'gone'),
  current: text('', ...CONTAINERS),
  prefer: text('', ...CONTAINERS),
  avoid: text('', 'c2'),
  movedAt: fc.nat(5),
  priority: fc.nat(1),
});
const change = fc.oneof(
  fc.record({kind: fc.constant('set' as const), row: fc.nat(12), shard: anyShard}),
  fc.record({kind: fc.constant('remove' as const), row: fc.nat(12)}),
  fc.record({kind: fc.constant('plan' as const), living: fc.subarray(CONTAINERS.slice(0, 4))}),
);

function termsFor(living: readonly string[]): Omit<PlanTerms, 'homes' | 'fitness'> {
  return {
    containers: living.map((id) => ({id, mode: id === 'c3' ? 'closed' : 'open'})),
    pools: new Map([['w', new Set(['c0', 'c1', 'c3'])]]),
    maxShardCount: 0,
  };
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
  };
}

function compare(
  warm: WarmTable,
  known: ReadonlyMap<number, PlacementShard>,
  living: readonly string[],
): void {
  const terms = termsFor(living);
  const homes = new Map(living.map((id) => [`at ${id}`, id]));
  const {table, rows} = warm.table({...terms, homes, fitness: undefined});
  const seen = (shard: PlacementShard): PlacementShard => {
    const current = living.includes(shard.current) ? shard.current : '';
    return {...shard, current, prefer: current === '' ? shard.prefer : ''};
  };
  const snapshot = {...terms, shards: [...known.values()].map(seen)};
  const fresh = tabulate(snapshot);
  const ids = ({shardOrder, snapshot: {shards}}: typeof table): string[] =>
    Array.from(shardOrder, (at) => shards[at]?.id ?? '');
  expect(ids(table)).toEqual(ids(fresh));
  expect(table.bucketPool).toEqual(fresh.bucketPool);
  expect(said(planTable(table), table.snapshot)).toEqual(said(planTable(fresh), snapshot));
  const byRow = Array.from(rows, (row, at) => [known.get(row)?.id, table.snapshot.shards[at]?.id]);
  for (const [expected, actual] of byRow) expect(actual).toBe(expected);
}

describe('a table that is kept', () => {
  it('is a fresh one after any changes, and so are its plans', () => {
    fc.assert(
      fc.property(fc.array(change, {maxLength: 60}), (changes) => {
        const warm = new WarmTable();
        const known = new Map<number, PlacementShard>();
        for (const one of [...changes, {kind: 'plan', living: ['c0', 'c1', 'c2']} as const]) {
          if (one.kind === 'plan') compare(warm, known, one.living);
          else if (one.kind === 'remove') {
            known.delete(one.row);
            warm.take({isFresh: false, set: [], removed: [one.row]});
          } else if (![...known].some(([row, {id}]) => row !== one.row && id === one.shard.id)) {
            const {row, shard} = one;
            const homeKey = shard.current === '' ? '' : `at ${shard.current}`;
            known.set(row, shard);
            warm.take({isFresh: false, set: [{row, shard, homeKey, isReady: true}], removed: []});
          }
        }
        expect(warm.size).toBe(known.size);
      }),
      {numRuns: 300},
    );
  });

  it('keeps shards apart whose ids have one hash', () => {
    const [first, second] = sameHash();
    const warm = new WarmTable();
    const shardOf = (id: string): PlacementShard => ({
      ...{id, group: '', workerGroup: '', pin: '', current: '', prefer: '', avoid: ''},
    });
    const set = [second, first, 'x'].map((id, row) => {
      return {row, shard: shardOf(id), homeKey: '', isReady: true};
    });
    const known = new Map(set.map(({row, shard}) => [row, shard]));
    warm.take({isFresh: true, set, removed: []});
    compare(warm, known, ['c0', 'c1']);
    warm.take({isFresh: false, set: [], removed: [0]});
    known.delete(0);
    compare(warm, known, ['c0', 'c1']);
    warm.take({isFresh: false, set: [{...set[0]!, row: 5}], removed: []});
    known.set(5, shardOf(second));
    compare(warm, known, ['c0', 'c1']);
  });

  it('begins anew with what is fresh', () => {
    const warm = new WarmTable();
    const shard = {
      id: 's',
      group: '',
      workerGroup: '',
      pin: '',
      current: '',
      prefer: '',
      avoid: '',
    };
    warm.take({isFresh: false, set: [{row: 3, shard, homeKey: '', isReady: true}], removed: []});
    warm.take({isFresh: true, set: [], removed: []});
    compare(warm, new Map(), ['c0']);
    expect(warm.size).toBe(0);
  });
});

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
