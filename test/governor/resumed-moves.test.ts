import {describe, expect, it} from 'vitest';
import {InFlightMoves} from '../../src/governor/in-flight-moves.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import {GovernorBed} from './governor-bed.ts';
import type {BedOptions} from './governor-bed.ts';
import {storedKeys} from './random/stored.ts';

/** Beyond the wait for first joins. */
const FIRST_PLAN_MS = 3_000;
const MINUTE_MS = 60_000;
/** Nothing else wakes the governor for so long. */
const LONG_TTL_MS = 20 * MINUTE_MS;

/** Each shard pinned to its container and ready there. */
function pinned(pins: Record<string, string>, options?: BedOptions): GovernorBed {
  const bed = new GovernorBed([], options);
  for (const [shard, manualContainerId] of Object.entries(pins))
    bed.addShard(shard, {manualContainerId});
  const all = [...new Set(Object.values(pins)), 'spare'];
  for (const container of all) {
    bed.beat(container, 'ready', undefined, LONG_TTL_MS);
    bed.holdsId(container, `${container}-inc`);
  }
  bed.turn(FIRST_PLAN_MS);
  for (let rounds = 0; rounds < 3; rounds += 1) {
    bed.settle();
    for (const container of all) bed.claim(bed.unclaimed(container));
  }
  return bed;
}

/** So many shards on c0 and c1, pinned no more; the spare container takes none. */
function spread(count: number): {bed: GovernorBed; shards: readonly string[]} {
  const shards = Array.from({length: count}, (_, at) => `s${at}`);
  const bed = pinned(Object.fromEntries(shards.map((shard, at) => [shard, `c${at % 2}`])));
  bed.order('spare', 'cordon');
  for (const shard of shards) bed.addShard(shard);
  bed.settle();
  return {bed, shards};
}

function stateOf(bed: GovernorBed, shard: string): string {
  return bed.places[shard] ?? '';
}

describe('a shard that waits for room where it goes', () => {
  it('counts against the budget again in the turn in which it goes on', () => {
    const bed = pinned({s1: 'c1', s2: 'c2', s3: 'c3'}, {maxMoving: 1});
    bed.addShard('s1', {manualContainerId: 'c2'});
    bed.turn(100);
    bed.override('c2', {capacity: 1});
    bed.free(['s1']);
    bed.turn(100);
    expect(stateOf(bed, 's1')).toBe('free c1');
    // There is room again, and another move is wanted, both in one turn.
    bed.override('c2', undefined);
    bed.addShard('s3', {manualContainerId: 'spare'});
    bed.turn(100);
    expect(stateOf(bed, 's1')).toBe('assigned c2');
    expect(stateOf(bed, 's3')).toBe('owned c3');
    bed.claim(['s1']);
    bed.turn(100);
    expect(stateOf(bed, 's3')).toBe('dropping c3');
  });
});

describe('a shard on its way to a container that has become full', () => {
  it.each([false, true])(
    'has no home where no other container has room, and gets one as soon as one has; planned beside: %s',
    (plansBeside) => {
      const bed = pinned({s1: 'c1', s2: 'c2'}, {plansBeside});
      for (const shard of ['s1', 's2']) bed.addShard(shard);
      bed.order('spare', 'cordon');
      bed.order('c1', 'drain');
      bed.settle();
      expect(bed.places).toEqual({s1: 'dropping c1', s2: 'owned c2'});
      bed.respec({maxShardCount: 1});
      bed.free(['s1']);
      bed.pass(20_000);
      expect(stateOf(bed, 's1')).toBe('free c1');
      expect(bed.status?.unplaced).toEqual([{shard: 's1', reason: 'capacity'}]);
      const {length} = bed.writes;
      bed.lift('spare');
      bed.pass(1_000);
      expect(stateOf(bed, 's1')).toBe('assigned spare');
      expect(bed.writes).toHaveLength(length + 1);
    },
  );
});

describe('a write that is asked for', () => {
  function record(to: string, why: string): OwnershipRecord {
    return {
      ...{v: 1, state: 'dropping', container: 'a', incarnation: 'a1', token: '', ready: false},
      ...{failures: 0, lastError: ''},
      move: {id: 'm', from: 'a', to, why, startedAt: ''},
    };
  }

  it('takes its place at once, and gives one up only once it has committed', () => {
    const moves = new InFlightMoves({spec: {value: {maxMoving: 1}}, shards: {size: 0}});
    const refusal = () => moves.refusal('c', 'd', 'planned', 0)?.budget;
    moves.asked('s1', record('b', 'drain a'));
    expect(refusal()).toBe('maxMoving');
    // It has been removed meanwhile, or has no note any more: whether that is written nobody knows yet.
    for (const next of [record('', 'removed'), null]) {
      moves.asked('s1', next);
      expect(refusal()).toBe('maxMoving');
    }
    moves.note('s1', record('', 'removed'));
    expect(refusal()).toBeUndefined();
  });

  it.each(['commits', 'is refused'])(
    'to go elsewhere counts at both targets until it %s',
    (fate) => {
      const moves = new InFlightMoves({spec: undefined, shards: {size: 0}});
      const arriving = () => ['b', 'c'].map((container) => moves.arrivingAt(container));
      const [before, after] = [record('b', 'drain a'), record('c', 'drain a')];
      moves.note('s1', before);
      expect(arriving()).toEqual([1, 0]);
      moves.asked('s1', after);
      expect(arriving()).toEqual([1, 1]);
      moves.note('s1', fate === 'commits' ? after : before);
      expect(arriving()).toEqual(fate === 'commits' ? [0, 1] : [1, 0]);
    },
  );
});

describe('a restart that waits for the budget of a minute', () => {
  function twoChanged(): GovernorBed {
    const bed = pinned({s1: 'c1', s2: 'c2'});
    bed.respec({placement: {moving: {perMinute: 1}}});
    bed.settle();
    for (const shard of ['s1', 's2'])
      bed.addShard(shard, {manualContainerId: `c${shard.slice(1)}`, taskVersion: 1});
    bed.turn(1);
    bed.free(['s1']);
    bed.settle();
    bed.claim(['s1']);
    bed.settle();
    expect(bed.places).toEqual({s1: 'owned c1', s2: 'owned c2'});
    return bed;
  }

  it('wakes the governor when the minute is over', () => {
    const bed = twoChanged();
    const beganMs = bed.nowMs;
    while (stateOf(bed, 's2') === 'owned c2' && bed.nowMs < beganMs + 2 * MINUTE_MS)
      bed.turn(Math.max(1, bed.governor.wakeAtMs(bed.nowMs) - bed.nowMs), undefined, false);
    expect(stateOf(bed, 's2')).toBe('dropping c2');
    expect(bed.nowMs - beganMs).toBeLessThanOrEqual(MINUTE_MS);
  });

  it('keeps the app from counting as settled', () => {
    const bed = twoChanged();
    bed.pass(20_000);
    expect(bed.status?.settled).toBe(false);
  });
});

describe('a governor that takes over', () => {
  it('counts what began within the last minute by the records', () => {
    const bed = pinned({s1: 'c1', s2: 'c2'});
    bed.respec({placement: {moving: {perMinute: 1}}});
    bed.addShard('s1', {manualContainerId: 'spare'});
    bed.settle();
    bed.free(['s1']);
    bed.settle();
    bed.claim(['s1']);
    const beganMs = bed.nowMs;
    bed.takeOver([...storedKeys(bed)]);
    bed.pass(FIRST_PLAN_MS);
    bed.addShard('s2', {manualContainerId: 'spare'});
    bed.pass(50_000);
    expect(stateOf(bed, 's2')).toBe('owned c2');
    expect(bed.governor.wakeAtMs(bed.nowMs)).toBeLessThanOrEqual(beganMs + MINUTE_MS);
    bed.pass(10_000);
    expect(stateOf(bed, 's2')).toBe('dropping c2');
  });

  it('lets a new container have no second running shard', () => {
    const {bed, shards} = spread(12);
    bed.join('joiner');
    const all = ['c0', 'c1', 'spare', 'joiner'];
    const leaving = (): number =>
      shards.filter((shard) => bed.own.get(shard)?.value.move?.to === 'joiner').length;
    bed.pass(FIRST_PLAN_MS, all);
    expect(leaving()).toBe(1);
    bed.takeOver([...storedKeys(bed)]);
    bed.pass(60_000, all);
    expect(leaving()).toBe(1);
  });

  it('lets no second running shard go to the host of a new container', () => {
    const {bed, shards} = spread(300);
    const joiners = ['joiner-1', 'joiner-2'];
    const all = ['c0', 'c1', 'spare', ...joiners];
    const leaving = (): number =>
      shards.filter((shard) => joiners.includes(bed.own.get(shard)?.value.move?.to ?? '')).length;
    for (const id of joiners) {
      bed.beat(id, 'ready', `${id}-inc`, undefined, 'host');
      bed.holdsId(id, `${id}-inc`);
      bed.pass(FIRST_PLAN_MS, all);
    }
    expect(leaving()).toBe(1);
    // The one without the trial comes first in the store.
    bed.takeOver([...storedKeys(bed)].toReversed());
    bed.pass(60_000, all);
    expect(leaving()).toBe(1);
  });

  it('waits for no drop of a container that is gone', () => {
    const bed = pinned({s1: 'c1', s2: 'c2'});
    bed.addShard('s1', {manualContainerId: 'c2'});
    bed.settle();
    expect(stateOf(bed, 's1')).toBe('dropping c1');
    bed.end('c1');
    bed.addShard('s1', {manualContainerId: 'c1'});
    bed.takeOver([...storedKeys(bed)]);
    bed.pass(20_000);
    expect(bed.places).toEqual({s1: 'dropping c1', s2: 'owned c2'});
    expect(bed.status?.settled).toBe(true);
  });
});

describe('a shard whose spec is removed', () => {
  it('keeps its mate of the same spread key away until its drop has returned', () => {
    const bed = pinned({s1: 'c1', s2: 'c2'});
    for (const shard of ['s1', 's2'])
      bed.addShard(shard, {manualContainerId: `c${shard.slice(1)}`, spreadKey: 'k'});
    bed.settle();
    bed.removeShard('s1');
    bed.addShard('s2', {manualContainerId: 'c1', spreadKey: 'k'});
    bed.settle();
    expect(bed.places).toEqual({s1: 'dropping c1', s2: 'dropping c2'});
    bed.free(['s2']);
    bed.settle();
    expect(bed.places).toEqual({s1: 'dropping c1', s2: 'free c2'});
    bed.free(['s1']);
    bed.settle();
    expect(bed.places).toEqual({s2: 'assigned c1'});
  });
});
