/** The disk is full at the first start: the password is there as a whole, or not at all. */
import {mkdirSync, readFileSync, readdirSync} from 'node:fs';
import type * as Fs from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import type * as MadePassword from '../../src/embedded/made-password.ts';
import type * as Hidden from '../../src/model/hidden-text.ts';
import {cleanUp, newPath} from './store-bed.ts';

const disk = {room: Number.POSITIVE_INFINITY};

let made: Pick<typeof MadePassword, 'madePassword'> & Pick<typeof Hidden, 'revealed'>;

cleanUp();

// Modules that another file has loaded before have the real disk: these are loaded anew.
beforeEach(async () => {
  vi.resetModules();
  vi.doMock('node:fs', async (importOriginal) => {
    const real = await importOriginal<typeof Fs>();
    const writeFileSync: typeof Fs.writeFileSync = (file, data, options) => {
      const taken = String(data).slice(0, disk.room);
      real.writeFileSync(file, taken, options);
      if (taken.length < String(data).length)
        throw Object.assign(new Error('ENOSPC: no space left on device'), {code: 'ENOSPC'});
    };
    return {...real, writeFileSync};
  });
  const {madePassword} = await import('../../src/embedded/made-password.ts');
  const {revealed} = await import('../../src/model/hidden-text.ts');
  made = {madePassword, revealed};
});

afterEach(() => {
  disk.room = Number.POSITIVE_INFINITY;
  vi.doUnmock('node:fs');
  vi.resetModules();
});

it.each([0, 10])('that takes %i characters of it: the next start makes another', (room) => {
  const path = newPath();
  mkdirSync(path, {recursive: true});
  disk.room = room;
  expect(() => made.madePassword(path)).toThrow('ENOSPC');
  expect(readdirSync(path)).not.toContain('password');
  disk.room = Number.POSITIVE_INFINITY;
  const password = made.revealed(made.madePassword(path));
  expect(password).toMatch(/^[0-9a-f]{64}$/);
  expect(readFileSync(join(path, 'password'), 'utf8').trim()).toBe(password);
  expect(readdirSync(path)).toEqual(['password']);
});
