import {describe, expect, it} from 'vitest';
import {slopePerHour, verdictOf} from './verdict.ts';
import type {Observation} from './observation.ts';

function series(minutes: number, daemonsMb: (minute: number) => number): Observation[] {
  return Array.from({length: minutes}, (_, minute) => ({
    ...{minute, daemonsMb: daemonsMb(minute), containersMb: 50, files: 30, storeMb: 10},
    ...{revision: minute * 600, loopMs: 1, text: ''},
  }));
}

describe('the verdict of a soak', () => {
  it('is the slope after warm-up: what grew before does not count', () => {
    const flat = verdictOf(series(60, (minute) => (minute < 15 ? 100 + minute * 5 : 175)));
    expect(flat).toMatchObject({isGood: true});
    expect(flat.line).toContain('daemons 0.00 MB an hour');
    expect(flat.line).toContain('10.0 revisions/s');
  });

  it('finds two MB an hour below a noise of five', () => {
    const noisy = verdictOf(series(600, (minute) => 100 + minute / 30 + (minute % 2) * 5));
    expect(noisy.isGood).toBe(false);
    expect(noisy.line).toContain('GROWS');
    expect(
      slopePerHour([
        {minute: 0, value: 1},
        {minute: 30, value: 2},
      ]),
    ).toBeCloseTo(2);
  });

  it('is none when there are too few points', () => {
    expect(verdictOf(series(8, () => 100))).toEqual({
      isGood: false,
      line: expect.stringContaining('too short') as string,
    });
  });
});
