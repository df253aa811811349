/**
 * The simulation in processes of their own, from a bundle: that plays a seed in four fifths of the time that modules take which are loaded
 * file by file, and what one process has learnt of the code serves all its runs.
 */
import {fork} from 'node:child_process';
import {rmSync} from 'node:fs';
import {build} from 'esbuild';
import {inTurn} from './command.ts';
import type {Totals} from './totals.ts';

/** A run leaves little behind and makes much: with a young generation of so many MiB nearly nothing is copied. */
const EXEC_ARGS = ['--max-semi-space-size=64'];
const MORE_EXEC_ARGS = process.env['SIM_NODE_OPTIONS']?.split(' ') ?? [];

/** Makes the bundle, hands its path to `work`, and removes it. */
export async function withBundle<T>(work: (script: string) => Promise<T>): Promise<T> {
  const outfile = `.tmp/simulation-${process.pid}-${performance.now()}.mjs`;
  await build({
    entryPoints: ['test/simulation/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // Puts literals that are spread into literals together: V8 of Node 20 takes a hundred times as long for those.
    minifySyntax: true,
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'error',
  });
  try {
    return await work(outfile);
  } finally {
    rmSync(outfile, {force: true});
  }
}

/**
 * One process that plays these commands of `npm run sim` in turn. The totals of each; fewer where it has died before it could say them.
 * `stop`: it ends with the run that goes on.
 */
export function playInProcess(
  script: string,
  commands: readonly (readonly string[])[],
  part: number,
  stop?: AbortSignal,
): Promise<Totals[]> {
  return new Promise((resolve) => {
    const totals: Totals[] = [];
    const execArgv = [...EXEC_ARGS, ...MORE_EXEC_ARGS];
    const child = fork(script, inTurn(commands.map((args) => [...args, '--part', String(part)])), {
      execArgv,
    });
    child.on('message', (message) => totals.push(message as Totals));
    const end = (): unknown => child.kill('SIGINT');
    stop?.addEventListener('abort', end);
    child.on('close', () => {
      stop?.removeEventListener('abort', end);
      resolve(totals);
    });
  });
}
