/** The parent's side of one demo container. */
import {fork} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import type {ContainerReport, JoinOrder, LeaveOrder} from './reports.ts';

/** The program of a demo container, in the form that this file has itself: built or source. */
const SUFFIX = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
export const DEMO_CONTAINER = fileURLToPath(
  new URL(`../dev/demo-container${SUFFIX}`, import.meta.url),
);

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class ContainerChild {
  readonly id: string;
  /** Chaos is at work on it. */
  disturbed = false;
  readonly process: ChildProcess;

  /** Loads the program; it joins on a message. */
  constructor(
    id: string,
    program: string,
    onReport: (report: ContainerReport) => void,
    onEnd: (end: ProcessEnd) => void,
  ) {
    this.id = id;
    // A session of its own: Ctrl-C is for the parent, which ends its children itself.
    this.process = fork(program, [], {
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: program.endsWith('.ts') ? ['--import', 'tsx'] : [],
    });
    this.process.on('message', (report) => onReport(report as ContainerReport));
    this.process.on('error', () => undefined);
    this.process.once('exit', (code, signal) => {
      const ended = (): void => onEnd({code, signal});
      // What it said last may still be under way.
      if (this.process.connected) this.process.once('disconnect', ended);
      else ended();
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get alive(): boolean {
    return (
      this.process.pid !== undefined &&
      this.process.exitCode === null &&
      this.process.signalCode === null
    );
  }

  join(options: JoinOrder['options']): void {
    const order: JoinOrder = {type: 'join', options};
    this.process.send(order, () => undefined);
  }

  /** Asks it to leave in order; a stopped one goes on for it. */
  leave(): void {
    const order: LeaveOrder = {type: 'leave'};
    this.process.kill('SIGCONT');
    this.process.send(order, () => undefined);
  }

  /** Resolves when the process is gone. */
  get gone(): Promise<void> {
    return this.alive ? once(this.process, 'exit').then(() => undefined) : Promise.resolve();
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  /** Kills it, stopped or not; resolves when it is gone. */
  async kill(): Promise<void> {
    if (!this.alive) return;
    const {gone} = this;
    this.process.kill('SIGKILL');
    await gone;
  }
}
