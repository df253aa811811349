/** When a heartbeat's silence counts, and when to look again. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {silenceMs} from '../../src/model/container.ts';
import {FailureDetector} from '../../src/ownership/failure-detector.ts';
import {AttentiveClock} from '../../src/runtime/clock.ts';
import {ATTENTION_LIMIT_MS, ATTENTION_TICK_MS} from '../../src/runtime/limits.ts';
import {TTL_MAX_MS, TTL_MIN_MS} from '../../src/model/limits.ts';

const T = 10_000;
const W = silenceMs(T);

/** Seen at 0; the watcher's own writes commit each second until then. */
function seen(untilMs: number, stepMs = 1_000): FailureDetector {
  const clock = new FailureDetector();
  clock.probeCommitted(0);
  clock.observe('i', 5, T, 0);
  for (let nowMs = stepMs; nowMs <= untilMs; nowMs += stepMs) clock.probeCommitted(nowMs);
  return clock;
}

describe('silence', () => {
  it('is over W since the version was first seen, told again or not', () => {
    const clock = seen(W + 1_000);
    clock.observe('i', 5, T, 9_000);
    clock.observe('i', 4, T, 9_500);
    expect(clock.silent('i', W - 1)).toBe(false);
    expect(clock.silent('i', W)).toBe(true);
    expect(clock.version('i')).toBe(5);
  });

  it('begins anew with another version', () => {
    const clock = seen(W + 1_000);
    clock.observe('i', 6, T, 1_000);
    expect(clock.silent('i', W)).toBe(false);
    expect(clock.silent('i', W + 1_000)).toBe(true);
  });

  it('counts from zero after a gap in which the store took no writes', () => {
    const clock = seen(5_000);
    const back = 5_000 + (2 * T) / 5 + 1;
    clock.probeCommitted(back);
    expect(clock.quietMs('i', back)).toBe(0);
    expect(clock.ageMs('i', back)).toBe(0);
    for (let nowMs = back; nowMs <= back + W; nowMs += 500) clock.probeCommitted(nowMs);
    expect(clock.silent('i', back + W - 1)).toBe(false);
    expect(clock.silent('i', back + W)).toBe(true);
  });

  it('does not count while the store is not known to take writes', () => {
    const lastProbe = 11_000;
    const clock = seen(lastProbe);
    expect(clock.silent('i', lastProbe + (2 * T) / 5)).toBe(true);
    expect(clock.silent('i', lastProbe + (2 * T) / 5 + 1)).toBe(false);
  });

  it('survives a gap that is short for this T', () => {
    const clock = seen(4 * T, (2 * T) / 5);
    expect(clock.quietMs('i', 4 * T)).toBe(4 * T);
  });

  it('of one that is not known is none', () => {
    const clock = seen(W);
    clock.forget('i');
    expect(clock.silent('i', 2 * W)).toBe(false);
    expect(clock.suspect('i', 2 * W)).toBe(false);
    expect(clock.version('i')).toBe(0);
    expect(clock.wakeAtMs('i', W, 0)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the next look', () => {
  it('is at suspicion, then at silence, then at the end of the wait', () => {
    const clock = seen(2 * W);
    const suspectMs = (2 * T) / 5 + 1;
    const waitMs = 2 * W;
    expect(clock.wakeAtMs('i', waitMs, 0)).toBe(suspectMs);
    expect(clock.suspect('i', suspectMs - 1)).toBe(false);
    expect(clock.suspect('i', suspectMs)).toBe(true);
    expect(clock.wakeAtMs('i', waitMs, suspectMs)).toBe(W);
    expect(clock.wakeAtMs('i', waitMs, W)).toBe(waitMs);
    expect(clock.wakeAtMs('i', waitMs, waitMs)).toBeGreaterThan(waitMs);
  });
});

describe('a watcher that stalls', () => {
  /** After a stall timers run first; what has waited in the sockets is read so much later. */
  const READ_AFTER_MS = 100;

  /** Watches one container that beats in time, through stalls of these lengths; the times at which it was suspect or silent. */
  function doubts(ttlMs: number, stalls: readonly number[]): number[] {
    const attentive = new AttentiveClock(ATTENTION_LIMIT_MS);
    const detector = new FailureDetector();
    const found: number[] = [];
    let [realMs, seen] = [0, 0];
    const look = (hasRead: boolean): void => {
      const nowMs = attentive.at(realMs);
      const beats = 1 + Math.floor(realMs / (ttlMs / 5));
      if (hasRead && beats > seen) detector.observe('i', (seen = beats), ttlMs, nowMs);
      detector.probeCommitted(nowMs);
      if (detector.suspect('i', nowMs) || detector.silent('i', nowMs)) found.push(realMs);
    };
    look(true);
    for (const stallMs of stalls) {
      for (const endMs = realMs + ttlMs / 3; realMs < endMs; realMs += ATTENTION_TICK_MS)
        look(true);
      realMs += stallMs;
      look(false);
      realMs += READ_AFTER_MS;
      look(true);
    }
    return found;
  }

  it('takes no container that beats for suspect or silent', () => {
    const ttls = fc.integer({min: TTL_MIN_MS, max: TTL_MAX_MS});
    const stalls = fc.array(fc.integer({min: 0, max: 100_000}), {maxLength: 10});
    fc.assert(fc.property(ttls, stalls, (ttlMs, lengths) => doubts(ttlMs, lengths).length === 0));
  });

  it('still sees one that has stopped', () => {
    const attentive = new AttentiveClock(ATTENTION_LIMIT_MS);
    const detector = new FailureDetector();
    detector.observe('i', 1, TTL_MIN_MS, attentive.at(0));
    for (
      let realMs = 0;
      realMs <= silenceMs(TTL_MIN_MS) + ATTENTION_TICK_MS;
      realMs += ATTENTION_TICK_MS
    )
      detector.probeCommitted(attentive.at(realMs));
    expect(detector.silent('i', attentive.at(silenceMs(TTL_MIN_MS) + ATTENTION_TICK_MS))).toBe(
      true,
    );
  });
});
