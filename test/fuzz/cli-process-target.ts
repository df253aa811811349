/** The command line as it is installed, as processes: few cases, but all of the way. */
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {cliCase} from './cli-target.ts';
import type {CliInput} from './cli-target.ts';
import {count} from './target.ts';
import type {FuzzTarget, Json, TargetFactory} from './target.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
/** Nobody listens there. */
const NOBODY = 'http://127.0.0.1:1';
const EXIT_MOST = 10;
/** A process that begins on a busy machine takes seconds; one that waits for ever takes more. */
const LIMIT_MS = 60_000;
/** These go on until they are ended, and write where they are told. */
const ENDLESS = /^(serve|dev|container run|store import)$/;
const BUG = /this is a bug in sm|node:internal|UnhandledPromiseRejection|\n\s+at \S+ \(/;

async function open(): Promise<FuzzTarget> {
  const folder = mkdtempSync(join(tmpdir(), 'sm-fuzz-cli-'));
  const counts = new Map<string, number>();
  return Promise.resolve({
    ...{name: 'cli-process', width: 2, counts, hangMs: LIMIT_MS},
    make: (random) => {
      let input = cliCase(random);
      while (ENDLESS.test(input.command)) input = cliCase(random);
      return input;
    },
    run: async (input: Json) => {
      const {exit, output} = await ran(input as unknown as CliInput, folder);
      count(counts, `exit ${exit}`);
      if (BUG.test(output)) return `says: ${output.slice(0, 1_500)}`;
      return exit >= 0 && (exit <= EXIT_MOST || exit === 130)
        ? undefined
        : `exit ${exit}: ${output}`;
    },
    memory: () => 0,
    verify: () => Promise.resolve(undefined),
    close: async () => rmSync(folder, {recursive: true, force: true}),
  });
}

function ran(input: CliInput, folder: string): Promise<{exit: number; output: string}> {
  const {command, argv, env} = input;
  const args = [BIN, ...command.split(' '), ...argv];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    env: {
      ...process.env,
      SM_SERVER: NOBODY,
      SM_TIMEOUT: '1s',
      XDG_CONFIG_HOME: folder,
      NODE_OPTIONS: '',
      ...env,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({exit: -2, output: String(error)}));
    child.on('close', (code) => resolve({exit: code ?? -1, output}));
  });
}

export const cliProcessTarget: TargetFactory = {
  ...{name: 'cli-process', group: 'cli', weight: 1},
  open,
};
