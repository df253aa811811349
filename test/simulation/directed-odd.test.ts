import {expect, it} from 'vitest';
import {playEverySecond} from './directed-singles.ts';

it('the promises hold whatever single fault strikes: odd numbers', {timeout: 900_000}, async () => {
  expect(await playEverySecond(1)).toBeGreaterThan(1_500);
});
