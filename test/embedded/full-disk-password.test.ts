/** The disk is full at the first start: the password is there as a whole, or not at all. */
import {mkdirSync, readFileSync, readdirSync} from 'node:fs';
import type * as Fs from 'node:fs';
import {join} from 'node:path';
import {afterEach, expect, it, vi} from 'vitest';
import {madePassword} from '../../src/embedded/made-password.ts';
import {revealed} from '../../src/model/hidden-text.ts';
import {cleanUp, newPath} from './store-bed.ts';

const disk = vi.hoisted(() => ({room: Number.POSITIVE_INFINITY}));

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof Fs>();
  const writeFileSync: typeof Fs.writeFileSync = (file, data, options) => {
    const taken = String(data).slice(0, disk.room);
    real.writeFileSync(file, taken, options);
    if (taken.length < String(data).length)
      throw Object.assign(new Error('ENOSPC: no space left on device'), {code: 'ENOSPC'});
  };
  return {...real, writeFileSync};
});

cleanUp();
afterEach(() => {
  disk.room = Number.POSITIVE_INFINITY;
});

it.each([0, 10])('that takes %i characters of it: the next start makes another', (room) => {
  const path = newPath();
  mkdirSync(path, {recursive: true});
  disk.room = room;
  expect(() => madePassword(path)).toThrow('ENOSPC');
  expect(readdirSync(path)).not.toContain('password');
  disk.room = Number.POSITIVE_INFINITY;
  const password = revealed(madePassword(path));
  expect(password).toMatch(/^[0-9a-f]{64}$/);
  expect(readFileSync(join(path, 'password'), 'utf8').trim()).toBe(password);
  expect(readdirSync(path)).toEqual(['password']);
});
