import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {actingMs, heartbeatIntervalMs, silenceMs} from '../../src/model/container.ts';
import {ClockRate} from '../../src/ownership/clock-rate.ts';
import {FailureDetector} from '../../src/ownership/failure-detector.ts';
import {CLOCK_EXCESS_MOST_SHARE} from '../../src/ownership/limits.ts';
import {CLOCK_DRIFT, EFFECT_SLACK_MS} from '../../src/model/limits.ts';
import {clockRateText} from '../../src/governor/status-reporter.ts';

const RUNS = {numRuns: 300};
const ttls = fc.integer({min: 3_000, max: 60_000});
/** Rates of two clocks, each up to 5 % off. */
const rate = fc.double({min: 0.95, max: 1.05, noNaN: true});
const offset = fc.integer({min: -1e9, max: 1e9});

interface Clocks {
  readonly owner: number;
  readonly watcher: number;
  readonly offsetMs: number;
}

interface Beat {
  readonly sentAtMs: number;
  readonly nowMs: number;
}

/** The nth beat, sent each T/5 of the owner's clock and seen `delayMs` of real time later. */
function beatOf(
  {owner, watcher, offsetMs}: Clocks,
  ttlMs: number,
  n: number,
  delayMs: number,
): Beat {
  const sentAtMs = n * heartbeatIntervalMs(ttlMs);
  return {sentAtMs: sentAtMs + offsetMs, nowMs: (sentAtMs / owner + delayMs) * watcher};
}

/** After so many beats; `delayOf` their delays. */
function watched(
  clocks: Clocks,
  ttlMs: number,
  beats: number,
  delayOf: (n: number) => number,
): ClockRate {
  const estimate = new ClockRate(ttlMs);
  for (let n = 0; n < beats; n += 1) {
    const {sentAtMs, nowMs} = beatOf(clocks, ttlMs, n, delayOf(n));
    estimate.observe(sentAtMs, nowMs);
  }
  return estimate;
}

const LONG = 60;
const GOOD: Clocks = {owner: 1, watcher: 1, offsetMs: 0};

describe('the rate of a clock', () => {
  const late = (mostMs: number): fc.Arbitrary<number[]> =>
    fc.array(fc.integer({min: 0, max: mostMs}), {minLength: LONG, maxLength: LONG});

  it('is known within 0.3 % and a tenth of itself when delays differ by less than 40 ms', () => {
    fc.assert(
      fc.property(ttls, rate, rate, offset, late(40), (ttlMs, owner, watcher, offsetMs, delays) => {
        const delay = (n: number): number => (n % 3 === 0 ? 2 : (delays[n] ?? 0));
        const {measured} = watched({owner, watcher, offsetMs}, ttlMs, LONG, delay);
        const truth = watcher / owner - 1;
        expect(measured).toBeDefined();
        expect(Math.abs((measured ?? 1) - truth)).toBeLessThan(0.003 + Math.abs(truth) / 10);
      }),
      RUNS,
    );
  });

  it('makes W long enough though two of three heartbeats are late by any time up to 2 s', () => {
    fc.assert(
      fc.property(
        ttls,
        rate,
        rate,
        offset,
        late(2_000),
        (ttlMs, owner, watcher, offsetMs, delays) => {
          const delay = (n: number): number => (n % 3 === 0 ? 2 : (delays[n] ?? 0));
          const {excess} = watched({owner, watcher, offsetMs}, ttlMs, LONG, delay);
          const evictsMs = silenceMs(ttlMs, excess) / watcher;
          expect(evictsMs).toBeGreaterThan(actingMs(ttlMs) / owner + EFFECT_SLACK_MS);
        },
      ),
      RUNS,
    );
  });

  it('is not known before it has been watched for six T', () => {
    expect(watched(GOOD, 10_000, 30, () => 2).measured).toBeUndefined();
    expect(watched(GOOD, 10_000, 31, () => 2).measured).toBeDefined();
  });

  it('is not taken from a delay that comes up at any moment and stays, or goes again', () => {
    const moment = fc.integer({min: 0, max: LONG});
    const delay = fc.integer({min: 1, max: 2_000});
    const lasts = fc.integer({min: 1, max: LONG});
    fc.assert(
      fc.property(ttls, moment, lasts, delay, (ttlMs, from, beats, lateMs) => {
        const estimate = new ClockRate(ttlMs);
        for (let n = 0; n < LONG; n += 1) {
          const isLate = n >= from && n < from + beats;
          const {sentAtMs, nowMs} = beatOf(GOOD, ttlMs, n, 2 + (isLate ? lateMs : 0));
          estimate.observe(sentAtMs, nowMs);
          expect(clockRateText(estimate.measured)).toBeUndefined();
        }
      }),
      RUNS,
    );
  });

  it('of 2 % is named though every delay is another one, up to 20 ms', () => {
    const fast = fc.boolean();
    fc.assert(
      fc.property(fast, offset, late(20), (isFast, offsetMs, delays) => {
        const clocks = {owner: isFast ? 1.02 : 0.98, watcher: 1, offsetMs};
        const {measured} = watched(clocks, 10_000, LONG, (n) => delays[n] ?? 0);
        expect(clockRateText(measured)).toContain(isFast ? 'runs fast' : 'runs slow');
        expect(Math.abs(measured ?? 0)).toBeGreaterThan(CLOCK_DRIFT);
      }),
      RUNS,
    );
  });

  it('begins anew at a step of the clock, and ignores a heartbeat that is older than what is known', () => {
    const estimate = watched(GOOD, 10_000, LONG, () => 2);
    expect(estimate.excess).toBe(0);
    const {sentAtMs, nowMs} = beatOf(GOOD, 10_000, LONG, 2);
    estimate.observe(sentAtMs - 60_000, nowMs);
    expect(estimate.excess).toBe(0);
    estimate.observe(sentAtMs + 60_000, nowMs);
    expect(estimate.measured).toBeUndefined();
    expect(estimate.excess).toBe(0.1);
  });

  it('of a third makes the wait no longer than is believed', () => {
    const clocks = {owner: 1 / 3, watcher: 1, offsetMs: 0};
    const {measured, excess} = watched(clocks, 10_000, LONG, () => 2);
    expect(measured).toBeCloseTo(2);
    expect(excess).toBe(CLOCK_EXCESS_MOST_SHARE);
  });

  it('is bounded, whatever a container says', () => {
    // Few of all numbers are such as a clock could say.
    const said = fc.oneof(fc.double(), fc.integer({min: 0, max: 200_000}));
    const says = fc.array(fc.tuple(said, fc.integer({min: 0, max: 60_000})));
    fc.assert(
      fc.property(ttls, says, (ttlMs, beats) => {
        const estimate = new ClockRate(ttlMs);
        let nowMs = 0;
        for (const [sentAtMs, waitMs] of beats) {
          nowMs += waitMs;
          estimate.observe(sentAtMs, nowMs);
          expect(estimate.excess).toBeGreaterThanOrEqual(0);
          expect(silenceMs(ttlMs, estimate.excess)).toBeLessThan(2 * ttlMs);
        }
      }),
      RUNS,
    );
  });
});

describe('W', () => {
  /** Real ms from the last beat until the watcher may evict, and until the owner has certainly stopped. */
  function race(clocks: Clocks, ttlMs: number, beats: number, delay: (n: number) => number) {
    const clock = new FailureDetector();
    let seenMs = 0;
    for (let n = 0; n < beats; n += 1) {
      const {sentAtMs, nowMs} = beatOf(clocks, ttlMs, n, delay(n));
      clock.observe('i', n + 1, ttlMs, nowMs, sentAtMs);
      seenMs = nowMs;
    }
    let waitMs = 0;
    const step = Math.ceil(ttlMs / 1_000);
    for (; !clock.silent('i', seenMs + waitMs); waitMs += step)
      clock.probeCommitted(seenMs + waitMs);
    return {
      evictsMs: delay(beats - 1) + waitMs / clocks.watcher,
      stopsMs: actingMs(ttlMs) / clocks.owner + EFFECT_SLACK_MS,
    };
  }

  it('outlasts every owner whose clock is up to 5 % off, by a watcher whose clock is, however long it was watched', () => {
    const beats = fc.integer({min: 1, max: LONG});
    const jitter = fc.infiniteStream(fc.integer({min: 0, max: 15}));
    fc.assert(
      fc.property(ttls, rate, rate, beats, jitter, (ttlMs, owner, watcher, count, delays) => {
        const clocks = {owner, watcher, offsetMs: 0};
        const {evictsMs, stopsMs} = race(clocks, ttlMs, count, () => delays.next().value ?? 0);
        expect(evictsMs).toBeGreaterThan(stopsMs);
      }),
      RUNS,
    );
  });

  it('is T(1+rho)+eps for clocks that were watched for 3T and are good, and a tenth longer before', () => {
    for (const [beats, expected] of [
      [25, silenceMs(10_000)],
      [3, silenceMs(10_000, 0.1)],
    ] as const)
      expect(race(GOOD, 10_000, beats, () => 2).evictsMs - 2).toBeCloseTo(expected, -2);
  });

  it('is T(1+rho)+eps for heartbeats that do not tell the time', () => {
    const clock = new FailureDetector();
    clock.observe('i', 1, 10_000, 0);
    for (let nowMs = 0; nowMs <= 20_000; nowMs += 100) clock.probeCommitted(nowMs);
    expect(clock.wakeAtMs('i', 0, 9_000)).toBe(silenceMs(10_000));
    expect(clock.clockRate('i')).toBeUndefined();
  });
});
