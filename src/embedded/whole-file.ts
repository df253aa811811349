/** A small file that is there as a whole or not at all, whatever a full disk or a crash cuts short. */
import {closeSync, fsyncSync, openSync, renameSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';

/** For its owner alone. What was cut short has the ending `.tmp`, which the next start removes. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.tmp`;
  writeFileSync(draft, text, {mode: 0o600, flush: true});
  renameSync(draft, path);
  syncPath(dirname(path));
}

/** Of a file its content, of a directory its names: they survive a crash from here on. */
export function syncPath(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
