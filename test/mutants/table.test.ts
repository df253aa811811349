/** The table of mutants itself: each rule is where its mutant looks for it. `npm run mutants` plants them and runs what has to notice. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {SEEDS_LIMIT, planted} from './mutant.ts';
import {MUTANTS} from './table.ts';

const root = join(import.meta.dirname, '../..');
const LEAST_MUTANTS = 50;

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

describe('the table of mutants', () => {
  it('has each name once, and many of them', () => {
    const names = MUTANTS.map(({name}) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(LEAST_MUTANTS);
  });

  it('finds the text of each exactly once, and changes it', () => {
    const drifted: string[] = [];
    for (const mutant of MUTANTS) {
      const source = read(mutant.file);
      try {
        if (planted(source, mutant) === source) drifted.push(`"${mutant.name}" changes nothing`);
      } catch (error) {
        drifted.push(String(error));
      }
    }
    expect(drifted).toEqual([]);
  });

  it('gives no mutant more seeds than are allowed, and no equivalent one without a reason', () => {
    for (const {killed} of MUTANTS) {
      if (killed.by === 'seeds') expect(killed.within).toBeLessThanOrEqual(SEEDS_LIMIT);
      if (killed.by === 'equivalent') expect(killed.because.length).toBeGreaterThan(20);
    }
  });
});
