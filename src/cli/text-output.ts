/** Files that a command writes. What is there already is somebody's: it is replaced only where a flag says so. */
import {openSync, realpathSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {SmError} from '../model/errors.ts';
import {pathStats} from '../runtime/stats.ts';

/** For the owner alone: tasks and traces may hold what is nobody's business. */
export const OWNER_ONLY = 0o600;
const ANYBODY = 0o666;

export interface FileRules {
  readonly overwrite: boolean;
  /** Of a new file, before the umask. */
  readonly mode?: number;
}

/** To be asked before the work, too: nobody waits for a result that has nowhere to go. @throws SmError INVALID_INPUT. */
export function refuseExisting(path: string, overwrite: boolean): void {
  if (!overwrite && isFile(path)) throw existsAlready(path);
}

/** For the owner alone, empty, to be written piece by piece. @throws SmError INVALID_INPUT. */
export function openOutput(path: string, overwrite: boolean): number {
  refuseExisting(path, overwrite);
  try {
    return openSync(path, 'w', OWNER_ONLY);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** The whole text or nothing: an old file stays until the new one is complete. @throws SmError INVALID_INPUT. */
export function writeFile(path: string, text: string, rules: FileRules): void {
  const {overwrite, mode = ANYBODY} = rules;
  refuseExisting(path, overwrite);
  try {
    // A device or a pipe takes the text itself: a rename would put a file in its place.
    if (isThere(path) && !isFile(path)) return writeFileSync(path, text);
    replace(isThere(path) ? realpathSync(path) : path, text, mode);
  } catch (error) {
    throw unwritable(path, error);
  }
}

function replace(path: string, text: string, mode: number): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text, {mode, flush: true});
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, {force: true});
    throw error;
  }
}

/** Whether it can be lost: a device, a pipe, a folder cannot. */
export function isFile(path: string): boolean {
  return pathStats(path)?.isFile() ?? false;
}

function isThere(path: string): boolean {
  return pathStats(path) !== undefined;
}

function existsAlready(path: string): SmError {
  return new SmError('INVALID_INPUT', `${path} cannot be written: it exists already`, {
    hint: 'name another file, or replace it with --overwrite',
  });
}

const FULL_HINT = 'make room on its disk, or name a file on another one';

/** Hints by code; the path may be wrong in all other cases. */
const HINTS = new Map<string | undefined, string>([
  ['ENOSPC', FULL_HINT],
  ['EDQUOT', FULL_HINT],
  ['EFBIG', 'raise the limit on the size of files: ulimit -f'],
]);

/** `kept`: what the file has all the same. */
export function unwritable(path: string, cause: unknown, kept?: string): SmError {
  const {code} = cause as NodeJS.ErrnoException;
  const hint = HINTS.get(code) ?? 'check the path and its permissions';
  const text = `${path} cannot be written: ${code ?? String(cause)}${kept === undefined ? '' : `; ${kept}`}`;
  return new SmError('INVALID_INPUT', text, {hint, cause});
}
