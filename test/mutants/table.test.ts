/** The table of mutants itself: each rule is where its mutant looks for it. `npm run mutants` plants them and runs what has to notice. */
import {existsSync, readFileSync, readdirSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {SEEDS_LIMIT, planted} from './mutant.ts';
import {MUTANTS} from './table.ts';
import {testNames} from './titles.ts';

const root = join(import.meta.dirname, '../..');
const LEAST_MUTANTS = 50;

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** Some tests are named after the files and folders beside theirs. */
function namesOf(file: string): (fullName: string) => boolean {
  if (!existsSync(join(root, file))) return () => false;
  const paths = readdirSync(join(root, dirname(file)), {recursive: true, encoding: 'utf8'});
  return testNames(
    read(file),
    paths.map((path) => basename(path)).flatMap((name) => [name, name.replace('.txt', '')]),
  );
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

  it('names tests that there are', () => {
    const byTest = MUTANTS.flatMap(({killed}) => (killed.by === 'test' ? [killed] : []));
    const hasTest = new Map(
      [...new Set(byTest.map(({file}) => file))].map((file) => [file, namesOf(file)]),
    );
    const missing = byTest.filter(({file, test}) => hasTest.get(file)?.(test) !== true);
    expect(missing.map(({file, test}) => `${file}: ${test}`)).toEqual([]);
  });

  it('gives no mutant more seeds than are allowed, and no equivalent one without a reason', () => {
    for (const {killed} of MUTANTS) {
      if (killed.by === 'seeds') expect(killed.within).toBeLessThanOrEqual(SEEDS_LIMIT);
      if (killed.by === 'equivalent') expect(killed.because.length).toBeGreaterThan(20);
    }
  });
});

describe('the names of the tests of a file', () => {
  const hasTest = testNames(
    `describe('a lease', () => {
      it('is kept (twice)', () => {});
      it.skipIf(x)('is given up', () => {});
      it.each([['a mouse'], ['an owl']])('is taken by %s', () => {});
      for (const file of files) it(\`is as in \${file}\`, () => {});
    });
    test.each(rows)('%s', () => {});`,
    ['one.txt'],
  );

  it.each([
    'a lease > is kept (twice)',
    'a lease > is given up',
    'a lease > is taken by a mouse',
    'a lease > is as in one.txt',
    'an owl',
  ])('are among them "%s"', (name) => {
    expect(hasTest(name)).toBe(true);
  });

  it.each(['is kept (twice)', 'a lease > is', 'a lease > is taken by a cat', 'a lease'])(
    'are not among them "%s"',
    (name) => {
      expect(hasTest(name)).toBe(false);
    },
  );
});
