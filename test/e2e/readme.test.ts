/** The first command of README.md, as it stands there: what a newcomer types. */
import {cpSync, mkdtempSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {expect, it} from 'vitest';
import {ROOT, block, killGroup, shell} from '../support/readme.ts';
import {LONG_MS, until} from '../support/until.ts';

/** What a checkout holds, so that the build disturbs no other test; the packages are installed. */
function checkout(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sm-readme-'));
  const made = new Set(['node_modules', 'dist', '.git', '.tmp', 'test', 'oclif.manifest.json']);
  cpSync(ROOT, folder, {recursive: true, filter: (path) => !made.has(basename(path))});
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

it('the first command is the whole way to twelve placed shards', async () => {
  const [install, ...rest] = block('Two commands')
    .trim()
    .split(/\s+&&\s+/);
  // The packages are there: these very tests run on them.
  expect(install).toBe('npm ci');
  expect(rest.at(-1)).toBe('bin/run.js dev');
  const folder = checkout();
  const startedMs = performance.now();
  const dev = shell(rest.join(' && '), folder);
  try {
    await until(
      () => dev.output().includes('app demo: 12 shards on 3 containers'),
      2 * LONG_MS,
      () => `the shards are placed: ${dev.output()}`,
    );
    const allMs = performance.now() - startedMs;
    const first = /the first after (\d+\.\d) s/.exec(dev.output())?.[1];
    console.log(
      `README: first shard placed ${first} s after sm dev began, 12 shards ${(allMs / 1000).toFixed(1)} s after npm run build began`,
    );
    expect(Number(first)).toBeGreaterThan(0);
    process.kill(-(dev.child.pid ?? 0), 'SIGINT');
    await dev.closed;
    expect(dev.output()).toContain('two owners at once: never');
  } finally {
    killGroup(dev);
    rmSync(folder, {recursive: true, force: true});
  }
});
