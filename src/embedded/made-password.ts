/** The password that a store makes for itself: 256 bits in a file of its data directory, for the owner alone. */
import {randomBytes} from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {SmError} from '../model/errors.ts';
import {HiddenText} from '../model/hidden-text.ts';

/** The user that has it. */
export const MADE_USER = 'sm';
export const PASSWORD_FILE = 'password';
const PASSWORD_BYTES = 32;
const OPEN_TO_OTHERS = 0o077;

/** As it is in the directory; made where the file is missing, which is how to get another one. @throws SmError INVALID_CONFIG */
export function madePassword(directory: string): HiddenText {
  const path = join(directory, PASSWORD_FILE);
  return read(path) ?? make(path);
}

function read(path: string): HiddenText | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    const {code = ''} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw refused(path, 'is a link', 'put the file itself there');
    throw error;
  }
  try {
    if (process.platform !== 'win32' && (fstatSync(file).mode & OPEN_TO_OTHERS) !== 0)
      throw refused(path, 'can be read by others', `chmod 600 ${path}`);
    const text = readFileSync(file, 'utf8').trim();
    if (text === '') throw refused(path, 'is empty', `rm ${path}: the next start makes another`);
    return new HiddenText(text);
  } finally {
    closeSync(file);
  }
}

function make(path: string): HiddenText {
  const text = randomBytes(PASSWORD_BYTES).toString('hex');
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, `${text}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return new HiddenText(text);
}

function refused(path: string, why: string, hint: string): SmError {
  return new SmError('INVALID_CONFIG', `the password of the store, ${path}, ${why}`, {hint});
}
