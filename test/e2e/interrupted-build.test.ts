/** A build that ends in the middle, as by Ctrl-C: what was built before stays as it was. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {
  cpSync,
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

it('leaves the last whole build', async () => {
  const checkout = mkdtempSync(join(tmpdir(), 'sm-build-'));
  onTestFinished(() => rmSync(checkout, {recursive: true, force: true}));
  for (const name of ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts'])
    cpSync(join(PROJECT, name), join(checkout, name), {recursive: true});
  for (const name of ['src', 'node_modules'])
    symlinkSync(join(PROJECT, name), join(checkout, name));
  mkdirSync(join(checkout, 'dist'));
  writeFileSync(join(checkout, 'dist', 'whole'), '');
  const tsx = join(PROJECT, 'node_modules', '.bin', 'tsx');
  const build = spawn(tsx, ['scripts/build.ts'], {cwd: checkout, stdio: 'ignore', detached: true});
  const ended = once(build, 'exit');
  const made = (): boolean =>
    readdirSync(checkout, {recursive: true}).some((file) => String(file).endsWith('help.js'));
  await until(made, LONG_MS, () => 'the build has written a part');
  if (build.pid !== undefined) process.kill(-build.pid, 'SIGKILL');
  await ended;
  expect(readdirSync(join(checkout, 'dist'))).toEqual(['whole']);
});
