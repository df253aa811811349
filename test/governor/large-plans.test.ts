/** Plans that are made beside the governor: asked for once all is told, and taken when the answer comes. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {ROWS_PER_TURN} from '../../src/governor/limits.ts';
import {PLANNED_EVERY_MS} from '../../src/load/limits.ts';
import {GovernorBed} from './governor-bed.ts';

const ALL = ['c1', 'c2', 'c3'];
const FIRST_PLAN_MS = 3_000;

function bed(shards: readonly string[], beside = true): GovernorBed {
  const made = new GovernorBed(shards, {plansBeside: beside});
  for (const container of ALL) made.join(container);
  return made;
}

/** After each step, so that what follows does not meet a plan that is under way: tests below are about that. */
const SETTLING_MS = 500;

/** Longest time in which nobody claims: well below the 5 s after which a container counts as unreachable, as an answer that comes a turn later shifts that. */
const UNCLAIMED_MS = 2_000;

function claimAll(made: GovernorBed): void {
  for (const container of ALL) made.claim(made.unclaimed(container));
}

/** Until the governor has asked for a plan. */
function untilAsked(made: GovernorBed): void {
  made.answersAtOnce = false;
  for (let turns = 0; made.questions.length === 0; turns += 1) {
    if (turns > 100) throw new Error('no plan was asked for');
    made.pass(100, ALL);
  }
}

const step = fc.oneof(
  fc.record({what: fc.constant('add' as const), shard: fc.nat(20)}),
  fc.record({what: fc.constant('remove' as const), shard: fc.nat(20)}),
  fc.record({what: fc.constant('claim' as const), container: fc.constantFrom(...ALL)}),
  fc.record({what: fc.constant('pass' as const), ms: fc.nat(2_000)}),
  fc.record({what: fc.constant('cordon' as const), container: fc.constantFrom(...ALL)}),
  fc.record({what: fc.constant('lift' as const), container: fc.constantFrom(...ALL)}),
);

describe('a plan beside the governor', () => {
  it('leads where one within the turn leads, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, {maxLength: 25}), (steps) => {
        const [within, beside] = [false, true].map((where) => {
          const made = bed(['s1', 's2', 's3', 's4'], where);
          let unclaimedMs = 0;
          for (const one of steps) {
            if (one.what === 'add') made.addShard(`s${one.shard}`);
            else if (one.what === 'remove') made.removeShard(`s${one.shard}`);
            else if (one.what === 'claim') made.claim(made.unclaimed(one.container));
            else if (one.what === 'cordon') made.order(one.container, 'cordon');
            else if (one.what === 'lift') made.lift(one.container);
            const ms = SETTLING_MS + (one.what === 'pass' ? one.ms : 0);
            made.pass(ms, ALL);
            unclaimedMs += ms;
            if (unclaimedMs < UNCLAIMED_MS) continue;
            claimAll(made);
            unclaimedMs = 0;
          }
          claimAll(made);
          made.pass(FIRST_PLAN_MS, ALL);
          return made.places;
        });
        expect(beside).toEqual(within);
      }),
      {numRuns: 40},
    );
  });

  it('is awaited: there is no second question, and nothing is decided without it', () => {
    const made = bed(['s1', 's2']);
    untilAsked(made);
    made.addShard('s3');
    made.pass(FIRST_PLAN_MS, ALL);
    expect(made.questions).toHaveLength(1);
    expect(made.writes).toEqual([]);
    made.answerPlan();
    made.pass(100, ALL);
    expect(Object.keys(made.places).sort()).toEqual(['s1', 's2']);
    // What has come since asks for the next one.
    untilAsked(made);
    made.answerPlan();
    made.pass(100, ALL);
    expect(Object.keys(made.places).sort()).toEqual(['s1', 's2', 's3']);
  });

  it('counts only as the answer to the last question', () => {
    const made = bed(['s1']);
    untilAsked(made);
    made.answerPlan(made.questions[0]!.generation - 1);
    made.pass(100, ALL);
    expect(made.writes).toEqual([]);
  });

  it('says nothing of a shard that has come since, though it has the row of one that is gone', () => {
    const made = bed(['s1', 's2']);
    untilAsked(made);
    made.removeShard('s1');
    made.addShard('s9');
    made.answerPlan();
    expect(made.governor.view.rows.rowOf('s9')).toBe(0);
    made.pass(100, ALL);
    expect(Object.keys(made.places)).toEqual(['s2']);
    made.answersAtOnce = true;
    made.pass(FIRST_PLAN_MS, ALL);
    expect(Object.keys(made.places).sort()).toEqual(['s2', 's9']);
  });

  it('gives no reason for a shard that has come since, though it has the row of one that had a reason', () => {
    const made = bed(['s1', 's2']);
    made.addShard('s1', {manualContainerId: 'nobody'});
    untilAsked(made);
    made.removeShard('s1');
    made.addShard('s9');
    made.answerPlan();
    expect(made.governor.view.rows.rowOf('s9')).toBe(0);
    made.pass(1_100, ALL);
    expect(made.status?.unplaced).toEqual([]);
  });

  it('is acted on before the next one is asked for: what it tries is not forgotten', () => {
    const made = new GovernorBed(['s1', 's2', 's3', 's4'], {plansBeside: true});
    made.join('c1');
    made.turn(FIRST_PLAN_MS);
    made.claim(made.unclaimed('c1'));
    made.settle();
    made.join('c2');
    // Only c2 may have it, which has not proved itself and gets it on trial.
    made.addShard('s5', {manualContainerId: 'c2'});
    made.settle();
    expect(made.places['s5']).toBe('assigned c2');
  });

  it('is made within the turn again once the app is small', () => {
    const made = bed(['s1']);
    made.pass(FIRST_PLAN_MS, ALL);
    made.claim(['s1']);
    made.removeShard('s1');
    made.pass(FIRST_PLAN_MS, ALL);
    made.answersAtOnce = false;
    made.join('c4');
    made.pass(FIRST_PLAN_MS, [...ALL, 'c4']);
    expect(made.questions).toEqual([]);
  });
});

describe('after a plan that took long', () => {
  /** All shards are placed by a plan that took 5 s: the next one may come after 10 s more. */
  function afterLongPlan(): GovernorBed {
    const made = bed(['s1', 's2', 's3', 's4', 's5', 's6']);
    made.pass(FIRST_PLAN_MS, ALL);
    for (const container of ALL) made.claim(made.unclaimed(container));
    made.pass(FIRST_PLAN_MS, ALL);
    made.order('c3', 'cordon');
    untilAsked(made);
    made.pass(5_000, ALL);
    made.answerPlan();
    made.pass(100, ALL);
    expect(made.questions).toEqual([]);
    return made;
  }

  it.each<[string, (made: GovernorBed) => void]>([
    ['has come', (made) => made.addShard('s9')],
    ['has lost its container', (made) => made.end('c1')],
  ])('a shard that %s does not wait until the next one may come', (_what, lose) => {
    const made = afterLongPlan();
    lose(made);
    made.pass(200, ['c2', 'c3']);
    expect(made.questions).toHaveLength(1);
  });

  it('one that has no home does not wait when a container joins', () => {
    const made = afterLongPlan();
    made.addShard('s9', {manualContainerId: 'c4'});
    made.pass(200, ALL);
    made.pass(5_000, ALL);
    made.answerPlan();
    made.pass(100, ALL);
    expect(made.questions).toEqual([]);
    made.join('c4');
    made.pass(200, [...ALL, 'c4']);
    expect(made.questions).toHaveLength(1);
  });

  it('what only makes counts more even waits', () => {
    const made = afterLongPlan();
    made.lift('c3');
    made.pass(9_000, ALL);
    expect(made.questions).toEqual([]);
    made.pass(2_000, ALL);
    expect(made.questions).toHaveLength(1);
  });
});

describe('whoever plans beside the governor', () => {
  it('is asked again, with all there is, when it has ended', () => {
    const made = bed(['s1', 's2', 's3']);
    untilAsked(made);
    made.losePlanner();
    untilAsked(made);
    made.answerPlan();
    made.pass(100, ALL);
    expect(Object.keys(made.places).sort()).toEqual(['s1', 's2', 's3']);
  });

  it('is not asked any more when nobody can be had', () => {
    const made = bed(['s1', 's2', 's3']);
    untilAsked(made);
    made.losePlanner(true);
    made.pass(FIRST_PLAN_MS, ALL);
    expect(made.questions).toEqual([]);
    expect(Object.keys(made.places).sort()).toEqual(['s1', 's2', 's3']);
  });

  it('sees all loads as of one moment, whatever the plan is for', () => {
    const made = bed(['s1', 's2', 's3', 's4', 's5', 's6']);
    const placement = {metrics: [{name: 'qps'}]};
    made.respec({placement});
    made.pass(FIRST_PLAN_MS, ALL);
    for (const container of ALL) made.claim(made.unclaimed(container));
    made.settle();
    const say = (load: number): void => {
      for (const container of ALL) {
        const held = Object.entries(made.places).filter(([, at]) => at.endsWith(container));
        const shards = new Map(held.map(([shard]) => [shard, {qps: load}]));
        const said = {shards, own: {}, faults: {}};
        made.governor.loads.said(`${container}-inc`, said, made.nowMs);
      }
    };
    for (const load of [10, 10, 70, 70, 70, 70, 70, 70]) {
      say(load);
      made.pass(10_000, ALL);
    }
    const loadByRow = new Map<number, readonly number[] | undefined>();
    made.onRows = ({isFresh, set}) => {
      if (isFresh) loadByRow.clear();
      for (const {row, shard} of set) loadByRow.set(row, shard.load);
    };
    // A plan for another reason: loads are as even as ever.
    made.addShard('s7');
    untilAsked(made);
    expect(loadByRow.size).toBe(7);
    expect(new Set([...loadByRow.values()].map((load) => load?.[0])).size).toBe(1);
  });

  it('is asked also where all loads take longer to be sent than to be renewed', () => {
    const made = new GovernorBed(
      Array.from({length: 6 * ROWS_PER_TURN}, (_, number) => `s${number}`),
      {plansBeside: true},
    );
    made.answersAtOnce = false;
    made.respec({placement: {metrics: [{name: 'qps'}]}});
    for (const container of ALL) made.join(container);
    const turnMs = PLANNED_EVERY_MS / 4;
    for (let turns = 0; turns < 40 && made.questions.length === 0; turns += 1) {
      for (const container of ALL) {
        made.beat(container);
        const said = {shards: new Map(), own: {}, faults: {}};
        made.governor.loads.said(`${container}-inc`, said, made.nowMs);
      }
      made.turn(turnMs);
    }
    expect(made.questions).toHaveLength(1);
  });
});
