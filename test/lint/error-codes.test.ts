/** An error code that nothing throws is a promise to scripts that nobody keeps. */
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';

const TABLE = 'src/model/errors.ts';
const CODE = /^ {2}([A-Z_]+): \{exit:/gm;

const others = readdirSync('src', {recursive: true, encoding: 'utf8'})
  .map((path) => join('src', path))
  .filter((path) => /\.tsx?$/.test(path) && path !== TABLE)
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');

it('every error code is named by the code that throws it', () => {
  const codes = [...readFileSync(TABLE, 'utf8').matchAll(CODE)].map(([, code]) => String(code));
  expect(codes.length).toBeGreaterThan(30);
  expect(codes.filter((code) => !others.includes(`'${code}'`))).toEqual([]);
});
