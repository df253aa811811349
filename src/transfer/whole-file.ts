/** Files that are either there as a whole or not at all. */
import {readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {text as readAll} from 'node:stream/consumers';
import {SmError} from '../model/errors.ts';

/** The file, or stdin for `-`. @throws SmError INVALID_INPUT. */
export async function readWhole(path: string): Promise<string> {
  if (path === '-') {
    if (process.stdin.isTTY)
      throw new SmError('INVALID_INPUT', 'no export is given', {hint: 'name a file with -f'});
    return readAll(process.stdin);
  }
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unusable(path, 'read', error);
  }
}

/** For the owner alone: tasks may hold what is nobody's business. @throws SmError INVALID_INPUT. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text, {mode: 0o600, flush: true});
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, {force: true});
    throw unusable(path, 'written', error);
  }
}

function unusable(path: string, what: string, cause: unknown): SmError {
  const {code} = cause as NodeJS.ErrnoException;
  return new SmError('INVALID_INPUT', `${path} cannot be ${what}: ${code ?? String(cause)}`, {
    hint: 'check the path and its permissions',
    cause,
  });
}
