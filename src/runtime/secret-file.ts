/** Files that are named in settings. A pipe or a device is refused: to read one may wait for ever. */
import {closeSync, constants, fstatSync, openSync, readFileSync} from 'node:fs';
import type {Stats} from 'node:fs';
import {SmError} from '../model/errors.ts';

/**
 * The content of a plain file. Opened once, so that what is checked is what is read; links are followed, as Kubernetes mounts files by them.
 * `check` may refuse it for its rights.
 * @throws SmError INVALID_CONFIG when it cannot be read, is not a plain file, or is larger than `mostBytes`.
 */
export function readPlainFile(
  what: string,
  path: string,
  mostBytes: number,
  check: (rights: Stats) => void = () => undefined,
): Buffer {
  const file = openPlain(what, path);
  try {
    const rights = fstatSync(file);
    if (!rights.isFile())
      throw new SmError('INVALID_CONFIG', `${what} ${path} is not a plain file`, {
        hint: 'name a file: a directory, pipe or device is not read',
      });
    if (rights.size > mostBytes)
      throw new SmError('INVALID_CONFIG', `${what} ${path} is larger than ${mostBytes} bytes`);
    check(rights);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

function openPlain(what: string, path: string): number {
  try {
    // Opening a pipe to read would wait for a writer.
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    const {code = String(cause)} = cause as NodeJS.ErrnoException;
    throw new SmError('INVALID_CONFIG', `${what} ${path} cannot be read: ${code}`, {
      hint: 'check the path and its permissions',
      cause,
    });
  }
}
