/** The command line as built. */
import {execFile, spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'run.js');

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it to its end. */
export function sm(...args: readonly string[]): Promise<Ran> {
  return ran(process.execPath, [BIN, ...args]);
}

/** A line for a shell, in which `sm` is this program. */
export function shell(line: string): Promise<Ran> {
  const program = `sm() { ${JSON.stringify(process.execPath)} ${JSON.stringify(BIN)} "$@"; }`;
  return ran('bash', ['-c', `set -o pipefail; ${program}; ${line}`]);
}

function environment(): NodeJS.ProcessEnv {
  const {SM_OUTPUT: _output, SM_SERVER: _server, ...rest} = process.env;
  return {...rest, NO_COLOR: '1'};
}

function ran(program: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const options = {env: environment()};
    const child = execFile(program, args, options, (_error, stdout, stderr) =>
      resolve({exit: child.exitCode ?? -1, stdout, stderr}),
    );
    child.stdin?.end();
  });
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One that goes on until it is ended. */
export class CommandProcess {
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;

  constructor(...args: readonly string[]) {
    this.child = spawn(process.execPath, [BIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(),
    });
    running.add(this.child);
    this.child.once('exit', () => running.delete(this.child));
    this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  get output(): string {
    return this.stdout + this.stderr;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get exited(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Its exit code, or the signal that ended it. */
  async end(name: NodeJS.Signals = 'SIGKILL'): Promise<number | string | null> {
    const {child} = this;
    if (!this.exited) {
      const gone = once(child, 'close');
      child.kill(name);
      await gone;
    }
    return child.exitCode ?? child.signalCode;
  }
}
