import {describe, expect, it} from 'vitest';
import type {OwnershipRecord, Versioned} from '../../src/model/ownership.ts';
import {GovernorBed} from './governor-bed.ts';
import {DEPARTURES_PER_APP, REFUSED_RETRY_MS} from '../../src/governor/limits.ts';
import {OVERDUE_SHOWN} from '../../src/model/limits.ts';

/** Most moves at once of the app. */
const MOVING = 100;
const PINNED = Array.from({length: MOVING}, (_, index) => `p${index}`);
const LOOSE = Array.from({length: 9}, (_, index) => `s${index}`);
/** Beyond the wait for first joins. */
const FIRST_PLAN_MS = 3_000;

describe('moves under way', () => {
  it('leave their places to others when they lead nowhere any more', () => {
    const bed = new GovernorBed(LOOSE, {maxMoving: MOVING});
    for (const shard of PINNED) bed.addShard(shard, {manualContainerId: 'a'});
    for (const container of ['a', 'b', 'y']) bed.join(container);
    settleAndClaim(bed);
    for (const shard of PINNED) bed.addShard(shard, {manualContainerId: 'y'});
    bed.turn(100);
    expect(states(bed, PINNED)).toEqual(new Set(['dropping']));
    // Half are let go of before their target is lost, the other half lose their holder with it.
    bed.free(PINNED.slice(0, MOVING / 2));
    bed.end('y');
    bed.end('a');
    bed.join('c');
    settleAndClaim(bed);
    const drained = LOOSE.filter((shard) => bed.own.get(shard)?.value.container === 'b');
    expect(drained).not.toEqual([]);
    bed.order('b', 'drain');
    bed.turn(100);

    expect(states(bed, drained)).toEqual(new Set(['dropping']));
  });

  it('leave their places to others when their target closed before the shard was let go', () => {
    const bed = new GovernorBed(['s1', 's2', 's3'], {maxMoving: 1});
    bed.addShard('s1', {manualContainerId: 'a'});
    for (const container of ['a', 'b', 'c', 'y']) bed.join(container);
    settleAndClaim(bed);
    bed.addShard('s1', {manualContainerId: 'y'});
    bed.turn(100);
    expect(states(bed, ['s1'])).toEqual(new Set(['dropping']));
    const containerOf = (shard: string): string => bed.own.get(shard)?.value.container ?? '';
    const other = ['s2', 's3'].find((shard) => containerOf(shard) !== 'y') ?? '';
    bed.order('y', 'cordon');
    bed.order(containerOf(other), 'drain');
    bed.turn(100);
    expect(states(bed, [other])).toEqual(new Set(['owned']));
    bed.free(['s1']);
    bed.turn(100);

    expect(states(bed, [other])).toEqual(new Set(['dropping']));
  });

  it.each([
    ['drain', false],
    ['cordon', false],
    ['cordon', true],
  ] as const)(
    'do not end as a trial where a %s was ordered meanwhile; planned beside: %s',
    (order, plansBeside) => {
      const bed = new GovernorBed(['s1', 's2', 's3', 's4'], {plansBeside});
      for (const container of ['a', 'b']) bed.join(container);
      settleAndClaim(bed);
      bed.join('c');
      bed.turn(FIRST_PLAN_MS);
      const onTrial = [...bed.own].filter(([, {value}]) => value.state === 'dropping');
      expect(onTrial.map(([, {value}]) => value.move?.to)).toEqual(['c']);
      const shards = onTrial.map(([id]) => id);
      bed.order('c', order);
      bed.turn(100);
      bed.free(shards);
      bed.turn(100);

      expect(shards.map((shard) => bed.own.get(shard)?.value.container)).not.toContain('c');
      expect(states(bed, shards)).toEqual(new Set(['assigned']));
    },
  );

  it('begin again when the shard changed under the first attempt', () => {
    const bed = new GovernorBed(['s1']);
    bed.join('a');
    settleAndClaim(bed, false);
    bed.join('b');
    bed.turn(FIRST_PLAN_MS);
    bed.order('a', 'drain');
    // The drop meets a record that the container has made ready meanwhile.
    bed.turn(100, () => 'refused');
    expect(states(bed, ['s1'])).toEqual(new Set(['owned']));
    bed.turn(250);

    expect(states(bed, ['s1'])).toEqual(new Set(['dropping']));
  });

  it('that came to nothing and are not wanted any more leave their places to others', () => {
    const shards = Array.from({length: 2 * MOVING}, (_, at) => `s${at}`);
    const bed = new GovernorBed(shards, {maxMoving: MOVING});
    for (const container of ['a', 'b']) bed.join(container);
    settleAndClaim(bed);
    bed.order('a', 'drain');
    bed.turn(100, () => 'unknown');
    expect(bed.rereads).toHaveLength(MOVING);
    // None of the drops has landed: each record is as it was.
    for (const shard of bed.rereads) {
      const entry = bed.own.get(shard) as Versioned<OwnershipRecord>;
      bed.governor.reread(shard, {kind: 'own', mod: entry.mod, shard, entry}, bed.nowMs);
    }
    bed.lift('a');
    bed.order('b', 'drain');
    bed.turn(REFUSED_RETRY_MS + 100);

    const ofB = [...bed.own].filter(([, {value}]) => value.container === 'b').map(([id]) => id);
    expect(ofB).toHaveLength(MOVING);
    expect(states(bed, ofB)).toEqual(new Set(['dropping']));
  });

  it('drop a shard that was removed and added again with another task while nobody looked', () => {
    const bed = new GovernorBed(['s1']);
    bed.join('a');
    settleAndClaim(bed);
    bed.removeShard('s1');
    bed.addShard('s1', {task: 'another'});
    bed.turn(100);

    expect(states(bed, ['s1'])).toEqual(new Set(['dropping']));
    bed.free(['s1']);
    settleAndClaim(bed);
    expect(states(bed, ['s1'])).toEqual(new Set(['owned']));
  });
});

describe('moves whose hooks hang', () => {
  it('leave their places to moves of other containers; that container stops no more shards than the app may', () => {
    const bed = pinnedAway(ofA);
    const hung = dropping(bed, ofA);
    expect(hung).toHaveLength(4);
    for (const shard of ofB) bed.addShard(shard, {manualContainerId: 'c'});
    bed.turn(100);
    expect(dropping(bed, ofB)).toEqual([]);
    hang(bed, 'a', hung);
    expect(dropping(bed, ofA)).toEqual(hung);
    expect(dropping(bed, ofB)).toHaveLength(4);
  });

  it('let the others of their container go on as long as some of its places are left', () => {
    const bed = pinnedAway(ofA);
    const [first = '', ...rest] = dropping(bed, ofA);
    hang(bed, 'a', [first]);
    bed.free(rest);
    bed.turn(100);
    bed.claim(bed.unclaimed('c'));
    bed.turn(100);
    expect(dropping(bed, ofA)).toHaveLength(4);
    expect(dropping(bed, ofA)).toContain(first);
  });

  it('keep no other from a new container before anything has come there', () => {
    const bed = pinnedAway(ofA, false);
    const hung = dropping(bed, ofA);
    expect(hung).toHaveLength(1);
    for (const shard of ofB) bed.addShard(shard, {manualContainerId: 'c'});
    bed.turn(100);
    expect(dropping(bed, ofB)).toEqual([]);
    hang(bed, 'a', hung);
    expect([...dropping(bed, ofA), ...dropping(bed, ofB)]).toHaveLength(2);
  });

  it('count again once their hooks are not overdue any more', () => {
    const bed = pinnedAway(ofA);
    const hung = dropping(bed, ofA);
    hang(bed, 'a', hung);
    hang(bed, 'a', []);
    for (const shard of ofB) bed.addShard(shard, {manualContainerId: 'c'});
    bed.turn(100);
    expect(dropping(bed, ofB)).toEqual([]);
  });
});

describe('moves whose hooks hang, and others', () => {
  it.each(['waits', 'has waited and is gone'])(
    'leave their places all the same when another process %s for the id of their container',
    (how) => {
      const bed = pinnedAway(ofA);
      hang(bed, 'a', dropping(bed, ofA));
      bed.beat('a', 'waiting', 'a-next');
      bed.turn(100);
      const gone = {kind: 'heartbeat', mod: bed.next(), incarnation: 'a-next'} as const;
      if (how !== 'waits') bed.governor.changed({...gone, entry: undefined}, bed.nowMs);
      bed.turn(100);
      for (const shard of ofB) bed.addShard(shard, {manualContainerId: 'c'});
      bed.turn(100);
      expect(dropping(bed, ofB)).toHaveLength(4);
    },
  );

  it('leave their places to others, also those that their heartbeat has no room for, as long as it has none', () => {
    const [manyA, manyB] = ['a', 'b'].map((id) =>
      Array.from({length: 2 * OVERDUE_SHOWN}, (_, number) => `${id}-${number}`),
    ) as [string[], string[]];
    const bed = pinnedAway([]);
    bed.respec({maxMoving: 2 * OVERDUE_SHOWN});
    for (const shard of manyA) bed.addShard(shard, {manualContainerId: 'a'});
    for (const shard of manyB) bed.addShard(shard, {manualContainerId: 'b'});
    settleAndClaim(bed);
    for (const shard of manyA) bed.addShard(shard, {manualContainerId: 'c'});
    bed.turn(100);
    const hung = dropping(bed, manyA);
    expect(hung).toEqual(manyA);
    hang(bed, 'a', hung.slice(0, OVERDUE_SHOWN));
    hang(bed, 'a', hung.slice(0, 1));
    for (const shard of manyB) bed.addShard(shard, {manualContainerId: 'c'});
    bed.turn(100);
    expect(dropping(bed, manyB)).toHaveLength(1);
    hang(bed, 'a', hung.slice(0, OVERDUE_SHOWN));
    expect(dropping(bed, manyB)).toEqual(manyB);
  });

  it('leave their places to those of other containers that leave, too', () => {
    const many = Array.from({length: DEPARTURES_PER_APP}, (_, number) => `many${number}`);
    const bed = pinnedAway([]);
    for (const shard of many) bed.addShard(shard, {manualContainerId: 'a'});
    settleAndClaim(bed);
    for (const shard of [...ofA, ...many, ...ofB]) bed.addShard(shard);
    bed.beat('a', 'leaving');
    bed.turn(100);
    const hung = dropping(bed, [...ofA, ...many]);
    expect(hung).toHaveLength(DEPARTURES_PER_APP);
    bed.beat('b', 'leaving');
    bed.turn(100);
    expect(dropping(bed, ofB)).toEqual([]);
    const overdue = hung.map((shard) => ({hook: 'drop' as const, shard}));
    bed.heard('a', 'a-inc', {state: 'leaving', overdue});
    bed.turn(100);
    expect(dropping(bed, ofB)).toEqual(ofB);
  });
});

const ofA = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7'];
const ofB = ['b1', 'b2', 'b3', 'b4', 'b5', 'b6', 'b7'];

/** Shards by their holder, and a third container that all of them are pinned to next: four at once may move. */
function pinnedAway(shards: readonly string[], isProved = true): GovernorBed {
  const bed = new GovernorBed([], {maxMoving: 4});
  for (const shard of ofA) bed.addShard(shard, {manualContainerId: 'a'});
  for (const shard of ofB) bed.addShard(shard, {manualContainerId: 'b'});
  for (const container of ['a', 'b', 'c']) bed.join(container);
  settleAndClaim(bed);
  if (isProved) bed.prove('c');
  for (const shard of shards) bed.addShard(shard, {manualContainerId: 'c'});
  bed.turn(100);
  return bed;
}

const dropping = (bed: GovernorBed, shards: readonly string[]): string[] =>
  shards.filter((shard) => bed.own.get(shard)?.value.state === 'dropping');

function hang(bed: GovernorBed, container: string, shards: readonly string[]): void {
  const overdue = shards.map((shard) => ({hook: 'drop' as const, shard}));
  bed.heard(container, `${container}-inc`, {overdue});
  bed.turn(100);
}

function settleAndClaim(bed: GovernorBed, ready = true): void {
  bed.turn(FIRST_PLAN_MS);
  for (let rounds = 0; rounds < 10; rounds += 1) {
    bed.settle();
    bed.claim(
      ['a', 'b', 'c', 'y'].flatMap((container) => bed.unclaimed(container)),
      ready,
    );
  }
}

function states(bed: GovernorBed, shards: readonly string[]): Set<string | undefined> {
  return new Set(shards.map((shard) => bed.own.get(shard)?.value.state));
}
