/** Who else may read or write a data directory: it holds everything that the store has, keys of apps included. */
import {lstatSync, readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {SmError} from '../model/errors.ts';
import {refuseForeignOwner, refuseOtherWriters, refuseOthers} from '../runtime/file-rights.ts';
import {isLockName} from './directory-lock.ts';

/**
 * The directory itself may be a link, as it may lie on another disk. Once nobody else can write to it, what was checked in it stays so.
 * @throws SmError INVALID_CONFIG when others may write to it, or it is another user's. Throws what the file system throws.
 */
export function checkDirectoryRights(path: string): void {
  const rights = statSync(path);
  refuseForeignOwner('data directory', path, rights);
  refuseOtherWriters('data directory', path, rights);
}

/**
 * The files of the store in it, and its lock.
 * @throws SmError INVALID_CONFIG when one is a link, or another user's, when others may read a file or write to the lock.
 */
export function checkContentRights(path: string, isFile: (name: string) => boolean): void {
  for (const name of readdirSync(path)) if (isLockName(name) || isFile(name)) check(path, name);
}

function check(path: string, name: string): void {
  const file = join(path, name);
  const rights = lstatSync(file, {throwIfNoEntry: false});
  // Another process that starts has cleared it away.
  if (rights === undefined) return;
  const what = isLockName(name) ? 'lock' : 'file of the store';
  if (rights.isSymbolicLink())
    throw new SmError('INVALID_CONFIG', `${what} ${file} is a link`, {
      hint: `replace the link by the file itself: ${path} may be a link, the files in it may not`,
    });
  refuseForeignOwner(what, file, rights);
  if (isLockName(name)) refuseOtherWriters(what, file, rights);
  else refuseOthers(what, file, rights, 'volume');
}
