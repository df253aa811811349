/** The commands of README.md, as they stand there: what a newcomer types. */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {expect, it} from 'vitest';
import {freePorts} from '../support/free-ports.ts';
import {LONG_MS, until} from '../support/until.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The first block of shell commands of the section, as it stands. */
function block(section: string): string {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, after = ''] = readme.split(`\n## ${section}\n`);
  return /```sh\n([\s\S]*?)```/.exec(after.split('\n## ')[0] ?? '')?.[1] ?? '';
}

/** The first command of the text that has these words. */
function inlineCommand(words: string): string {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  return new RegExp(`\`(sm [^\`]*${words}[^\`]*)\``).exec(readme)?.[1] ?? '';
}

/** What a checkout holds, so that the build disturbs no other test; the packages are installed. */
function checkout(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sm-readme-'));
  const made = new Set(['node_modules', 'dist', '.git', '.tmp', 'test', 'oclif.manifest.json']);
  cpSync(ROOT, folder, {recursive: true, filter: (path) => !made.has(basename(path))});
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

interface Shell {
  readonly child: ChildProcess;
  readonly closed: Promise<unknown>;
  output(): string;
}

/** The commands in a process group of their own, so that Ctrl-C can be sent as a terminal does. */
function shell(script: string, cwd: string, env: NodeJS.ProcessEnv = {}): Shell {
  const child = spawn('bash', ['-ec', script], {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {...process.env, NO_COLOR: '1', SM_OUTPUT: '', ...env},
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return {child, closed: once(child, 'close'), output: () => output};
}

/** SIGKILL to whatever of the group still lives. */
function killGroup({child}: Shell): void {
  try {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
  } catch {
    // Nothing of it lives.
  }
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

/** Ports of this test for etcd, daemon and CLI, given by environment and configuration: the commands stay as they are. */
async function ownPorts(folder: string): Promise<NodeJS.ProcessEnv> {
  const [port, client, peer] = await freePorts(3);
  const sample = readFileSync(join(ROOT, 'sample.yml'), 'utf8');
  writeFileSync(
    join(folder, 'sample.yml'),
    sample
      .replace('port: 8801', `port: ${port}`)
      .replace('[127.0.0.1:2379]', `[127.0.0.1:${client}]`),
  );
  return {
    SM_SERVER: `http://127.0.0.1:${port}`,
    SM_ENDPOINTS: `127.0.0.1:${client}`,
    ETCD_DATA_DIR: join(folder, 'etcd'),
    ETCD_LISTEN_CLIENT_URLS: `http://127.0.0.1:${client}`,
    ETCD_ADVERTISE_CLIENT_URLS: `http://127.0.0.1:${client}`,
    ETCD_LISTEN_PEER_URLS: `http://127.0.0.1:${peer}`,
    ETCD_INITIAL_ADVERTISE_PEER_URLS: `http://127.0.0.1:${peer}`,
    ETCD_INITIAL_CLUSTER: `default=http://127.0.0.1:${peer}`,
  };
}

it('the commands with etcd end with three shards on the container that is left', async () => {
  const commands = block('With etcd');
  expect(commands).toContain('etcd &');
  const folder = mkdtempSync(join(tmpdir(), 'sm-readme-'));
  const sm = `sm() { ${join(ROOT, 'bin', 'run.js')} "$@"; }`;
  const last = 'sm shard ls -a orders -o json > shards.json; echo "README is done"; wait';
  const run = shell(`${sm}\n${commands}\n${last}`, folder, await ownPorts(folder));
  try {
    await until(
      () => run.output().includes('README is done') || run.child.exitCode !== null,
      2 * LONG_MS,
      () => `the commands end: ${run.output()}`,
    );
    const {items} = JSON.parse(readFileSync(join(folder, 'shards.json'), 'utf8')) as {
      items: {id: string; container: string; state: string}[];
    };
    const rows = items.map(({id, container, state}) => [id, container, state]);
    expect(rows).toEqual(['s1', 's2', 's3'].map((id) => [id, 'c2', 'ready']));
  } finally {
    killGroup(run);
    await run.closed;
    rmSync(folder, {recursive: true, force: true});
  }
});

it('the command without an etcd fits sample.yml, changed as the text says', async () => {
  const command = inlineCommand('--embedded');
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain(
    'remove the line `endpoints` from `sample.yml`',
  );
  const folder = mkdtempSync(join(tmpdir(), 'sm-readme-'));
  const sample = readFileSync(join(ROOT, 'sample.yml'), 'utf8');
  writeFileSync(join(folder, 'sample.yml'), sample.replace(/^endpoints.*\n/m, ''));
  const sm = `sm() { ${join(ROOT, 'bin', 'run.js')} "$@"; }`;
  const check = shell(`${sm}\n${command} --check`, folder);
  await check.closed;
  rmSync(folder, {recursive: true, force: true});
  expect(check.child.exitCode, check.output()).toBe(0);
});
