import {statSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {makeFolder} from '../../src/runtime/make-folder.ts';
import {ownFolder} from '../support/own-folder.ts';

const base = ownFolder('folder');

it('makes what is missing, for the owner alone, and leaves what is there', () => {
  const path = join(base, 'a', 'b', 'c');
  makeFolder(path);
  makeFolder(path);
  for (const made of [path, join(base, 'a')]) expect(statSync(made).mode & 0o777).toBe(0o700);
});

it.each([
  ['below a folder that takes no names', () => '/proc/sm-data', /ENOENT|EROFS|EACCES|EPERM/],
  [
    'below a link to nowhere',
    () => {
      symlinkSync(join(base, 'nowhere'), join(base, 'link'));
      return join(base, 'link', 'data');
    },
    /ENOENT/,
  ],
  [
    'where a file is',
    () => {
      writeFileSync(join(base, 'file'), '');
      return join(base, 'file');
    },
    /EEXIST/,
  ],
])('is refused at once %s', (_name, path, code) => {
  const at = path();
  expect(() => makeFolder(at)).toThrow(code);
});
