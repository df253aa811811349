/** What a governor decides from what it knows, rule by rule. */
import {beforeEach, describe, expect, it} from 'vitest';
import type {AppChange} from '../../src/model/change.ts';
import {silenceMs} from '../../src/model/container.ts';
import {moveReasonText} from '../../src/model/move-reason.ts';
import type {LivingContainer} from '../../src/governor/containers.ts';
import {startableMove} from '../../src/governor/move-gate.ts';
import {ContainerTrust} from '../../src/governor/container-trust.ts';
import {InFlightMoves} from '../../src/governor/in-flight-moves.ts';
import {PendingWrites} from '../../src/governor/pending-writes.ts';
import {reconcile} from '../../src/governor/reconcile.ts';
import type {Destination, ReconcileContext, Step} from '../../src/governor/reconcile.ts';
import {forget} from '../../src/ownership/transitions.ts';
import {GovernorBed, TTL_MS} from './governor-bed.ts';

const W = silenceMs(TTL_MS);
const FIRST_PLAN_MS = 3_000;
const ALL = ['c1', 'c2', 'c3'];

/** An app whose only shard is assigned to c1, which has not claimed it. */
function assigned(): GovernorBed {
  const bed = new GovernorBed(['s1']);
  bed.join('c1');
  bed.pass(FIRST_PLAN_MS, ['c1']);
  expect(bed.places).toEqual({s1: 'assigned c1'});
  return bed;
}

/** The same, claimed by c1. */
function owned(ready = true): GovernorBed {
  const bed = assigned();
  bed.claim(['s1'], ready);
  return bed;
}

describe('silent containers', () => {
  function silent(): GovernorBed {
    const bed = new GovernorBed([]);
    for (const container of ALL) bed.join(container);
    bed.pass(FIRST_PLAN_MS, ALL);
    return bed;
  }

  it('are asked to go until they are gone, after longer and longer pauses', () => {
    const bed = silent();
    bed.beat('c1');
    bed.pass(W + 2_000, ['c2', 'c3']);
    expect(bed.evictions.length).toBeGreaterThanOrEqual(2);
    expect(bed.evictions.length).toBeLessThanOrEqual(4);
    const before = bed.evictions.length;
    bed.pass(20_000, ['c2', 'c3']);
    expect(bed.evictions.length - before).toBeGreaterThanOrEqual(9);
    expect(bed.evictions.length - before).toBeLessThanOrEqual(11);
  });

  it('are asked again soon when they fall silent again', () => {
    const bed = silent();
    bed.pass(W + 20_000, ['c2', 'c3']);
    bed.beat('c1');
    bed.pass(1_000, ALL);
    const before = bed.evictions.length;
    bed.pass(W + 1_200, ['c2', 'c3']);
    expect(bed.evictions.length - before).toBeGreaterThanOrEqual(2);
  });

  it('are one when one container has been started again and again', () => {
    const bed = silent();
    const incarnations = ['c1-a', 'c1-b', 'c1-c', 'c1-d'];
    for (const incarnation of incarnations) bed.beat('c1', 'waiting', incarnation);
    bed.pass(W + 500, ALL);
    expect(new Set(bed.evictions.map(({incarnation}) => incarnation))).toEqual(
      new Set(incarnations),
    );
  });
});

/** Everything that the governor knows, as a listing shows it. */
function listed({governor: {view}}: GovernorBed): AppChange[] {
  const changes: AppChange[] = [];
  if (view.spec !== undefined) changes.push({kind: 'spec', mod: view.spec.mod, entry: view.spec});
  for (const [shard, entry] of view.shards)
    changes.push({kind: 'shard', mod: entry.mod, shard, entry});
  for (const [shard, entry] of view.own) changes.push({kind: 'own', mod: entry.mod, shard, entry});
  for (const [incarnation, entry] of view.heartbeats)
    changes.push({kind: 'heartbeat', mod: entry.mod, incarnation, entry});
  for (const [container, {incarnation, mod}] of view.ids)
    changes.push({kind: 'id', mod, container, incarnation});
  return changes;
}

/** Whether the next turn after the listing plans. */
function asksForPlan(bed: GovernorBed, changes: readonly AppChange[]): boolean {
  const {governor, nowMs} = bed;
  governor.listings.take(changes, governor.view.newest, nowMs);
  return governor.wakeAtMs(nowMs) <= nowMs + 10;
}

describe('a listing', () => {
  it('takes away what it does not show, and nothing that is newer', () => {
    const bed = owned();
    const {view} = bed.governor;
    const {mod = 0} = bed.own.get('s1') ?? {};
    const missing = (revision: number): string[] =>
      [...view.beginListing().missing(revision)].map((gone) => gone?.kind ?? '');
    expect(missing(mod - 1)).toContain('heartbeat');
    expect(missing(mod - 1)).not.toContain('own');
    bed.governor.listings.take([], mod + 1, bed.nowMs);
    expect([view.hasHeartbeat('c1-inc'), view.own.size]).toEqual([false, 0]);
  });

  it('asks for no plan where it brings nothing new and the app is at rest, and for one otherwise', () => {
    const bed = owned();
    bed.pass(2_000, ['c1']);
    expect(asksForPlan(bed, listed(bed))).toBe(false);
    bed.addShard('gpu', {workerGroup: 'gpu'});
    bed.pass(2_000, ['c1']);
    expect(bed.status?.unplacedCount).toBe(1);
    expect(asksForPlan(bed, listed(bed))).toBe(true);
    bed.removeShard('gpu');
    bed.pass(2_000, ['c1']);
    expect(asksForPlan(bed, listed(bed))).toBe(false);
    const without = listed(bed).filter((change) => change.kind !== 'own');
    expect(asksForPlan(bed, without)).toBe(true);
    bed.pass(2_000, ['c1']);
    expect(bed.places['s1']).toBe('assigned c1');
  });

  it('comes before every decision', () => {
    const bed = new GovernorBed(['s1'], {listed: false});
    bed.join('c1');
    bed.pass(FIRST_PLAN_MS, ['c1']);
    expect([bed.writes, bed.status]).toEqual([[], undefined]);
    bed.governor.listings.take([], 0, bed.nowMs);
    bed.pass(FIRST_PLAN_MS, ['c1']);
    expect(bed.places).toEqual({s1: 'assigned c1'});
  });
});

describe('a shard', () => {
  it('whose record cannot be read is not touched', () => {
    const bed = new GovernorBed(['s1', 's2']);
    bed.governor.changed(
      {kind: 'corrupt', mod: 0, what: 'own', id: 's1', problem: 'no JSON'},
      bed.nowMs,
    );
    bed.join('c1');
    bed.pass(FIRST_PLAN_MS, ['c1']);
    expect(bed.writes.map(({transition}) => transition.shard)).toEqual(['s2']);
  });

  it('is not written again while the outcome of a write is unknown', () => {
    const bed = new GovernorBed(['s1']);
    bed.join('c1');
    for (let ms = 0; ms < 2 * FIRST_PLAN_MS; ms += 100) {
      bed.beat('c1');
      bed.addShard('s1');
      bed.turn(100, () => 'unknown');
    }
    expect(bed.writes).toHaveLength(1);
  });
});

describe('a queued move', () => {
  function start(bed: GovernorBed, from: string, pending = new PendingWrites()) {
    const gate = {
      view: bed.governor.view,
      living: new Map(),
      inFlightMoves: new InFlightMoves(bed.governor.view),
      trust: new ContainerTrust(),
      pending,
      nowMs: 0,
      ...{isBreakerOpen: false, isQuiet: false, drainsFirst: '', plannedCount: () => 1},
    };
    return startableMove({shard: 's1', from, to: 'c2', cause: 'balance'}, gate);
  }

  it('begins where the shard is, and has no object where it is no more', () => {
    const bed = owned();
    expect(start(bed, 'c1')).toBe(bed.own.get('s1'));
    expect(start(bed, 'c3')).toBe('void');
  });

  it('waits until the shard serves', () => {
    expect(start(owned(false), 'c1')).toMatchObject({budget: 'notReady'});
  });

  it('waits for a write of the shard that is under way', () => {
    const bed = owned();
    const known = bed.governor.view.own.get('s1');
    if (known === undefined) throw new Error('s1 has no record');
    const pending = new PendingWrites();
    pending.submit(forget('s1', known));
    expect(start(bed, 'c1', pending)).toMatchObject({budget: 'writing'});
  });
});

describe('the next step of a shard', () => {
  const move = {id: 'm', startedAt: ''};
  let living: Map<string, LivingContainer>;
  beforeEach(() => {
    living = new Map();
    for (const container of ALL) lives(container, {});
  });

  function lives(container: string, over: Partial<LivingContainer>): void {
    const known = {container, incarnation: `${container}-inc`, endpoint: ''};
    living.set(container, {...known, state: 'ready', mode: 'open', ...over});
  }

  function next(bed: GovernorBed, target: string, over: Partial<ReconcileContext> = {}): Step {
    const destination: Destination = {target, mustDrop: false, stranded: false, isShutOut: false};
    return reconcile('s1', destination, {
      ...{view: bed.governor.view, living, epoch: 1},
      newMove: (from, to, reason) => ({...move, from, to, why: moveReasonText(reason)}),
      ...{
        isFull: () => false,
        hasKeyConflict: () => false,
        isOverplanned: () => false,
        isBusy: () => false,
        isQueued: () => false,
        isTrial: () => false,
      },
      ...over,
    });
  }

  function written(step: Step): unknown {
    if (step.step !== 'write' && step.step !== 'restart') return step;
    const {record} = step.transition;
    return {state: record?.state, container: record?.container, why: record?.move?.why};
  }

  it('takes it from nobody whose heartbeat is there, known to live or not', () => {
    living.delete('c1');
    expect(next(owned(), 'c2')).toEqual({step: 'wait', for: 'budget'});
  });

  it('gives it to who takes something new and has room', () => {
    const bed = new GovernorBed(['s1']);
    expect(written(next(bed, 'c2'))).toMatchObject({state: 'assigned', container: 'c2'});
    expect(next(bed, 'c2', {isFull: () => true})).toEqual({step: 'wait', for: 'capacity'});
    lives('c2', {state: 'cordoned', mode: 'closed'});
    expect(next(bed, 'c2')).toEqual({step: 'wait', for: 'plan'});
  });

  it('reminds an owner that loads, and tells one that has to drop', () => {
    expect(next(owned(false), 'c1')).toEqual({step: 'hint', op: 'add', remind: true});
    expect(next(owned(), 'c1')).toEqual({step: 'wait', for: 'nothing'});
    const bed = owned();
    const {value} = bed.own.get('s1') ?? {};
    if (value === undefined) throw new Error('s1 has no record');
    bed.record('s1', {...value, state: 'dropping'});
    expect(next(bed, 'c2')).toEqual({step: 'hint', op: 'drop'});
  });

  it('lets it go from a leaving container even where nobody else has room', () => {
    lives('c1', {state: 'leaving', mode: 'draining'});
    expect(written(next(owned(), ''))).toEqual({
      ...{state: 'dropping', container: 'c1', why: 'leaving'},
    });
  });

  it('drops what was claimed with an older task', () => {
    const bed = owned();
    bed.addShard('s1', {taskVersion: 1});
    expect(written(next(bed, 'c1'))).toEqual({
      ...{state: 'dropping', container: 'c1', why: 'task changed'},
    });
  });
});
