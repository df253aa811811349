/** Files that commands write: a file that is there is somebody's, until a flag says otherwise. */
import {readFileSync, readdirSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeEach, expect, it} from 'vitest';
import {openOutput, refuseExisting, writeFile} from '../../src/cli/text-output.ts';
import {ownFolder} from '../support/own-folder.ts';

let folder = '';
let file = '';

beforeEach(() => {
  folder = ownFolder('output');
  file = join(folder, 'out.jsonl');
});

const TAKEN = {
  code: 'INVALID_INPUT',
  message: expect.stringContaining('out.jsonl cannot be written: it exists already') as string,
  hint: expect.stringContaining('--overwrite') as string,
};

it.each([
  ['refuseExisting', () => refuseExisting(file, false)],
  ['openOutput', () => openOutput(file, false)],
  ['writeFile', () => writeFile(file, 'new', {overwrite: false})],
] as const)('%s refuses a file that exists, and leaves it as it is', (_name, act) => {
  writeFileSync(file, 'old');
  expect(act).toThrow(expect.objectContaining(TAKEN) as Error);
  expect(readFileSync(file, 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['out.jsonl']);
});

it('writes a new file, and with the flag over an old one', () => {
  writeFile(file, 'first', {overwrite: false});
  expect(readFileSync(file, 'utf8')).toBe('first');
  writeFile(file, 'second', {overwrite: true});
  expect(readFileSync(file, 'utf8')).toBe('second');
  expect(readdirSync(folder)).toEqual(['out.jsonl']);
});

it('overwrites what a link names, and keeps the link', () => {
  const link = join(folder, 'link');
  writeFileSync(file, 'old');
  symlinkSync(file, link);
  writeFile(link, 'new', {overwrite: true});
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(readdirSync(folder).toSorted()).toEqual(['link', 'out.jsonl']);
});

it('writes to a device, where nothing is lost, without the flag, and leaves the device', () => {
  writeFile('/dev/null', 'gone', {overwrite: false});
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
});

it('names the code of what cannot be written, and leaves nothing beside it', () => {
  const nowhere = join(folder, 'none', 'out.jsonl');
  expect(() => writeFile(nowhere, 'x', {overwrite: false})).toThrow(
    /none\/out.jsonl cannot be written: ENOENT/,
  );
  expect(() => writeFile(folder, 'x', {overwrite: true})).toThrow(/cannot be written: EISDIR/);
  expect(readdirSync(folder)).toEqual([]);
});

it.skipIf(process.getuid === undefined)('keeps what may hold secrets for the owner alone', () => {
  writeFile(file, 'x', {overwrite: false, mode: 0o600});
  expect(statSync(file).mode & 0o777).toBe(0o600);
});
