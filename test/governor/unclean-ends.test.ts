/** Which ends of containers count, and for how long. */
import {describe, expect, it} from 'vitest';
import {UncleanEnds} from '../../src/governor/unclean-ends.ts';

const MINUTE_MS = 60_000;
const YOUNG = {container: 'c1', host: 'h1', hadProved: false, livedMs: 1_000};

describe('an end without leaving', () => {
  it('counts for ten minutes, for its id and for its host', () => {
    const ends = new UncleanEnds();
    ends.note(YOUNG, 0);
    ends.note({...YOUNG, container: 'c2'}, MINUTE_MS);
    expect(ends.of('c1', '', MINUTE_MS)).toEqual({count: 1, lastMs: 0});
    expect(ends.of('c3', 'h1', MINUTE_MS)).toEqual({count: 2, lastMs: MINUTE_MS});
    expect(ends.of('c3', 'h1', 10 * MINUTE_MS).count).toBe(1);
    expect(ends.of('c3', 'h1', 11 * MINUTE_MS).count).toBe(0);
  });

  it('is not held against what had served its shards for long', () => {
    const ends = new UncleanEnds();
    ends.note({...YOUNG, hadProved: true, livedMs: 5 * MINUTE_MS}, 0);
    expect(ends.of('c1', 'h1', 0).count).toBe(0);
    expect(ends.succeedsProved('c1')).toBe(true);
  });

  it('of what had served its shards for a moment counts', () => {
    const ends = new UncleanEnds();
    ends.note({...YOUNG, hadProved: true}, 0);
    expect(ends.of('c1', '', 0).count).toBe(1);
  });
});
