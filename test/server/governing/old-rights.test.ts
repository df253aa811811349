import {expect, it} from 'vitest';
import {silenceMs} from '../../../src/model/container.ts';
import {OldRights} from '../../../src/server/governing/old-rights.ts';
import {UNWATCHED_CLOCK_EXCESS} from '../../../src/model/limits.ts';

const LONGEST_MS = 60_000;
const ALL_MS = silenceMs(LONGEST_MS, UNWATCHED_CLOCK_EXCESS);

it('the longest T there may be is waited for from the moment the restore was noticed', () => {
  const rights = new OldRights(LONGEST_MS);
  rights.noticed(5_000);
  expect(ALL_MS).toBeGreaterThan(LONGEST_MS);
  expect(rights.leftMs(5_000)).toBe(ALL_MS);
  expect(rights.leftMs(25_000)).toBe(ALL_MS - 20_000);
  expect(rights.leftMs(5_000 + ALL_MS + 1)).toBe(0);
});

it('all of it where this daemon has noticed nothing itself, and again after the next restore', () => {
  const rights = new OldRights(LONGEST_MS);
  expect(rights.leftMs(1_000_000)).toBe(ALL_MS);
  rights.noticed(0);
  rights.noticed(90_000);
  expect(rights.leftMs(100_000)).toBe(ALL_MS - 10_000);
});
