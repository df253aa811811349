import {describe, it} from 'vitest';
import {chunks, runEverySecond} from './seeds.ts';

describe('the promises hold in odd seeds', () => {
  for (const from of chunks(1)) {
    it(`from ${from}`, {timeout: 240_000}, () => runEverySecond(from));
  }
});
