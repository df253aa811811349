import {expect, it} from 'vitest';
import {instantOf} from '../../src/cli/instant.ts';

const NOW_MS = Date.parse('2026-01-02T12:00:00Z');

it.each([
  [undefined, undefined],
  ['2h', '2026-01-02T10:00:00.000Z'],
  ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z'],
  ['2026-01-02', '2026-01-02T00:00:00.000Z'],
])('%s is %s', (text, instant) => {
  expect(instantOf('since', text, NOW_MS)).toBe(instant);
});

it('refuses what is neither a time nor a while', () => {
  expect(() => instantOf('since', '2026-13-77', NOW_MS)).toThrow('not a time');
  expect(() => instantOf('since', 'yesterday', NOW_MS)).toThrow('not a time');
  expect(() => instantOf('since', '2 weeks', NOW_MS)).toThrow('not a duration');
});
