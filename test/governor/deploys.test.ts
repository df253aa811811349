/** What deploys cost in moves. The figures of larger ones: `npm run bench:deploys`. */
import {describe, expect, it} from 'vitest';
import {FleetBed} from './fleet-bed.ts';
import type {PlacementPolicy} from '../../src/model/placement-policy.ts';
import {crashWithNewId, flapping, rollingRestart, surge} from './deploy-scenarios.ts';

const QUIET = {placement: {quietTime: 30}};
/** A joiner proves itself with one shard, which may be one that has moved already. */
const TRIALS = 0.06;

describe('with a quiet time', () => {
  it('a rolling restart moves each shard once, the first ones twice and the last ones back', () => {
    const {movesPerShard, least, worst, spread} = rollingRestart(10, 200, QUIET);
    expect(movesPerShard).toBeLessThanOrEqual(least + TRIALS);
    expect(worst).toBeLessThanOrEqual(10 / 9 + 0.1);
    expect(spread).toBeLessThanOrEqual(1);
  });

  it.each([
    ['of another version', false],
    ['of the same version', true],
  ])('a surge of one %s moves each shard once', (_what, sameVersion) => {
    const {movesPerShard, worst, spread} = surge(10, 200, {sameVersion, spec: QUIET});
    expect(movesPerShard).toBeLessThanOrEqual(sameVersion ? 1.2 : 1 + TRIALS);
    expect(worst).toBeLessThanOrEqual(1.1);
    expect(spread).toBeLessThanOrEqual(1);
  });

  it('a surge over three containers moves each shard once', () => {
    const {movesPerShard, spread} = surge(3, 300, {spec: QUIET});
    expect(movesPerShard).toBeLessThanOrEqual(1.03);
    expect(spread).toBeLessThanOrEqual(1);
  });

  it('a container that flaps costs its shards once', () => {
    const {movesPerShard, worst} = flapping(10, 200, QUIET);
    expect(movesPerShard).toBeLessThanOrEqual(0.1 + TRIALS);
    expect(worst).toBeLessThanOrEqual(10 / 9 + 0.1);
  });

  it('says so and until when, and then the last joiner is filled', () => {
    const bed = new FleetBed({shards: 40, dropMs: 3_000, spec: QUIET});
    for (const id of ['a', 'b']) bed.join(id);
    bed.rest();
    bed.leave('b');
    bed.pass(1_000);
    expect(bed.status?.quiet).toEqual({until: '', why: 'container b leaves'});
    bed.until(() => bed.isGone('b'));
    bed.join('b');
    bed.pass(10_000);
    const until = Date.parse(bed.status?.quiet?.until ?? '');
    expect(until - bed.nowMs).toBeGreaterThan(15_000);
    expect(until - bed.nowMs).toBeLessThanOrEqual(30_000);
    expect(bed.counts['b']).toBe(1);
    expect(bed.status?.settled).toBe(false);
    bed.pass(until - bed.nowMs + 60_000);
    expect(bed.status).toMatchObject({settled: true});
    expect(bed.status).not.toHaveProperty('quiet');
    expect(bed.counts).toEqual({a: 20, b: 20});
  });
});

it('a new id in the place of one that died is waited for no longer than it takes', () => {
  const {movesPerShard, servedS} = crashWithNewId(10, 200, QUIET);
  expect(servedS).toBeLessThan(15);
  expect(movesPerShard).toBeLessThanOrEqual(0.1 + TRIALS / 3);
});

it('one that died and nobody replaces is waited for as long as the app says', () => {
  const bed = new FleetBed({shards: 30, spec: {maxRecoveryTime: 60, ...QUIET}});
  for (const id of ['a', 'b', 'c']) bed.join(id);
  bed.rest();
  bed.kill('c');
  bed.pass(20_000);
  // A container that restarts beside it under its own id replaces nobody.
  bed.leave('b');
  bed.until(() => bed.isGone('b'));
  bed.join('b');
  bed.pass(10_000);
  expect(bed.isGone('c')).toBe(false);
  bed.pass(35_000);
  expect(bed.isGone('c')).toBe(true);
});

describe('without a quiet time', () => {
  it('a joiner is filled at once', () => {
    const bed = new FleetBed({shards: 40, spec: {placement: {quietTime: 0}}});
    for (const id of ['a', 'b']) bed.join(id);
    bed.rest();
    bed.leave('b');
    bed.until(() => bed.isGone('b'));
    bed.join('b');
    expect(bed.rest(15_000)).toBeLessThanOrEqual(15_000);
    bed.pass(5_000);
    expect(bed.counts).toEqual({a: 20, b: 20});
  });
});

/** Most moves at once with an end in the zone, while three containers fill up from three that have all. */
function mostByZone(placement: PlacementPolicy): Map<string, number> {
  const zones: Record<string, string> = {a: 'z1', b: 'z1', c: 'z2', d: 'z1', e: 'z2', f: 'z2'};
  const spec = {maxMoving: 100, placement};
  const bed = new FleetBed({shards: 90, addMs: 1_000, dropMs: 1_000, spec});
  for (const id of ['a', 'b', 'c']) bed.join(id, {zone: zones[id] ?? ''});
  bed.rest();
  for (const id of ['d', 'e', 'f']) bed.join(id, {zone: zones[id] ?? ''});
  const most = new Map<string, number>();
  bed.until(() => {
    const now = new Map<string, number>();
    for (const {value} of bed.governor.view.own.values()) {
      if (value.ready || value.move === null || value.move.from === '') continue;
      const ends = new Set([zones[value.move.from] ?? '', zones[value.move.to] ?? '']);
      for (const zone of ends) now.set(zone, (now.get(zone) ?? 0) + 1);
    }
    for (const [zone, count] of now) most.set(zone, Math.max(most.get(zone) ?? 0, count));
    return ['d', 'e', 'f'].every((id) => bed.counts[id] === 15) && bed.status?.settled === true;
  });
  return most;
}

describe('budgets of moves', () => {
  function filling(
    placement: PlacementPolicy,
    maxMoving = 100,
  ): {bed: FleetBed; most: () => number} {
    const bed = new FleetBed({shards: 60, addMs: 1_000, spec: {maxMoving, placement}});
    for (const id of ['a', 'b']) bed.join(id);
    bed.rest();
    bed.join('c');
    let most = 0;
    return {
      bed,
      most: () => {
        bed.until(() => {
          let moving = 0;
          for (const {value} of bed.governor.view.own.values()) if (!value.ready) moving += 1;
          most = Math.max(most, moving);
          return bed.status?.settled === true && bed.counts['c'] === 20;
        });
        return most;
      },
    };
  }

  it('a container gives and takes as many at once as the policy says', () => {
    expect(filling({moving: {container: 3}}).most()).toBe(3);
    expect(filling({moving: {container: 50}}).most()).toBeGreaterThan(10);
  });

  it('so many start within a minute', () => {
    const {bed} = filling({moving: {perMinute: 5}});
    bed.pass(59_000);
    expect(bed.counts['c']).toBe(5);
    bed.pass(60_000);
    expect(bed.counts['c']).toBe(10);
  });

  it('a zone gives and takes as many at once as the policy says', () => {
    const limited = mostByZone({moving: {zone: 3, container: 50}});
    expect(Math.max(...limited.values())).toBe(3);
    const free = mostByZone({moving: {container: 50}});
    expect(Math.min(free.get('z1') ?? 0, free.get('z2') ?? 0)).toBeGreaterThan(3);
  });

  it('a joiner takes few at first and more as it proves itself', () => {
    const {bed, most} = filling({slowStart: 2, moving: {container: 50}});
    bed.pass(1_500);
    const slow = bed.counts['c'] ?? 0;
    expect(slow).toBeLessThanOrEqual(3);
    expect(most()).toBeGreaterThan(4);
  });

  it.each([
    ['together', ['a', 'b']],
    ['sequential', ['a']],
  ] as const)('containers drain %s', (drainOrder, expected) => {
    const bed = new FleetBed({
      shards: 60,
      dropMs: 5_000,
      spec: {maxMoving: 100, placement: {drainOrder}},
    });
    for (const id of ['a', 'b', 'c', 'd']) bed.join(id);
    bed.rest();
    bed.order('b', 'drain', '2026-01-02T00:00:00Z');
    bed.order('a', 'drain', '2026-01-01T00:00:00Z');
    bed.pass(1_000);
    const giving = new Set<string>();
    for (const {value} of bed.governor.view.own.values())
      if (value.state === 'dropping') giving.add(value.container);
    expect([...giving].sort()).toEqual(expected);
    bed.until(() => bed.counts['a'] === 0 && bed.counts['b'] === 0);
  });
});
