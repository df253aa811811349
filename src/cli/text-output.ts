/** Files that a command writes beside its result. */
import {writeFileSync} from 'node:fs';
import {SmError} from '../model/errors.ts';

/** @throws SmError INVALID_INPUT. */
export function writeFile(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw unwritable(path, error);
  }
}

const FULL_HINT = 'make room on its disk, or name a file on another one';

/** Hints by code; the path may be wrong in all other cases. */
const HINTS = new Map<string | undefined, string>([
  ['EEXIST', 'name another file, or remove it'],
  ['ENOSPC', FULL_HINT],
  ['EDQUOT', FULL_HINT],
]);

/** `kept`: what the file has all the same. */
export function unwritable(path: string, cause: unknown, kept?: string): SmError {
  const {code} = cause as NodeJS.ErrnoException;
  const hint = HINTS.get(code) ?? 'check the path and its permissions';
  const why = code === 'EEXIST' ? 'it exists already' : (code ?? String(cause));
  const text = `${path} cannot be written: ${why}${kept === undefined ? '' : `; ${kept}`}`;
  return new SmError('INVALID_INPUT', text, {hint, cause});
}
