import {describe, expect, it} from 'vitest';
import {silenceMs} from '../../src/model/container.ts';
import {FailureDetector} from '../../src/ownership/failure-detector.ts';
import {GovernorBed, TTL_MS} from './governor-bed.ts';
import type {BedOptions} from './governor-bed.ts';
import {CLOCK_DRIFT} from '../../src/model/limits.ts';

/** Waits end within a step of the bed. */
const STEP_MS = 200;

/** Three containers; the clock of c1 makes so many ms of one of the governor's. */
function bedOf(rate: number, options?: BedOptions): GovernorBed {
  const bed = new GovernorBed(['s1', 's2', 's3'], options);
  const containers = ['c1', 'c2', 'c3'];
  for (const container of containers) bed.clockRates.set(container, container === 'c1' ? rate : 1);
  for (const container of containers) bed.join(container);
  bed.pass(8 * TTL_MS, containers);
  return bed;
}

function clockAlarms(bed: GovernorBed): string[] {
  const alarms = bed.status?.alarms ?? [];
  return alarms.filter(({code}) => code === 'CLOCK_RATE').map(({text}) => text);
}

describe('a container whose clock is off', () => {
  it('by less than half of what is assumed raises no alarm', () => {
    expect(clockAlarms(bedOf(1 - CLOCK_DRIFT / 3))).toEqual([]);
  });

  it.each([
    [0.97, /c1 runs slow by more than 2 %.*: the wait .* is longer by what exceeds 1 %;/],
    [1 / 1.007, /c1 runs slow by more than 0\.5 %.*: the wait .* allows for 1 %;/],
    [1.03, /c1 runs fast by more than 2 %/],
  ])('at a rate of %d raises CLOCK_RATE, one text for as long as it lasts', (rate, text) => {
    const bed = bedOf(rate);
    const [alarm] = bed.status?.alarms.filter(({code}) => code === 'CLOCK_RATE') ?? [];
    expect(alarm?.text).toMatch(text);
    expect(clockAlarms(bed)).toHaveLength(1);
    bed.pass(2 * TTL_MS, ['c1', 'c2', 'c3']);
    expect(bed.status?.alarms).toContainEqual(alarm);
  });

  it('ends the alarm when the clock is well again', () => {
    const bed = bedOf(0.97);
    expect(clockAlarms(bed)).toHaveLength(1);
    // A clock that is set back to time by a step, and keeps it.
    bed.clockRates.set('c1', 1);
    bed.pass(8 * TTL_MS, ['c1', 'c2', 'c3']);
    expect(clockAlarms(bed)).toEqual([]);
  });

  it('begins and ends the alarm also where the failure detector has heard each heartbeat already', () => {
    const bed = bedOf(0.97, {failureDetector: new FailureDetector()});
    expect(clockAlarms(bed)).toHaveLength(1);
    bed.clockRates.set('c1', 1);
    bed.pass(8 * TTL_MS, ['c1', 'c2', 'c3']);
    expect(clockAlarms(bed)).toEqual([]);
  });

  it('slow by 5 %, is evicted later by the 4 % that are not in W', () => {
    const bed = bedOf(1 / 1.05);
    const waitMs = silenceMs(TTL_MS, 0.04);
    bed.beat('c1');
    bed.pass(waitMs - STEP_MS, ['c2', 'c3']);
    expect(bed.evictions).toEqual([]);
    bed.pass(2 * STEP_MS, ['c2', 'c3']);
    expect(bed.evictions).toMatchObject([{container: 'c1'}]);
  });

  it('fast, or as good as that of the governor, is evicted after W', () => {
    for (const rate of [1, 1.05]) {
      const bed = bedOf(rate);
      bed.beat('c1');
      bed.pass(silenceMs(TTL_MS) + STEP_MS, ['c2', 'c3']);
      expect(bed.evictions).toMatchObject([{container: 'c1'}]);
    }
  });
});
