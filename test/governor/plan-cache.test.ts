/** What is kept of a plan by row, while shards come and go: rows of those that are gone are given to others. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {ShardRows} from '../../src/appstate/shard-rows.ts';
import {PlanCache} from '../../src/governor/plan-cache.ts';
import {LastTargets} from '../../src/planner/last-targets.ts';
import {REASONS, UNPLANNED} from '../../src/planner/row-plan.ts';
import type {PlacementReason} from '../../src/model/placement.ts';

const SHARDS = ['a', 'b', 'c', 'd'];
const NOBODY = new Int32Array();

/** A shard comes or goes, a plan is asked for, or it is answered: the container of each shard, by its number. */
type Step =
  | {readonly kind: 'come' | 'go'; readonly shard: string}
  | {readonly kind: 'ask'}
  | {readonly kind: 'answer'; readonly targets: readonly number[]; readonly turned: boolean};

const shard = fc.constantFrom(...SHARDS);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({kind: fc.constantFrom('come' as const, 'go' as const), shard}),
    fc.constant({kind: 'ask' as const}),
    fc.record({
      kind: fc.constant('answer' as const),
      targets: fc.array(fc.integer({min: UNPLANNED, max: 2}), {minLength: 4, maxLength: 4}),
      turned: fc.boolean(),
    }),
  ),
  {maxLength: 40},
);

class Bed {
  readonly rows = new ShardRows();
  readonly cache = new PlanCache(this.rows, 0);
  /** By shard that is there, its container by the last plan that knew it. */
  readonly wanted = new Map<string, string | undefined>();
  private asked: {readonly born: number; readonly ids: readonly (string | undefined)[]} | undefined;
  private readonly since = new Set<string>();
  /** Have come between the last two questions: whoever compares beside the governor may take one for the shard of that id that went. */
  private readonly back = new Set<string>();
  /** Compares beside the governor, as it sees rows: at each question. */
  private readonly beside: LastTargets | undefined;

  constructor(beside?: LastTargets) {
    this.beside = beside;
  }

  take(step: Step): void {
    if (step.kind === 'come' && !this.wanted.has(step.shard)) {
      this.rows.take(step.shard);
      this.wanted.set(step.shard, undefined);
      this.since.add(step.shard);
    }
    if (step.kind === 'go' && this.wanted.delete(step.shard))
      this.rows.release(this.rows.rowOf(step.shard));
    if (step.kind === 'ask') this.ask();
    if (step.kind === 'answer' && this.asked !== undefined) this.answer(step, this.asked);
  }

  private ask(): void {
    const ids = Array.from({length: this.rows.end}, (_, row) => this.rows.idAt(row));
    for (const [row, id] of ids.entries())
      if (id === undefined || this.asked?.ids[row] !== id) this.beside?.forget(row);
    this.asked = {born: this.rows.born, ids};
    for (const id of this.since) this.back.add(id);
    this.since.clear();
  }

  private answer(
    {targets, turned}: Extract<Step, {kind: 'answer'}>,
    {born, ids}: NonNullable<Bed['asked']>,
  ): void {
    const containers = turned ? ['z', 'y', 'x'] : ['x', 'y', 'z'];
    const target = Int32Array.from(ids, (id, row) =>
      id === undefined ? UNPLANNED : (targets[row] ?? UNPLANNED),
    );
    const counts = Int32Array.from(containers, (_, at) => target.filter((to) => to === at).length);
    const lists = {unplaced: NOBODY, stranded: NOBODY, moves: NOBODY, trials: NOBODY};
    const compared = this.beside && {changed: this.beside.take({containers, target})};
    const plan = {containers, target, counts, ...lists, ...compared};
    const changed = this.cache.adoptLarge({plan, born, areAllProved: true, nextAtMs: 0});
    const expected: number[] = [];
    for (const [id, before] of this.wanted) {
      const row = this.rows.rowOf(id);
      const at = this.since.has(id) ? UNPLANNED : (target[row] ?? UNPLANNED);
      const now = at === UNPLANNED ? undefined : (containers[at] ?? '');
      this.wanted.set(id, now);
      if (now !== undefined && now !== before) expected.push(row);
    }
    for (const [at, id] of containers.entries())
      expect(this.cache.plannedCount(id)).toBe(counts[at]);
    // Rows that nobody has may be named, too: nothing is looked at for them.
    const named = [...changed].filter((row) => this.rows.idAt(row) !== undefined);
    const certain = (row: number): boolean => {
      const id = this.rows.idAt(row) ?? '';
      return this.beside === undefined || !(this.back.has(id) || this.since.has(id));
    };
    expect(named.filter(certain).toSorted()).toEqual(expected.filter(certain).toSorted());
    this.back.clear();
  }
}

describe('a plan by rows', () => {
  it.each([
    ['', () => undefined],
    [', compared beside the governor', () => new LastTargets()],
  ])(
    'says of each shard what the last plan said that knew it, and names those of which it says something else%s',
    (_, beside) => {
      fc.assert(
        fc.property(steps, (taken) => {
          const bed = new Bed(beside());
          for (const step of taken) {
            bed.take(step);
            for (const id of SHARDS)
              expect(bed.cache.destination(id)?.target).toBe(bed.wanted.get(id));
          }
        }),
        {numRuns: 1_000},
      );
    },
  );
});

it('a plan names a shard without a home once, not in plan after plan', () => {
  const rows = new ShardRows();
  for (const id of SHARDS) rows.take(id);
  const cache = new PlanCache(rows, 0);
  const nowhere = SHARDS.map((id) => rows.rowOf(id));
  const shortages = (reason: PlacementReason, mustDrop: number): Int32Array =>
    Int32Array.from(nowhere.flatMap((row) => [row, REASONS.indexOf(reason), mustDrop]));
  const named = (unplaced: Int32Array, stranded: Int32Array = NOBODY): number[] => {
    const target = new Int32Array(rows.end).fill(-1);
    const plan = {containers: [], target, counts: NOBODY, moves: NOBODY, trials: NOBODY};
    const large = {born: rows.born, areAllProved: true, nextAtMs: 0};
    return [...cache.adoptLarge({plan: {...plan, unplaced, stranded}, ...large})].toSorted();
  };
  // At first the rows have come to be planned for, too.
  expect(new Set(named(shortages('capacity', 0)))).toEqual(new Set(nowhere));
  expect(named(shortages('capacity', 0))).toEqual([]);
  expect(named(shortages('nothing-accepts', 0))).toEqual(nowhere);
  expect(named(shortages('nothing-accepts', 1))).toEqual(nowhere);
  expect(named(shortages('nothing-accepts', 1), shortages('capacity', 0))).toEqual(nowhere);
  expect(named(shortages('nothing-accepts', 1), shortages('capacity', 0))).toEqual([]);
});
