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

export function unwritable(path: string, cause: unknown): SmError {
  const {code} = cause as NodeJS.ErrnoException;
  const hint =
    code === 'EEXIST' ? 'name another file, or remove it' : 'check the path and its permissions';
  const why = code === 'EEXIST' ? 'it exists already' : (code ?? String(cause));
  return new SmError('INVALID_INPUT', `${path} cannot be written: ${why}`, {hint, cause});
}
