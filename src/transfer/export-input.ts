/** An export as it comes in: a file, or stdin. */
import {readFileSync} from 'node:fs';
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
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): SmError {
  const {code} = cause as NodeJS.ErrnoException;
  return new SmError('INVALID_INPUT', `${path} cannot be read: ${code ?? String(cause)}`, {
    hint: 'check the path and its permissions',
    cause,
  });
}
