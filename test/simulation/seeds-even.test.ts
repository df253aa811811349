import {describe, it} from 'vitest';
import {SEEDS, runEverySecond} from './seeds.ts';

/** Seeds a test, so that a failure says roughly where. */
const CHUNK = 500;

describe('the promises hold in even seeds', () => {
  for (let from = 2; from <= SEEDS; from += CHUNK) {
    it(`from ${from}`, {timeout: 240_000}, () => runEverySecond(from, from + CHUNK));
  }
});
