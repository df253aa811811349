/** `sm container run` as built, under a supervisor as it has in production. */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {BIN} from './cli-process.ts';

/** Exit code of one that got no answer of etcd in the seconds that it waits for that: it is started again. */
const AWAY = 6;
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class SampleContainer {
  /** What all its processes have written. */
  output = '';
  /** Exit code, or signal, of the last one. */
  readonly ended: Promise<number | string | null>;
  private child: ChildProcess | undefined;
  private mayStart = true;

  constructor(...args: readonly string[]) {
    this.ended = this.run(args);
  }

  async end(name: NodeJS.Signals = 'SIGKILL'): Promise<number | string | null> {
    this.mayStart = false;
    this.child?.kill(name);
    return this.ended;
  }

  private async run(args: readonly string[]): Promise<number | string | null> {
    for (;;) {
      const child = spawn(process.execPath, [BIN, 'container', 'run', ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      this.child = child;
      running.add(child);
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
      const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
      running.delete(child);
      if (code !== AWAY || !this.mayStart) return code ?? signal;
    }
  }
}
