/** Whoever calls the admin API reads its errors without the code beside them: each says how to go on. */
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';

/** Nobody hears it. */
const UNHEARD = 'the caller has gone';

const folders = ['src/server/admin', 'src/server/http'].flatMap((folder) =>
  readdirSync(folder, {recursive: true, encoding: 'utf8'})
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path)),
);
const files = [...folders, 'src/protocol/http-refusals.ts'];

/** Every error that the text makes, up to its last parenthesis. */
function errorsIn(text: string): string[] {
  return [...text.matchAll(/new SmError\(/g)].map(({index}) => {
    let depth = 0;
    let end = index + 'new SmError'.length;
    do {
      if (text[end] === '(') depth += 1;
      if (text[end] === ')') depth -= 1;
      end += 1;
    } while (depth > 0);
    return text.slice(index, end).replace(/\s+/g, ' ');
  });
}

it('every error of the admin API has a hint', () => {
  const errors = files.flatMap((path) => errorsIn(readFileSync(path, 'utf8')));
  expect(errors.length).toBeGreaterThan(60);
  const without = errors.filter((error) => !/hint/i.test(error) && !error.includes(UNHEARD));
  expect(without).toEqual([]);
});

it('the admin client names options of the command line in parentheses only: programs read its errors, too', () => {
  const texts = readdirSync('src/admin').flatMap((name) => {
    const source = readFileSync(join('src/admin', name), 'utf8');
    return [...source.matchAll(/'[^'\n]*--[a-z][^'\n]*'/g)].map(([text]) => text);
  });
  expect(texts.length).toBeGreaterThan(5);
  // What is not a whole command.
  const rest = texts.map((text) => text.replaceAll(/\([^()]*\)|\bsm serve --\S+/g, ''));
  const outside = rest.filter((text) => /--[a-z]/.test(text));
  expect(outside).toEqual([]);
});
