import {describe, expect, it} from 'vitest';
import {Chance} from '../../src/simulator/chance.ts';
import {verdictOf} from './verdict.ts';
import type {Observation} from './observation.ts';

type AtMinute = (minute: number) => number;

const MINUTES = 60;
/** As in an hour at 100,000 shards: three readings, 63 MB above all others. */
const WILD_MINUTES: readonly number[] = [19, 21, 23];

function series(minutes: number, daemonsMb: AtMinute, heapMb: AtMinute = () => 40): Observation[] {
  return Array.from({length: minutes}, (_, minute) => ({
    ...{minute, daemonsMb: daemonsMb(minute), heapMb: heapMb(minute)},
    ...{codeMb: 8 + minute / 120, containersMb: 50, files: 30, storeMb: 10},
    ...{revision: minute * 600, loopMs: 1, text: ''},
  }));
}

/** An hour of heaps that grow by that much an hour, noise of 0.3 MB upon it. */
function heaps(mbPerHour: number, seed: number): AtMinute {
  const chance = new Chance(seed);
  const noise = Array.from({length: MINUTES}, () => chance.next() * 0.3);
  return (minute) => 145 + (minute / 60) * mbPerHour + (noise[minute] ?? 0);
}

function withWildReadings(heapMb: AtMinute): AtMinute {
  return (minute) => heapMb(minute) + (WILD_MINUTES.includes(minute) ? 63 : 0);
}

/** The words after which the heap's slope stands. */
function heapSlope(line: string): number {
  return Number(/full collection (-?[\d.]+) \(/.exec(line)?.[1]);
}

describe('the verdict of a soak', () => {
  it('is the slope after warm-up: what grew before does not count', () => {
    const flat = verdictOf(series(MINUTES, (minute) => (minute < 15 ? 100 + minute * 5 : 175)));
    expect(flat).toMatchObject({isGood: true});
    expect(flat.line).toContain('verdict: good');
    expect(flat.line).toContain('memory of daemons 0.00 (0.00 to 0.00) MB an hour');
    expect(flat.line).toContain('10.0 revisions/s');
  });

  it('finds two MB an hour below a noise of five', () => {
    const noisy = verdictOf(series(600, (minute) => 100 + minute / 30 + (minute % 2) * 5));
    expect(noisy.isGood).toBe(false);
    expect(noisy.line).toContain('verdict: missed');
  });

  it('takes no noise of tens of MB for growth, and a heap that grows below it for what it is', () => {
    const saw: AtMinute = (minute) => 800 + ((minute * 37) % 83);
    expect(verdictOf(series(MINUTES, saw))).toMatchObject({isGood: true});
    const grows = verdictOf(series(MINUTES, saw, (minute) => 40 + minute / 50));
    expect(grows).toMatchObject({isGood: false});
  });

  it.each([1, 2, 3, 4, 5])('finds a slope of 1.4 below wild readings (noise %i)', (seed) => {
    const {isGood, line} = verdictOf(
      series(MINUTES, () => 400, withWildReadings(heaps(1.4, seed))),
    );
    expect(isGood).toBe(false);
    expect(line).toContain('verdict: missed');
    expect(heapSlope(line)).toBeGreaterThan(1.2);
    expect(heapSlope(line)).toBeLessThan(1.6);
  });

  it.each([1, 2, 3, 4, 5])('finds that nothing grows below wild readings (noise %i)', (seed) => {
    const {isGood, line} = verdictOf(series(MINUTES, () => 400, withWildReadings(heaps(0, seed))));
    expect(line).toContain('verdict: good');
    expect(isGood).toBe(true);
    expect(Math.abs(heapSlope(line))).toBeLessThan(0.2);
  });

  it('is undecided when slopes on both sides of the goal are likely', () => {
    const wide: AtMinute = (minute) => 40 + minute / 60 + ((minute * 37) % 11);
    const {isGood, line} = verdictOf(series(MINUTES, () => 400, wide));
    expect(line).toContain('verdict: undecided');
    expect(isGood).toBe(false);
  });

  it('is of the whole heap, and says how much of its growth is not compiled code', () => {
    const {isGood, line} = verdictOf(
      series(
        MINUTES,
        () => 400,
        (minute) => 40 + minute / 30,
      ),
    );
    expect(isGood).toBe(false);
    expect(line).toContain('full collection 2.00 (2.00 to 2.00) MB an hour');
    expect(line).toContain('not compiled code 1.50 (1.50 to 1.50) MB an hour');
  });

  it('is none when there are too few points', () => {
    expect(verdictOf(series(8, () => 100))).toEqual({
      isGood: false,
      line: expect.stringContaining('too short') as string,
    });
  });
});
