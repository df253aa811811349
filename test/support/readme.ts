/** README.md: its commands as they stand there, and the shell that runs them. */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
/** Each `sh` block, without its fence. */
const BLOCK = /^```sh\n([^]*?)^```/gm;

function section(title: string): string {
  const [, after = ''] = README.split(`\n## ${title}\n`);
  return after.split('\n## ')[0] ?? '';
}

/** All blocks of shell commands, in order. */
export function blocks(): string[] {
  return [...README.matchAll(BLOCK)].map(([, code = '']) => code);
}

/** The first block of shell commands of the section. */
export function block(title: string): string {
  return [...section(title).matchAll(BLOCK)][0]?.[1] ?? '';
}

/** Commands between backquotes: whatever begins with a program of this README and has more words. */
export function inlineCommands(text = README.replace(BLOCK, '')): string[] {
  return [...text.matchAll(/`((?:sm|npm|source|etcd|bin\/run\.js) [^`\n]+)`/g)].map(
    ([, command = '']) => command,
  );
}

/** The rows of the table below the heading `Commands`. */
export function tableRows(): {task: string; cell: string; commands: string[]}[] {
  const [, , ...rows] = section('Commands')
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return rows.map((row) => {
    const [, task = '', cell = ''] = row.split('|').map((part) => part.trim());
    return {task, cell, commands: inlineCommands(cell)};
  });
}

/** The text says how `sample.yml` has to be changed for a store of the daemon's own. */
export function sampleWithoutEtcd(): string {
  const asked = 'remove the line `endpoints` from `sample.yml`';
  if (!README.includes(asked)) throw new Error(`README.md does not say: ${asked}`);
  return readFileSync(join(ROOT, 'sample.yml'), 'utf8').replace(/^endpoints.*\n/m, '');
}

export interface Shell {
  readonly child: ChildProcess;
  readonly closed: Promise<unknown>;
  output(): string;
}

/** The commands in a process group of their own, so that Ctrl-C can be sent as a terminal does. */
export function shell(script: string, cwd: string, env: NodeJS.ProcessEnv = {}): Shell {
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
export function killGroup({child}: Shell): void {
  try {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
  } catch {
    // Nothing of it lives.
  }
}
