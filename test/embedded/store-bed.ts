/** What tests of the store on disk share: directories and stores that do not outlive a test. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach} from 'vitest';
import {openStores} from './disk-store.ts';

const folders: string[] = [];

/** Call once in a test file: drops what its tests leave. */
export function cleanUp(): void {
  afterEach(() => {
    for (const store of openStores) store.drop();
    for (const path of folders.splice(0)) rmSync(path, {recursive: true, force: true});
  });
}

/** A path in a new temporary directory; nothing is there yet. */
export function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sm-store-'));
  folders.push(folder);
  return join(folder, 'data');
}
