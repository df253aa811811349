/** The first commands of README.md, as they stand there: what a newcomer types. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {expect, it} from 'vitest';
import {until} from '../support/until.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LIMIT_MS = 240_000;
const SECTION = 'In one minute';

/** The first block of shell commands of the section, one command each, comments cut off. */
function commands(section: string): string[] {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, after = ''] = readme.split(`\n## ${section}\n`);
  const [, block = ''] = /```sh\n([\s\S]*?)```/.exec(after.split('\n## ')[0] ?? '') ?? [];
  return block
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '')
    .flatMap((line) => line.split(/\s+&&\s+/));
}

/** What a checkout holds, so that the build disturbs no other test; the packages are installed. */
function checkout(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sm-readme-'));
  const made = new Set(['node_modules', 'dist', '.git', '.tmp', 'test', 'oclif.manifest.json']);
  cpSync(ROOT, folder, {recursive: true, filter: (path) => !made.has(basename(path))});
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

it('are the whole way to twelve placed shards', {timeout: 2 * LIMIT_MS}, async () => {
  const [install, ...rest] = commands(SECTION);
  // The packages are there: these very tests run on them.
  expect(install).toBe('npm ci');
  expect(rest.at(-1)).toBe('bin/run.js dev');
  const folder = checkout();
  const startedMs = performance.now();
  // A group of its own, so that Ctrl-C can be sent as a terminal does.
  const child = spawn('bash', ['-ec', rest.join(' && ')], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {...process.env, NO_COLOR: '1', NODE_OPTIONS: '', SM_OUTPUT: ''},
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const closed = once(child, 'close');
  try {
    await until(
      () => output.includes('12 shards of app demo run on 3 containers'),
      LIMIT_MS,
      () => `the shards are placed: ${output}`,
    );
    const allMs = performance.now() - startedMs;
    const first = /the first after (\d+\.\d) s/.exec(output)?.[1];
    console.log(
      `README: first shard placed ${first} s after sm dev began, 12 shards ${(allMs / 1000).toFixed(1)} s after npm run build began`,
    );
    expect(Number(first)).toBeGreaterThan(0);
    process.kill(-(child.pid ?? 0), 'SIGINT');
    await closed;
    expect(output).toContain('two owners at once: never');
  } finally {
    if (child.exitCode === null && child.signalCode === null)
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    rmSync(folder, {recursive: true, force: true});
  }
});
