import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {CallBuckets} from '../../src/runtime/call-buckets.ts';

const options = {burst: 100, refillMs: 20, callers: 3};
const taken = (verdict: {current: number}) => verdict.current <= options.burst;

describe('a bucket of calls', () => {
  it('gives the burst at once, then one call per refill, and says when', () => {
    const buckets = new CallBuckets(options);
    const verdicts = Array.from({length: 300}, () => buckets.take('a', 1_000));
    expect(verdicts.map(taken).lastIndexOf(true)).toBe(99);
    expect(verdicts.filter(taken).map(({current}) => current)).toEqual(
      Array.from({length: 100}, (_, index) => index + 1),
    );
    expect(verdicts[299]).toEqual({current: 101, ttl: 20});
    expect(taken(buckets.take('a', 1_019))).toBe(false);
    expect(taken(buckets.take('a', 1_020))).toBe(true);
    expect(taken(buckets.take('a', 1_020))).toBe(false);
    expect(taken(buckets.take('b', 1_020))).toBe(true);
  });

  it('gives the whole burst whatever the clock says', () => {
    fc.assert(
      fc.property(fc.integer({min: 0, max: 600_000_000}), (clockUs) => {
        const clockMs = clockUs / 1_000;
        const buckets = new CallBuckets(options);
        const verdicts = Array.from({length: 110}, () => buckets.take('a', clockMs));
        expect(verdicts.filter(taken)).toHaveLength(100);
      }),
      {numRuns: 2_000},
    );
  });

  it('is full again after a pause, and never fuller', () => {
    const buckets = new CallBuckets(options);
    for (let call = 0; call < 100; call += 1) buckets.take('a', 0);
    const later = Array.from({length: 300}, () => buckets.take('a', 3_600_000));
    expect(later.filter(taken)).toHaveLength(100);
  });

  it('never lets more through in any span than burst and refill allow, and never starves who waits as told', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({min: 0, max: 120}), {maxLength: 400}), (pauses) => {
        const buckets = new CallBuckets({...options, burst: 5});
        let now = 0;
        const times: number[] = [];
        for (const pause of pauses) {
          now += pause;
          const {current, ttl} = buckets.take('a', now);
          if (current > 5) {
            now += ttl;
            expect(buckets.take('a', now).current).toBeLessThanOrEqual(5);
          }
          times.push(now);
        }
        for (let first = 0; first < times.length; first += 1) {
          for (let last = first + 5; last < times.length; last += 1) {
            const allowed = 5 + (times[last]! - times[first]!) / options.refillMs;
            expect(last - first + 1).toBeLessThanOrEqual(allowed + 1e-9);
          }
        }
      }),
      {numRuns: 50},
    );
  });

  it('forgets who called longest ago when there are too many callers', () => {
    const buckets = new CallBuckets({...options, burst: 1});
    for (const caller of ['a', 'b', 'c']) buckets.take(caller, 0);
    buckets.take('d', 0);
    expect(buckets.take('b', 0).current).toBe(2);
    expect(buckets.take('a', 0).current).toBe(1);
  });
});
