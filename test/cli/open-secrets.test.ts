/** Files with secrets that others may read: a command says so, once for each. */
import {chmodSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {openSecretWarnings} from '../../src/cli/open-secrets.ts';
import {ownFolder} from '../support/own-folder.ts';

const folder = ownFolder('open-secrets');

function file(name: string, mode: number): string {
  const path = join(folder, name);
  writeFileSync(path, 'secret');
  chmodSync(path, mode);
  return path;
}

describe('a file with a secret', () => {
  it.each([0o644, 0o604, 0o666, 0o620])('that others may read or write (%o) is named', (mode) => {
    const path = file(`open-${mode}`, mode);
    expect(openSecretWarnings({'token file': path})).toEqual([
      `warning: token file ${path} can be read by others; fix: chmod 600 ${path}`,
    ]);
  });

  it.each([0o600, 0o400, 0o440])(
    'of its owner, or of a group of this process (%o), is not',
    (mode) => {
      expect(openSecretWarnings({'token file': file(`own-${mode}`, mode)})).toEqual([]);
    },
  );

  it('that is not set, or not there, is the matter of whoever reads it', () => {
    expect(openSecretWarnings({'token file': '', 'key file': join(folder, 'none')})).toEqual([]);
  });
});
