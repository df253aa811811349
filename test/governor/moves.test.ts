import {describe, expect, it} from 'vitest';
import {GovernorBed} from './governor-bed.ts';
import type {BedOptions} from './governor-bed.ts';
import {FAILED_FROM, MOVES_PER_CONTAINER_DEFAULT} from '../../src/model/limits.ts';

const FIRST_PLAN_MS = 3_000;

function placed(
  shards: readonly string[],
  containers: readonly string[],
  limits: BedOptions = {},
): GovernorBed {
  const bed = new GovernorBed(shards, limits);
  for (const container of containers) bed.join(container);
  bed.pass(FIRST_PLAN_MS, containers);
  for (let round = 0; round < 5; round += 1) {
    for (const container of containers) bed.claim(bed.unclaimed(container));
    bed.pass(200, containers);
  }
  return bed;
}

function dropping(bed: GovernorBed): string[] {
  return Object.keys(bed.places).filter((shard) => bed.places[shard]?.startsWith('dropping'));
}

/** So many times all that is let go of or given comes to where it goes. */
function carry(bed: GovernorBed, containers: readonly string[], rounds: number): void {
  for (let round = 0; round < rounds; round += 1) {
    bed.pass(500, containers);
    bed.free(dropping(bed));
    bed.pass(500, containers);
    for (const container of containers) bed.claim(bed.unclaimed(container));
  }
}

describe('a planned move', () => {
  it('whose first write is refused is planned again, without any further news', () => {
    const bed = placed(['s1'], ['c1']);
    bed.join('c2');
    bed.pass(1_000, ['c1', 'c2']);
    bed.addShard('s1', {manualContainerId: 'c2'});
    // c1 has just written its record anew: the first drop comes too late.
    bed.turn(100, () => 'refused');
    expect(bed.places).toEqual({s1: 'owned c1'});
    bed.pass(1_000, ['c1', 'c2']);
    expect(bed.places).toEqual({s1: 'dropping c1'});
  });

  it('whose target was overtaken by the claim of another is planned again', () => {
    const bed = new GovernorBed(['s1']);
    bed.join('c1');
    bed.pass(FIRST_PLAN_MS, ['c1']);
    bed.join('c2');
    bed.pass(1_000, ['c1', 'c2']);
    expect(bed.places).toEqual({s1: 'assigned c1'});
    // The redirect to c2 is refused because c1 claims at that moment.
    bed.addShard('s1', {manualContainerId: 'c2'});
    bed.turn(100, (shard) => {
      bed.claim([shard]);
      return 'refused';
    });
    expect(bed.places).toEqual({s1: 'owned c1'});
    bed.pass(1_000, ['c1', 'c2']);
    expect(bed.places).toEqual({s1: 'dropping c1'});
  });

  it('of unknown outcome is read before anything else is written', () => {
    const bed = placed(['s1'], ['c1', 'c2']);
    const [from, to] = bed.places['s1'] === 'owned c1' ? ['c1', 'c2'] : ['c2', 'c1'];
    bed.addShard('s1', {manualContainerId: to});
    const before = bed.writes.length;
    bed.turn(100, () => 'unknown');
    bed.pass(2_000, ['c1', 'c2']);
    expect(bed.writes.length).toBe(before + 1);
    expect(bed.rereads).toEqual(['s1']);
    const {value} = bed.governor.view.own.get('s1') ?? {};
    expect(value).toMatchObject({state: 'owned', container: from});
  });

  it('goes from drop over free to the container that the plan says', () => {
    const bed = placed(['s1'], ['c1', 'c2']);
    const to = bed.places['s1'] === 'owned c1' ? 'c2' : 'c1';
    bed.addShard('s1', {manualContainerId: to});
    bed.pass(500, ['c1', 'c2']);
    bed.free(['s1']);
    bed.pass(500, ['c1', 'c2']);
    expect(bed.places).toEqual({s1: `assigned ${to}`});
    expect(bed.own.get('s1')?.value.move).toMatchObject({to, why: 'pin or worker group'});
  });
});

describe('moves to full containers', () => {
  it.each([
    [1, 1],
    [2, 8],
  ])('%i at once are enough for %i pairs that change places on full containers', (most, pairs) => {
    const all = Array.from({length: 2 * pairs}, (_, at) => `c${at}`);
    const bed = new GovernorBed([], {maxMoving: most, maxShardCount: 1});
    const pin = (places: readonly string[]): void => {
      for (const [at, manualContainerId] of places.entries())
        bed.addShard(`s${at}`, {manualContainerId});
    };
    const placesOf = (places: readonly string[]) =>
      Object.fromEntries(places.map((container, at) => [`s${at}`, `owned ${container}`]));
    for (const container of all) bed.join(container);
    pin(all);
    carry(bed, all, 6);
    expect(bed.places).toEqual(placesOf(all));
    const swapped = all.map((_, at) => `c${at ^ 1}`);
    pin(swapped);
    carry(bed, all, 4 * pairs);
    expect(bed.places).toEqual(placesOf(swapped));
  });

  it('a shard whose target is being left keeps its place', () => {
    const all = ['c0', 'c1', 'c2', 'c3'];
    const bed = new GovernorBed([], {maxMoving: 2, maxShardCount: 1});
    const pin = (shard: string, manualContainerId: string): void =>
      bed.addShard(shard, {manualContainerId});
    for (const container of all) bed.join(container);
    for (const [at, container] of all.entries()) pin(`s${at}`, container);
    carry(bed, all, 6);
    pin('s0', 'c1');
    pin('s1', 'c0');
    bed.pass(500, all);
    expect(dropping(bed).sort()).toEqual(['s0', 's1']);
    bed.free(['s0']);
    pin('s2', 'c3');
    pin('s3', 'c2');
    bed.pass(2_000, all);
    expect(dropping(bed)).toEqual(['s1']);
  });

  it('a shard whose target has become full leaves its place to one that makes room there', () => {
    const all = ['c1', 'c2'];
    const bed = placed(['s1', 's2', 's3', 's4'], all, {maxMoving: 1});
    const shard = Object.keys(bed.places).find((one) => bed.places[one] === 'owned c2') ?? '';
    bed.addShard(shard, {manualContainerId: 'c1'});
    bed.pass(500, all);
    expect(dropping(bed)).toEqual([shard]);
    bed.override('c1', {capacity: 2});
    carry(bed, all, 6);
    expect(bed.places[shard]).toBe('owned c1');
    expect(Object.values(bed.places).sort()).toEqual(
      all.flatMap((one) => [`owned ${one}`, `owned ${one}`]),
    );
  });
});

describe('shards of one spread key', () => {
  /** Containers that have two shards of the key, in whatever state but free. */
  function together(bed: GovernorBed): string[] {
    const places = Object.values(bed.places).filter((place) => !place.startsWith('free'));
    const containers = places.map((place) => place.split(' ')[1] ?? '');
    return containers.filter((container, at) => containers.indexOf(container) !== at);
  }

  it.each([1, 4])('change places without ever being together, %i at once', (maxMoving) => {
    const all = ['c1', 'c2', 'c3'];
    const bed = new GovernorBed([], {maxMoving});
    const pin = (places: readonly string[]): void => {
      for (const [at, manualContainerId] of places.entries())
        bed.addShard(`s${at}`, {manualContainerId, spreadKey: 'k'});
    };
    for (const container of all) bed.join(container);
    pin(all);
    carry(bed, all, 6);
    expect(bed.places).toEqual({s0: 'owned c1', s1: 'owned c2', s2: 'owned c3'});
    pin(['c2', 'c3', 'c1']);
    for (let round = 0; round < 12; round += 1) {
      for (let step = 0; step < 10; step += 1) {
        bed.pass(100, all);
        expect(together(bed)).toEqual([]);
      }
      bed.free(dropping(bed).slice(0, 1));
      bed.pass(100, all);
      expect(together(bed)).toEqual([]);
      for (const container of all) bed.claim(bed.unclaimed(container));
    }
    expect(bed.places).toEqual({s0: 'owned c2', s1: 'owned c3', s2: 'owned c1'});
  });
});

describe('budgets', () => {
  const shards = Array.from({length: 100}, (_, index) => `s${index}`);

  it('one container gives at most its share of voluntary moves at once', () => {
    const bed = placed(shards, ['c1'], {maxMoving: 100});
    bed.join('c2');
    bed.prove('c2');
    bed.pass(1_000, ['c1', 'c2']);
    expect(dropping(bed).length).toBe(MOVES_PER_CONTAINER_DEFAULT);
    bed.free(dropping(bed).slice(0, 5));
    bed.pass(1_000, ['c1', 'c2']);
    // Five are on their way to c2 and count until they are ready there.
    expect(dropping(bed).length).toBe(MOVES_PER_CONTAINER_DEFAULT - 5);
    bed.claim(bed.unclaimed('c2'));
    bed.pass(1_000, ['c1', 'c2']);
    expect(dropping(bed).length).toBe(MOVES_PER_CONTAINER_DEFAULT);
  });

  it.each([
    [3, false],
    [2, true],
  ])('while %i of six containers seem lost, moves for balance begin: %s', (lost, begin) => {
    const all = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'];
    const living = all.slice(lost);
    const bed = placed(shards, all, {maxMoving: 50});
    for (let at = 0; at < 11_000; at += 1_000) bed.pass(1_000, living);
    bed.join('c7');
    bed.prove('c7');
    for (let at = 0; at < 2_000; at += 1_000) bed.pass(1_000, [...living, 'c7']);
    expect(dropping(bed).length > 0).toBe(begin);
  });

  it('a drain that says how many leaves no faster, and ends', () => {
    const bed = placed(shards, ['c1', 'c2'], {maxMoving: 20});
    bed.order('c1', 'drain', {maxMoving: 2});
    const onC1 = () => Object.values(bed.places).filter((place) => place.endsWith(' c1')).length;
    for (let round = 0; onC1() > 0 && round < shards.length; round += 1) {
      bed.pass(1_000, ['c1', 'c2']);
      const going = dropping(bed);
      expect(going.length).toBeLessThanOrEqual(2);
      bed.free(going);
      bed.pass(1_000, ['c1', 'c2']);
      bed.claim(bed.unclaimed('c2'));
    }
    expect(onC1()).toBe(0);
  });

  it.each([
    ['a tenth of its shards', {}, 10],
    ['what the app says', {maxMoving: 3}, 3],
  ])('a drain moves at most %s at once, until the container is empty', (_, limits, most) => {
    const bed = placed(shards, ['c1', 'c2'], limits);
    bed.order('c1', 'drain');
    const onC1 = () => Object.values(bed.places).filter((place) => place.endsWith(' c1')).length;
    let rounds = 0;
    for (; onC1() > 0 && rounds < shards.length; rounds += 1) {
      bed.pass(1_000, ['c1', 'c2']);
      const going = dropping(bed);
      expect(going.length).toBe(Math.min(most, onC1()));
      bed.free(going);
      bed.pass(1_000, ['c1', 'c2']);
      // Let go of, and not served yet: no other begins.
      expect(dropping(bed)).toEqual([]);
      bed.claim(bed.unclaimed('c2'));
    }
    expect(rounds).toBe(Math.ceil(50 / most));
  });

  it('balance and drains share what the app says', () => {
    const bed = placed(shards, ['c1', 'c2'], {maxMoving: 6});
    bed.join('c3');
    bed.prove('c3');
    bed.pass(1_000, ['c1', 'c2', 'c3']);
    expect(dropping(bed).length).toBe(6);
    bed.order('c1', 'drain');
    bed.pass(1_000, ['c1', 'c2', 'c3']);
    expect(dropping(bed).length).toBe(6);
  });

  it('a container that leaves waits for no budget: its time is limited', () => {
    const bed = placed(shards, ['c1', 'c2'], {maxMoving: 3});
    bed.beat('c1', 'leaving');
    bed.turn(100);
    expect(dropping(bed).length).toBe(50);
  });

  it('changed tasks restart so many shards at once, and all of them in the end', () => {
    const bed = placed(shards, ['c1', 'c2'], {maxMoving: 3});
    for (const shard of shards) bed.addShard(shard, {taskVersion: 1});
    let rounds = 0;
    for (; rounds < shards.length; rounds += 1) {
      bed.pass(500, ['c1', 'c2']);
      const going = dropping(bed);
      if (going.length === 0) break;
      expect(going.length).toBeLessThanOrEqual(3);
      bed.free(going);
      bed.pass(500, ['c1', 'c2']);
      bed.claim([...bed.unclaimed('c1'), ...bed.unclaimed('c2')]);
    }
    expect(rounds).toBe(Math.ceil(shards.length / 3));
  });
});

describe('a changed task', () => {
  it('restarts its shard on a container that stays above its limit', () => {
    const bed = placed(['s1', 's2', 's3'], ['c1']);
    bed.respec({maxShardCount: 1});
    bed.addShard('s1', {taskVersion: 1});
    carry(bed, ['c1'], 3);
    expect(bed.places).toEqual({s1: 'owned c1', s2: 'owned c1', s3: 'owned c1'});
    expect(bed.own.get('s1')?.value.taskVersion).toBe(1);
  });

  it.each([false, true])(
    'restarts its shard on a cordoned container, which gets nothing else; planned beside: %s',
    (plansBeside) => {
      const bed = placed(['s1', 's2', 's4'], ['c1', 'c2'], {plansBeside});
      const before = bed.places;
      const [moved = ''] = Object.keys(before).filter((id) => before[id] === 'owned c1');
      bed.order('c1', 'cordon');
      bed.addShard(moved, {taskVersion: 1});
      bed.addShard('s5');
      carry(bed, ['c1', 'c2'], 3);
      expect(bed.places).toEqual({...before, s5: 'owned c2'});
      expect(bed.own.get(moved)?.value.taskVersion).toBe(1);
    },
  );
});

describe('a failed add', () => {
  it('waits 1 s doubling, and tries another container', () => {
    const bed = placed(['s1'], ['c1', 'c2']);
    let at = bed.own.get('s1')?.value.container ?? '';
    for (const waitMs of [1_000, 2_000, 4_000]) {
      bed.governor.changed({kind: 'own', mod: 0, shard: 's1', entry: undefined}, bed.nowMs);
      bed.free(['s1'], 'disk full');
      bed.pass(waitMs - 300, ['c1', 'c2']);
      expect(bed.places).toEqual({s1: `free ${at}`});
      bed.pass(600, ['c1', 'c2']);
      const next = at === 'c1' ? 'c2' : 'c1';
      expect(bed.places).toEqual({s1: `assigned ${next}`});
      bed.claim(['s1'], false);
      at = next;
    }
  });
});

describe('the summary', () => {
  it('names a shard as failed from the same number of failures on as every list does', () => {
    const summaryOf = (failures: number) => {
      const known = placed(['s1'], ['c1']).own.get('s1')?.value;
      const bed = new GovernorBed([]);
      bed.join('c1');
      bed.addShard('s1');
      if (known !== undefined)
        bed.record('s1', {...known, state: 'free', ready: false, failures, lastError: 'disk full'});
      bed.turn();
      return bed.status?.failed;
    };
    expect(summaryOf(FAILED_FROM - 1)).toEqual([]);
    expect(summaryOf(FAILED_FROM)).toEqual([
      {shard: 's1', failures: FAILED_FROM, lastError: 'disk full'},
    ]);
  });
});

describe('what cannot be read', () => {
  it('a heartbeat: its shards stay with it, and nothing is tried', () => {
    const bed = placed(['s1', 's2'], ['c1', 'c2']);
    const fresh = new GovernorBed([]);
    for (const [shard, {value}] of bed.own) {
      fresh.record(shard, value);
      fresh.addShard(shard);
    }
    fresh.join('c2');
    // A governor that begins anew has never seen a heartbeat of c1 that it could read.
    const problem = 'version 2 is newer than 1';
    fresh.governor.changed(
      {kind: 'corrupt', mod: 0, what: 'heartbeat', id: 'c1-inc', problem},
      fresh.nowMs,
    );
    fresh.pass(20_000, ['c2']);
    expect(fresh.writes).toEqual([]);
    expect(fresh.status?.quarantined).toEqual([{key: 'heartbeat/c1-inc', problem}]);
    // The operator deletes the key: only then are they anybody's.
    fresh.evicted({container: 'c1', incarnation: 'c1-inc', mod: 0, idMod: 0, idOf: 'nobody'});
    fresh.pass(1_500, ['c2']);
    expect(new Set(Object.values(fresh.places))).toEqual(new Set(['owned c2', 'assigned c2']));
    expect(fresh.status?.quarantined).toEqual([]);
  });
});
