/** The password that a store makes for itself: 256 bits in a file of its data directory, for the owner alone when it is made. */
import {randomBytes} from 'node:crypto';
import {join} from 'node:path';
import {SmError} from '../model/errors.ts';
import {HiddenText} from '../model/hidden-text.ts';
import {readSecretFile} from '../runtime/secret-file.ts';
import {PASSWORD_FILE_LIMIT_BYTES} from '../runtime/limits.ts';
import {PASSWORD_BYTES} from './limits.ts';
import {writeWhole} from './whole-file.ts';

/** The user that has it. */
export const MADE_USER = 'sm';
export const PASSWORD_FILE = 'password';
const WHAT = 'the password of the store,';

/** As it is in the directory; made where the file is missing, which is how to get another one. @throws SmError INVALID_CONFIG */
export function madePassword(directory: string): HiddenText {
  const path = join(directory, PASSWORD_FILE);
  return read(path) ?? make(path);
}

function read(path: string): HiddenText | undefined {
  const text = content(path)?.trim();
  if (text === '')
    throw new SmError('INVALID_CONFIG', `${WHAT} ${path} is empty`, {
      hint: `rm ${path}: the next start makes another`,
    });
  return text === undefined ? undefined : new HiddenText(text);
}

function content(path: string): string | undefined {
  const mostBytes = PASSWORD_FILE_LIMIT_BYTES;
  try {
    const rules = {what: WHAT, mostBytes, readers: 'volume', links: 'refused'} as const;
    return readSecretFile(path, rules).toString('utf8');
  } catch (error) {
    const {cause} = error as {cause?: NodeJS.ErrnoException};
    if (cause?.code === 'ENOENT') return undefined;
    throw error;
  }
}

function make(path: string): HiddenText {
  const text = randomBytes(PASSWORD_BYTES).toString('hex');
  writeWhole(path, `${text}\n`);
  return new HiddenText(text);
}
