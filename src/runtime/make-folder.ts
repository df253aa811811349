import {existsSync, mkdirSync, statSync} from 'node:fs';
import {dirname} from 'node:path';

/**
 * Makes a folder for its owner alone, and those above it that are missing; one that is there stays as it is.
 * Not by `recursive` of Node: where the system refuses a name below a folder that is there, as under /proc, that never returns.
 * @throws NodeJS.ErrnoException
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, {mode: 0o700});
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path));
    makeFolder(path);
  }
}
