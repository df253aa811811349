/**
 * The one way to read files that are named in settings or hold a secret. Opened once, so that what is checked is what is read. A pipe or a device is
 * refused: to read one may wait for ever.
 */
import {closeSync, constants, openSync, readFileSync} from 'node:fs';
import type {Stats} from 'node:fs';
import {SmError} from '../model/errors.ts';
import {refuseForeignOwner, refuseOthers} from './file-rights.ts';
import type {Readers} from './file-rights.ts';
import {descriptorStats} from './stats.ts';

export interface SecretFileRules {
  /** What it is, in messages: `token file`. */
  readonly what: string;
  readonly mostBytes: number;
  /** Who may read it besides its owner, which is this user or root. */
  readonly readers: Readers;
  /** `followed`: Kubernetes mounts files by links. */
  readonly links: 'followed' | 'refused';
}

/**
 * The content of a file with a secret.
 * @throws SmError INVALID_CONFIG when it cannot be read, is a link that is not followed, is not a plain file, is larger than `mostBytes`, is
 * another user's, or others may read it. The cause has the code of the system: ENOENT where there is no file.
 */
export function readSecretFile(path: string, rules: SecretFileRules): Buffer {
  const {what, mostBytes, readers, links} = rules;
  return readChecked({what, path, mostBytes, links}, (rights) => {
    if (readers === 'any') return;
    refuseForeignOwner(what, path, rights);
    refuseOthers(what, path, rights, readers);
  });
}

/**
 * The content of a file that is not a secret; links are followed.
 * @throws SmError INVALID_CONFIG when it cannot be read, is not a plain file, or is larger than `mostBytes`.
 */
export function readPlainFile(what: string, path: string, mostBytes: number): Buffer {
  return readChecked({what, path, mostBytes, links: 'followed'});
}

type SecretFile = Omit<SecretFileRules, 'readers'> & {readonly path: string};

function readChecked(
  {what, path, mostBytes, links}: SecretFile,
  check: (rights: Stats) => void = () => undefined,
): Buffer {
  const file = open(what, path, links);
  try {
    const rights = descriptorStats(file);
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

function open(what: string, path: string, links: SecretFileRules['links']): number {
  const noLinks = links === 'refused' ? (constants.O_NOFOLLOW ?? 0) : 0;
  try {
    // Opening a pipe to read would wait for a writer.
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | noLinks);
  } catch (cause) {
    const {code = String(cause)} = cause as NodeJS.ErrnoException;
    if (code === 'ELOOP' && links === 'refused')
      throw new SmError('INVALID_CONFIG', `${what} ${path} is a link`, {
        hint: 'put the file itself there',
        cause,
      });
    throw new SmError('INVALID_CONFIG', `${what} ${path} cannot be read: ${code}`, {
      hint: 'check the path and its permissions',
      cause,
    });
  }
}
