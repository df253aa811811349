/** `sm serve` as a process of its own, as built. */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {LEAST_RIGHTS} from './least-rights.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'run.js');

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class DaemonProcess {
  /** What it wrote to stdout and stderr. */
  output = '';
  private readonly folder: string;
  private readonly child: ChildProcess;

  /** `config` is the text of its configuration file; `descriptors`: how many it may have, default as many as the test. */
  constructor(given: string | {config: string; descriptors: number}, ...args: readonly string[]) {
    const {config, descriptors} =
      typeof given === 'string' ? {config: given, descriptors: undefined} : given;
    this.folder = mkdtempSync(join(tmpdir(), 'sm-daemon-'));
    const file = join(this.folder, 'sm.yml');
    writeFileSync(file, config);
    const command = [process.execPath, BIN, 'serve', '--config-file', file, ...args];
    const [program = '', ...rest] =
      descriptors === undefined
        ? command
        : ['sh', '-c', `ulimit -n ${descriptors} && exec "$@"`, 'sh', ...command];
    this.child = spawn(program, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {...process.env, ...this.state(args), NO_COLOR: '1'},
    });
    running.add(this.child);
    this.child.once('exit', () => running.delete(this.child));
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /** Under least rights it must not find the password of root, which is noted in the state folder of the test. */
  private state(args: readonly string[]): NodeJS.ProcessEnv {
    if (!LEAST_RIGHTS || args.includes('--embedded')) return {};
    return {XDG_STATE_HOME: this.folder};
  }

  /** Puts other text into its configuration file. */
  rewrite(config: string): void {
    writeFileSync(join(this.folder, 'sm.yml'), config);
  }

  /** Log lines so far. */
  get lines(): Record<string, unknown>[] {
    return this.output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Resolves with its exit code, null when a signal killed it. */
  async exited(): Promise<number | null> {
    const {child} = this;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    rmSync(this.folder, {recursive: true, force: true});
    return child.exitCode;
  }

  async end(name: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const {child} = this;
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGCONT');
      child.kill(name);
    }
    return this.exited();
  }
}
