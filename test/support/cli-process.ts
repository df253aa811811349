/** The built command line as a process of its own: no terminal, no colour asked for, nothing on stdin unless given. */
import {spawn} from 'node:child_process';
import {join} from 'node:path';
import {HANG_MS} from './until.ts';

export const BIN = join(import.meta.dirname, '..', '..', 'bin', 'run.js');

export interface Ran {
  /** -1 when a signal ended it. */
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Over the environment of the test. */
  readonly env?: Readonly<Record<string, string>>;
  /** What stands on stdin. Default: it is closed. */
  readonly stdin?: string;
  /** The reader of stdout goes away at once. */
  readonly stdoutClosed?: boolean;
}

/** All of a call's environment. */
export function environmentOf({env}: Pick<RunOptions, 'env'>): Record<string, string> {
  const {FORCE_COLOR: _colour, ...inherited} = process.env;
  return {...inherited, SM_OUTPUT: '', SM_APP: '', ...env} as Record<string, string>;
}

export function runCli(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const env = environmentOf(options);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args], {env, stdio: 'pipe'});
    child.stdin.on('error', () => undefined).end(options.stdin ?? '');
    const limit = setTimeout(() => child.kill('SIGKILL'), HANG_MS);
    let stdout = '';
    let stderr = '';
    if (options.stdoutClosed === true) child.stdout.destroy();
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('close', (code) => {
      clearTimeout(limit);
      resolve({exit: code ?? -1, stdout, stderr});
    });
  });
}
