import {describe, expect, it} from 'vitest';
import {QuietTime} from '../../src/governor/quiet-time.ts';
import type {SeenContainer} from '../../src/governor/quiet-time.ts';

const QUIET_MS = 30_000;

/** `c1`, `c1:leaving`, `c1#2` for a second incarnation, `c1@v2` for a version. */
function seen(...words: readonly string[]): Map<string, SeenContainer> {
  return new Map(
    words.map((word) => {
      const [, container = '', incarnation = '', version = '', state = 'ready'] =
        /^(\w+)(#\d+)?(?:@(\w+))?(?::(\w+))?$/.exec(word) ?? [];
      const one = {container, incarnation: container + incarnation, version};
      return [one.incarnation, {...one, state: state as SeenContainer['state']}];
    }),
  );
}

class Bed {
  readonly quiet = new QuietTime();
  nowMs = 0;

  /** So many seconds later these are there. */
  at(seconds: number, ...words: readonly string[]): boolean {
    this.nowMs = 1_000 * seconds;
    this.quiet.look(seen(...words), QUIET_MS, this.nowMs);
    return this.quiet.isQuiet(this.nowMs);
  }
}

describe('the quiet time', () => {
  it('does not begin with the start of an app, nor with a container more', () => {
    const bed = new Bed();
    expect(bed.at(0)).toBe(false);
    expect(bed.at(1, 'c1')).toBe(false);
    expect(bed.at(2, 'c1', 'c2')).toBe(false);
    expect(bed.at(60, 'c1', 'c2', 'c3')).toBe(false);
  });

  it('begins with a leave, begins anew with the end of it and with the return, and ends', () => {
    const bed = new Bed();
    bed.at(0, 'c1', 'c2');
    expect(bed.at(1, 'c1', 'c2:leaving')).toBe(true);
    expect(bed.quiet.endOf(bed.nowMs)).toBe(Number.POSITIVE_INFINITY);
    expect(bed.at(50, 'c1', 'c2:leaving')).toBe(true);
    bed.at(60, 'c1');
    expect(bed.quiet.endOf(bed.nowMs)).toBe(90_000);
    bed.at(80, 'c1', 'c2#2');
    expect(bed.quiet.endOf(bed.nowMs)).toBe(110_000);
    expect(bed.quiet.why).toBe('container c2 replaces one that left');
    expect(bed.at(109, 'c1', 'c2#2')).toBe(true);
    expect(bed.at(110, 'c1', 'c2#2')).toBe(false);
    expect(bed.quiet.endOf(bed.nowMs)).toBeUndefined();
  });

  it('begins with a return long after the leave, once for each that left', () => {
    const bed = new Bed();
    bed.at(0, 'c1', 'c2');
    bed.at(1, 'c1');
    expect(bed.at(100, 'c1')).toBe(false);
    expect(bed.at(101, 'c1', 'n1')).toBe(true);
    expect(bed.at(200, 'c1', 'n1')).toBe(false);
    expect(bed.at(201, 'c1', 'n1', 'n2')).toBe(false);
  });

  it('begins with a container of another version, whichever comes first', () => {
    const bed = new Bed();
    bed.at(0, 'c1@v1', 'c2@v1');
    expect(bed.at(1, 'c1@v1', 'c2@v1', 'n1@v2')).toBe(true);
    expect(bed.at(40, 'c1@v1', 'c2@v1', 'n1@v2')).toBe(false);
    expect(new Bed().at(0, 'c1@v1', 'c2@v2')).toBe(true);
    expect(new Bed().at(0, 'c1@v1', 'c2')).toBe(false);
  });

  it('lasts while a container is not heard, and no longer when it is heard again', () => {
    const bed = new Bed();
    bed.at(0, 'c1', 'c2');
    expect(bed.at(1, 'c1', 'c2:suspect')).toBe(true);
    expect(bed.quiet.why).toBe('no heartbeats from container c2');
    expect(bed.at(2, 'c1', 'c2')).toBe(false);
    expect(bed.at(3, 'c1', 'c2:silent')).toBe(true);
    expect(bed.at(60, 'c1', 'c2:silent')).toBe(true);
    // It was a pause: nobody left, so nobody is replaced.
    bed.at(61, 'c1', 'c2');
    expect(bed.at(100, 'c1', 'c2')).toBe(false);
    expect(bed.at(101, 'c1', 'c2', 'c3')).toBe(false);
  });

  it('is not begun anew for ever by one that flaps', () => {
    const bed = new Bed();
    bed.at(0, 'c1', 'c2');
    for (let round = 1; round <= 4; round += 1) {
      bed.at(10 * round, 'c1');
      bed.at(10 * round + 5, 'c1', `c2#${round}`);
    }
    // The second return was at 25 s.
    expect(bed.at(54, 'c1', 'c2#4')).toBe(true);
    expect(bed.at(56, 'c1', 'c2#4')).toBe(false);
  });

  it('is not begun anew by one that flaps and then takes long to leave, nor by as many joiners as it was looked at', () => {
    const bed = new Bed();
    bed.at(0, 'c1', 'c2');
    for (const round of [1, 2]) {
      bed.at(10 * round, 'c1');
      bed.at(10 * round + 5, 'c1', `c2#${round}`);
    }
    // The second return was at 25 s.
    for (let seconds = 30; seconds < 55; seconds += 1)
      expect(bed.at(seconds, 'c1', 'c2#2:leaving')).toBe(true);
    expect(bed.at(56, 'c1', 'c2#2:leaving')).toBe(false);
    expect(bed.at(57, 'c1')).toBe(false);
    expect(bed.at(58, 'c1', 'n1')).toBe(true);
    expect(bed.at(90, 'c1', 'n1')).toBe(false);
    expect(bed.at(91, 'c1', 'n1', 'n2')).toBe(false);
  });

  it('ends with the last container, and where the policy has none', () => {
    const bed = new Bed();
    bed.at(0, 'c1', 'c2');
    expect(bed.at(1, 'c2')).toBe(true);
    expect(bed.at(2)).toBe(false);
    expect(bed.at(3, 'c1#2')).toBe(false);
    bed.at(4, 'c1#2:leaving');
    bed.quiet.look(seen('c1#2:leaving'), 0, 5_000);
    expect(bed.quiet.isQuiet(5_000)).toBe(false);
  });
});
