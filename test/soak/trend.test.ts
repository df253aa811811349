import {describe, expect, it} from 'vitest';
import {trendPerHour} from './trend.ts';

/** As the example of `ci.theil` in the R package statpsych, which says 0.5 with 0.3243243 to 0.75. */
const PUBLISHED_X = [67, 28, 30, 28, 52, 40, 25, 37, 44, 10, 14, 20, 28, 40, 51];
const PUBLISHED_Y = [21, 4, 9, 12, 35, 18, 10, 22, 24, 1, 6, 8, 13, 16, 19];

describe('the trend of a series', () => {
  it('is what a published example says', () => {
    const points = PUBLISHED_X.map((minute, at) => ({minute, value: (PUBLISHED_Y[at] ?? 0) / 60}));
    const {slope, low, high} = trendPerHour(points);
    expect(slope).toBeCloseTo(0.5, 6);
    expect(low).toBeCloseTo(0.3243243, 6);
    expect(high).toBeCloseTo(0.75, 6);
  });

  it('of two points is their slope, and may be any', () => {
    const points = [
      {minute: 0, value: 1},
      {minute: 30, value: 2},
    ];
    expect(trendPerHour(points)).toEqual({slope: 2, low: -Infinity, high: Infinity});
  });

  it('of readings of one minute is unknown', () => {
    const points = [5, 7, 9].map((value) => ({minute: 3, value}));
    expect(trendPerHour(points)).toEqual({slope: 0, low: -Infinity, high: Infinity});
  });
});
