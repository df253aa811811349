import {describe, expect, it} from 'vitest';
import {bar, percent} from '../../src/views/text.ts';

describe('a bar', () => {
  it.each([
    [0, '[..........]', '0%'],
    [0.001, '[#.........]', '1%'],
    [0.5, '[#####.....]', '50%'],
    [0.994, '[#########.]', '99%'],
    [0.9999, '[#########.]', '99%'],
    [1, '[##########]', '100%'],
    [1.5, '[##########]', '150%'],
  ])(
    'of %f is full only where all is there, and empty only where nothing is',
    (share, shown, text) => {
      expect(bar(share, 12)).toBe(shown);
      expect(percent(share)).toBe(text);
    },
  );
});
