/** Warnings of a change of many shards: the first ones, and how many there are more. */
import {expect, it} from 'vitest';
import {ADDED_ROWS_SHOWN} from '../../src/cli/limits.ts';
import {warningLines} from '../../src/cli/warning-lines.ts';

const warnings = (count: number): string[] => Array.from({length: count}, (_, at) => `w${at}`);

it('shows as many warnings as rows, and counts the rest', () => {
  const all = warnings(ADDED_ROWS_SHOWN);
  expect(warningLines([])).toEqual([]);
  expect(warningLines(all)).toEqual(all);
  const more = warningLines(warnings(ADDED_ROWS_SHOWN + 2));
  expect(more.slice(0, -1)).toEqual(all);
  expect(more.at(-1)).toBe('2 more warnings; -o json shows all');
});
