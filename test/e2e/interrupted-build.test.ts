/** A build that ends in the middle, as by Ctrl-C: what was built before stays as it was. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {expect, it, onTestFinished} from 'vitest';
import {LONG_MS} from '../support/cluster.ts';
import {until} from '../support/until.ts';

const PROJECT = resolve(import.meta.dirname, '../..');

/** The packages, but that this program of theirs says that it was called, and hangs: a build comes as far as that, and no further. */
function installWithout(checkout: string, program: string): void {
  const [from, to] = [PROJECT, checkout].map((folder) => join(folder, 'node_modules')) as [
    string,
    string,
  ];
  mkdirSync(join(to, '.bin'), {recursive: true});
  for (const name of readdirSync(from))
    if (name !== '.bin') symlinkSync(join(from, name), join(to, name));
  const hanging = '#!/bin/sh\ntouch hangs\nexec sleep infinity\n';
  writeFileSync(join(to, '.bin', program), hanging, {mode: 0o755});
}

it('leaves the last whole build', async () => {
  const checkout = mkdtempSync(join(tmpdir(), 'sm-build-'));
  onTestFinished(() => rmSync(checkout, {recursive: true, force: true}));
  for (const name of ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts'])
    cpSync(join(PROJECT, name), join(checkout, name), {recursive: true});
  symlinkSync(join(PROJECT, 'src'), join(checkout, 'src'));
  installWithout(checkout, 'tsc');
  mkdirSync(join(checkout, 'dist'));
  writeFileSync(join(checkout, 'dist', 'whole'), '');
  const tsx = join(PROJECT, 'node_modules', '.bin', 'tsx');
  const build = spawn(tsx, ['scripts/build.ts'], {cwd: checkout, stdio: 'ignore', detached: true});
  const ended = once(build, 'exit');
  const kill = (): void => {
    if (build.pid !== undefined && build.exitCode === null && build.signalCode === null)
      process.kill(-build.pid, 'SIGKILL');
  };
  onTestFinished(kill);
  const hangs = (): boolean => existsSync(join(checkout, 'hangs')) || build.exitCode !== null;
  await until(hangs, LONG_MS, () => 'the build is in its middle');
  expect(build.exitCode).toBeNull();
  const made = readdirSync(checkout, {recursive: true}).map(String);
  expect(made).toContain(join('.build', 'dist', 'cli', 'help.js'));
  kill();
  await ended;
  expect(readdirSync(join(checkout, 'dist'))).toEqual(['whole']);
});
