import {mkdtempSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';

/** A new folder in the home of the test file, which is gone with all that is in it once the tests have ended: nobody need remove it. */
export function ownFolder(name: string): string {
  return mkdtempSync(join(homedir(), `sm-${name}-`));
}
