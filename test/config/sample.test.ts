/** sample.yml is what hints of faults send to. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {parse} from 'yaml';
import {SETTINGS} from '../../src/config/settings.ts';

const sample = join(import.meta.dirname, '..', '..', 'sample.yml');

it('the sample shows every setting, as the hint of a fault says', () => {
  const lines = readFileSync(sample, 'utf8').split('\n');
  const uncommented = lines.map((line) => line.replace(/^# (?=\s*(?:\w+:|\{))/, ''));
  const found = parse(uncommented.join('\n')) as Record<string, unknown>;
  const shown = (path: string): boolean =>
    path.split('.').reduce<unknown>((map, key) => (map as typeof found)?.[key], found) !==
    undefined;
  expect([...SETTINGS.keys()].filter((path) => !shown(path))).toEqual([]);
});
