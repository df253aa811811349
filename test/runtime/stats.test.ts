/** Stats of a pipe leave nothing behind that the loading of modules sees. */
import {execFileSync} from 'node:child_process';
import {cpSync, mkdirSync, realpathSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect, it} from 'vitest';
import {pathStats} from '../../src/runtime/stats.ts';
import {bundled} from '../support/bundle.ts';
import {ownFolder} from '../support/own-folder.ts';

/** Packages as pnpm and `npm link` have them: node_modules leads elsewhere. */
function linkedPackages(folder: string): void {
  for (const name of ['warm', 'thing']) {
    const home = join(folder, 'store', 'node_modules', name);
    mkdirSync(home, {recursive: true});
    writeFileSync(join(home, 'package.json'), JSON.stringify({name, main: 'index.js'}));
    writeFileSync(join(home, 'index.js'), 'exports.Thing = class Thing {};');
  }
  symlinkSync(join(folder, 'store', 'node_modules'), join(folder, 'node_modules'));
}

it.each([
  ['stdout is a pipe', '', true],
  // As of `-f <(...)`.
  ['a file that is read is a pipe', '/dev/stdin', 'words'],
])('links to packages are followed, also where %s', (_what, file, seen) => {
  const folder = realpathSync(ownFolder('stats'));
  linkedPackages(folder);
  const program = join(folder, 'probe.mjs');
  cpSync(bundled(join(import.meta.dirname, 'stats-probe.ts')), program);
  const line = `printf words | "${process.execPath}" "${program}" ${file} | cat`;
  const printed = execFileSync('sh', ['-c', line]);
  const home = join(folder, 'store', 'node_modules', 'thing', 'index.js');
  expect(printed.toString().trim()).toBe(`${seen} ${pathToFileURL(home).href}`);
});

it('of what is not there are undefined', () => {
  expect(pathStats(join(tmpdir(), 'sm-nowhere'))).toBeUndefined();
  expect(pathStats(tmpdir())?.isDirectory()).toBe(true);
});
