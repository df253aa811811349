/** Moves for load from what containers report to what the governor writes, with the real planner. */
import {describe, expect, it} from 'vitest';
import type {SaidByContainer} from '../../src/governor/app-loads.ts';
import {GovernorBed} from './governor-bed.ts';

const THREE = ['c1', 'c2', 'c3'];
const SHARDS = Array.from({length: 30}, (_, at) => `s${at}`);
const FIRST_PLAN_MS = 3_000;
const PULL_MS = 10_000;
const MINUTE_MS = 60_000;
const [UPPER, LOWER] = [1.2, 1.1];
const COOLDOWN_S = 120;
const HOT = 6;

type LoadOf = (shard: string, nowMs: number) => number;

/** Three containers with ten shards each; who gives a shard away, or gets it, does so at once. */
class LoadBed {
  readonly bed = new GovernorBed(SHARDS);
  /** When each move began, ms, oldest first. */
  readonly moves: {shard: string; atMs: number; why: string; numbers: string}[] = [];
  private seen = 0;

  private readonly all: readonly string[];

  /** `spare`: containers that take nothing. */
  constructor(over: object = {}, spare: readonly string[] = []) {
    this.all = [...THREE, ...spare];
    const metrics = [{name: 'qps', upper: UPPER, lower: LOWER}];
    this.bed.respec({placement: {metrics, cooldown: COOLDOWN_S, quietTime: 0, ...over}});
    for (const container of spare) this.bed.order(container, 'cordon');
    for (const container of this.all) this.bed.join(container);
    this.bed.pass(FIRST_PLAN_MS, this.all);
    for (const container of THREE) this.bed.claim(this.bed.unclaimed(container));
    this.bed.pass(1_000, this.all);
    this.seen = this.bed.writes.length;
  }

  heldBy(container: string): string[] {
    return SHARDS.filter((shard) => this.bed.places[shard] === `owned ${container}`);
  }

  /** The highest load of a container as a multiple of the mean. */
  level(loadOf: LoadOf): number {
    const sums = THREE.map((container) =>
      this.heldBy(container).reduce((sum, shard) => sum + loadOf(shard, this.bed.nowMs), 0),
    );
    return (Math.max(...sums) * sums.length) / sums.reduce((sum, one) => sum + one, 0);
  }

  /** So long containers beat, report and move as they are asked. */
  run(ms: number, loadOf: LoadOf, beating = this.living()): void {
    const {bed} = this;
    for (const untilMs = bed.nowMs + ms; bed.nowMs < untilMs;) {
      for (const container of THREE) this.say(container, loadOf);
      for (let second = 0; second < PULL_MS / 1_000; second += 1) {
        bed.pass(1_000, beating);
        this.carryMoves();
      }
    }
  }

  private living(): readonly string[] {
    const {heartbeats} = this.bed.governor.view;
    return this.all.filter((container) => heartbeats.has(`${container}-inc`));
  }

  private say(container: string, loadOf: LoadOf): void {
    const said = this.heldBy(container).map(
      (shard) => [shard, {qps: loadOf(shard, this.bed.nowMs)}] as const,
    );
    const shards: SaidByContainer['shards'] = new Map(said);
    this.bed.governor.loads.said(`${container}-inc`, {shards, own: {}, faults: {}}, this.bed.nowMs);
  }

  private carryMoves(): void {
    const {bed} = this;
    const isIn = (state: string) => SHARDS.filter((one) => bed.own.get(one)?.value.state === state);
    for (const {transition} of bed.writes.slice(this.seen)) {
      const {shard, record} = transition;
      if (record?.state !== 'dropping') continue;
      const {why = '', numbers = ''} = record.move ?? {};
      this.moves.push({shard, atMs: bed.nowMs, why, numbers});
    }
    this.seen = bed.writes.length;
    bed.free(isIn('dropping'));
    bed.turn();
    bed.claim(isIn('assigned'));
  }
}

/** All but one that c1 has at the start are hot: nine, so that even is possible. */
function hotAtFirst(bed: LoadBed, hot = HOT): LoadOf {
  const first = new Set(bed.heldBy('c1').slice(1));
  return (shard) => (first.has(shard) ? hot : 1);
}

/** Up to 30 % more or less, another each time and the same in each run. */
function noisy(loadOf: LoadOf): LoadOf {
  let state = 1;
  return (shard, nowMs) => {
    state = (state * 48_271) % 2_147_483_647;
    return loadOf(shard, nowMs) * (0.7 + (0.6 * state) / 2_147_483_647);
  };
}

describe('moves for load', () => {
  it('begin above the band, end within it, and rest under noise', () => {
    const bed = new LoadBed();
    const loadOf = hotAtFirst(bed);
    expect(bed.level(loadOf)).toBeGreaterThan(2);
    bed.run(5 * MINUTE_MS, loadOf);
    expect(bed.level(loadOf)).toBeLessThanOrEqual(LOWER);
    const {length} = bed.moves;
    expect(length).toBeGreaterThan(0);
    expect(new Set(bed.moves.map(({why}) => why))).toEqual(new Set(['load']));
    // No shard has moved twice on the way.
    expect(new Set(bed.moves.map(({shard}) => shard)).size).toBe(length);
    bed.run(10 * MINUTE_MS, noisy(loadOf));
    expect(bed.moves.length).toBe(length);
  });

  it('to the hotter container say that they are half of an exchange', () => {
    const bed = new LoadBed();
    const hot = new Set(bed.heldBy('c1'));
    bed.run(MINUTE_MS, hotAtFirst(bed));
    const numbers = bed.moves.map(({shard, numbers: text}) => [hot.has(shard), text] as const);
    expect(new Set(numbers.map(([leaves]) => leaves)).size).toBe(2);
    for (const [leavesHot, text] of numbers)
      expect(text.endsWith('in exchange for a shard with more load'), text).toBe(!leavesHot);
  });

  it.each([1_000, 1 / 1_000, Number.NaN])(
    'are not made because a container lies by %d times for one interval',
    (factor) => {
      const bed = new LoadBed();
      const even: LoadOf = () => 10;
      bed.run(3 * MINUTE_MS, even);
      const liars = new Set(bed.heldBy('c1'));
      bed.run(PULL_MS, (shard) => (liars.has(shard) ? 10 * factor : 10));
      bed.run(5 * MINUTE_MS, even);
      expect(bed.moves).toEqual([]);
    },
  );

  it('do not begin within the band', () => {
    const bed = new LoadBed();
    // 1.14 of the mean.
    const loadOf = hotAtFirst(bed, 1.25);
    expect(bed.level(loadOf)).toBeGreaterThan(LOWER);
    expect(bed.level(loadOf)).toBeLessThan(UPPER);
    bed.run(5 * MINUTE_MS, loadOf);
    expect(bed.moves).toEqual([]);
  });

  it('leave a shard alone within its cooldown, though the heat wanders', () => {
    const bed = new LoadBed();
    // Whatever c1 holds is hot for a while, then whatever c2 holds.
    const loadOf: LoadOf = (shard, nowMs) => {
      const hot = Math.floor(nowMs / 90_000) % 2 === 0 ? 'c1' : 'c2';
      return bed.bed.own.get(shard)?.value.container === hot ? HOT : 1;
    };
    bed.run(15 * MINUTE_MS, loadOf);
    const last = new Map<string, number>();
    for (const {shard, atMs} of bed.moves) {
      expect(atMs - (last.get(shard) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThan(
        1_000 * COOLDOWN_S - 1_000,
      );
      last.set(shard, atMs);
    }
    expect(bed.moves.length).toBeGreaterThan(last.size);
  });
});

describe('moves for load wait', () => {
  it('while the app is paused', () => {
    const bed = new LoadBed();
    const loadOf = hotAtFirst(bed);
    bed.bed.respec({paused: true});
    bed.run(5 * MINUTE_MS, loadOf);
    expect(bed.moves).toEqual([]);
    bed.bed.respec({paused: false});
    bed.run(2 * MINUTE_MS, loadOf);
    expect(bed.level(loadOf)).toBeLessThanOrEqual(LOWER);
  });

  it('in the quiet time', () => {
    const bed = new LoadBed({quietTime: 180}, ['spare']);
    const loadOf = hotAtFirst(bed);
    bed.bed.end('spare');
    bed.run(2 * MINUTE_MS, loadOf);
    expect(bed.bed.status?.quiet?.why).toBe('container spare has gone');
    expect(bed.moves).toEqual([]);
    bed.run(3 * MINUTE_MS, loadOf);
    expect(bed.level(loadOf)).toBeLessThanOrEqual(LOWER);
  });

  it('while many containers seem lost', () => {
    const spare = Array.from({length: 7}, (_, at) => `spare${at}`);
    const bed = new LoadBed({}, spare);
    const loadOf = hotAtFirst(bed);
    // They are planned and wait, so that they would begin at once.
    bed.bed.respec({paused: true});
    bed.run(MINUTE_MS, loadOf);
    const codes = () => bed.bed.status?.alarms.map(({code}) => code);
    while (codes()?.includes('BRAKE') !== true) bed.bed.pass(1_000, [...THREE, ...spare.slice(4)]);
    bed.bed.respec({paused: false});
    bed.run(PULL_MS, loadOf, [...THREE, ...spare.slice(4)]);
    expect(codes()).toContain('BRAKE');
    expect(bed.moves).toEqual([]);
    bed.run(3 * MINUTE_MS, loadOf, [...THREE, ...spare]);
    expect(codes()).not.toContain('BRAKE');
    expect(bed.level(loadOf)).toBeLessThanOrEqual(LOWER);
  });
});
