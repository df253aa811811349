/** When a heartbeat's silence counts, and when to look again. */
import {describe, expect, it} from 'vitest';
import {silenceMs} from '../../src/model/container.ts';
import {FailureDetector} from '../../src/ownership/failure-detector.ts';

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
