/** `npm test` on a machine without etcd, etcdctl, promtool and tmux that may not install them: the last line says what was not run. */
import {execFile} from 'node:child_process';
import {mkdir, mkdtemp, readdir, rm, symlink} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {promisify} from 'node:util';
import {afterEach, beforeEach, expect, it} from 'vitest';

const WITHOUT = new Set(['etcd', 'etcdctl', 'promtool', 'tmux', 'apt-get', 'sudo']);
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sm-no-tools-'));
});
afterEach(() => rm(root, {recursive: true, force: true}));

/** A folder for PATH with everything that is on it but these programs. */
async function pathWithout(programs: ReadonlySet<string>): Promise<string> {
  const bin = join(root, 'bin');
  await mkdir(bin);
  for (const folder of (process.env['PATH'] ?? '').split(delimiter))
    for (const name of await readdir(folder).catch(() => []))
      if (!programs.has(name)) await symlink(join(folder, name), join(bin, name)).catch(() => '');
  return bin;
}

it('says in its last line what was not run, and what for', async () => {
  const env = {...process.env, PATH: await pathWithout(WITHOUT)};
  const command = [join('node_modules', '.bin', 'tsx'), 'scripts/test.ts', 'format'];
  const {stdout} = await promisify(execFile)(process.execPath, command, {env});
  const last = stdout.trim().split('\n').at(-1);
  expect(last).toMatch(/^0 passed, 0 failed; not run without etcd, etcdctl, promtool, tmux: /);
  expect(last).toContain('test/conformance/**');
  expect(last).toContain('test/e2e/views-terminal.test.ts');
});
