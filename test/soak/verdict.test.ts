import {describe, expect, it} from 'vitest';
import {trendPerHour, verdictOf} from './verdict.ts';
import type {Observation} from './observation.ts';

type AtMinute = (minute: number) => number;

function series(minutes: number, daemonsMb: AtMinute, heapMb: AtMinute = () => 40): Observation[] {
  return Array.from({length: minutes}, (_, minute) => ({
    ...{minute, daemonsMb: daemonsMb(minute), heapMb: heapMb(minute)},
    ...{containersMb: 50, files: 30, storeMb: 10},
    ...{revision: minute * 600, loopMs: 1, text: ''},
  }));
}

describe('the verdict of a soak', () => {
  it('is the slope after warm-up: what grew before does not count', () => {
    const flat = verdictOf(series(60, (minute) => (minute < 15 ? 100 + minute * 5 : 175)));
    expect(flat).toMatchObject({isGood: true});
    expect(flat.line).toContain('memory of daemons 0.00 +- 0.00 MB an hour');
    expect(flat.line).toContain('10.0 revisions/s');
  });

  it('finds two MB an hour below a noise of five', () => {
    const noisy = verdictOf(series(600, (minute) => 100 + minute / 30 + (minute % 2) * 5));
    expect(noisy.isGood).toBe(false);
    expect(noisy.line).toContain('GROWS');
    expect(
      trendPerHour([
        {minute: 0, value: 1},
        {minute: 30, value: 2},
      ]).slope,
    ).toBeCloseTo(2);
  });

  it('takes no noise of tens of MB for growth, and a heap that grows below it for what it is', () => {
    const saw: AtMinute = (minute) => 800 + ((minute * 37) % 83);
    expect(verdictOf(series(60, saw))).toMatchObject({isGood: true});
    expect(verdictOf(series(60, saw, (minute) => 40 + minute / 50))).toMatchObject({isGood: false});
  });

  it('is none when there are too few points', () => {
    expect(verdictOf(series(8, () => 100))).toEqual({
      isGood: false,
      line: expect.stringContaining('too short') as string,
    });
  });
});
