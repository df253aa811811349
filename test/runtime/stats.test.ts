/** Stats of a pipe leave nothing behind that the loading of modules sees. */
import {execFileSync} from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect, it} from 'vitest';
import {pathStats} from '../../src/runtime/stats.ts';
import {bundled} from '../support/bundle.ts';

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

it('links to packages are followed, also where stdout is a pipe', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sm-stats-')));
  try {
    linkedPackages(folder);
    const program = join(folder, 'probe.mjs');
    cpSync(bundled(join(import.meta.dirname, 'stats-probe.ts')), program);
    const printed = execFileSync('sh', ['-c', `"${process.execPath}" "${program}" | cat`]);
    const home = join(folder, 'store', 'node_modules', 'thing', 'index.js');
    expect(printed.toString().trim()).toBe(`true ${pathToFileURL(home).href}`);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
});

it('of what is not there are undefined', () => {
  expect(pathStats(join(tmpdir(), 'sm-nowhere'))).toBeUndefined();
  expect(pathStats(tmpdir())?.isDirectory()).toBe(true);
});
