import {describe, it} from 'vitest';
import {chunks, runEverySecond} from './seeds.ts';

describe('the promises hold in even seeds', () => {
  for (const from of chunks(0)) {
    it(`from ${from}`, {timeout: 240_000}, () => runEverySecond(from));
  }
});
