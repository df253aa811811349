/** Starts test/support/container-script.ts and reads what it says. */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import type {JoinOptions} from '../../src/container/index.ts';
import {bundled} from './bundle.ts';
import {LONG_MS, until} from './until.ts';

const SCRIPT = join(import.meta.dirname, 'container-script.ts');

export interface ContainerEvent {
  readonly event: 'ready' | 'add' | 'drop' | 'effect' | 'refused' | 'ended';
  /** The machine's monotonic clock. */
  readonly atMs: number;
  readonly shard?: string;
  readonly token?: string;
  readonly reason?: string;
  readonly incarnation?: string;
  readonly code?: string;
  readonly how?: string;
}

/** What its `add` does; `hangs`: it works, and the drop never ends. */
export type OnAdd = 'works' | 'throws' | 'exits' | 'hangs';

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class ContainerProcess {
  readonly events: ContainerEvent[] = [];
  private readonly child: ChildProcess;
  private errors = '';

  constructor(options: JoinOptions, onAdd: OnAdd = 'works') {
    // From sources it would take three times the processor time, and on a busy machine longer than its limit.
    const script = [bundled(SCRIPT), JSON.stringify(options), onAdd];
    this.child = spawn(process.execPath, script, {stdio: ['ignore', 'pipe', 'pipe']});
    running.add(this.child);
    this.child.once('exit', () => running.delete(this.child));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    if (this.child.stdout === null) throw new Error('no stdout');
    createInterface(this.child.stdout).on('line', (line) =>
      this.events.push(JSON.parse(line) as ContainerEvent),
    );
  }

  of(event: ContainerEvent['event']): ContainerEvent[] {
    return this.events.filter((one) => one.event === event);
  }

  /** Waits for an event that fits. */
  reported(event: ContainerEvent['event'], fits: (one: ContainerEvent) => boolean = () => true) {
    return until(
      () => this.of(event).find(fits),
      LONG_MS,
      () => `a process says ${event}: ${this.errors}`,
    );
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Its exit code when it ends by itself in time. */
  exitedWithin(timeoutMs: number): Promise<number> {
    return until(
      () => this.child.exitCode ?? undefined,
      timeoutMs,
      () => `the process ends: ${this.errors}`,
    );
  }

  /** Ends it; resolves with its exit code, null when the signal killed it. */
  async end(name: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const {child} = this;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGCONT');
      child.kill(name);
      await gone;
    }
    return child.exitCode;
  }
}

/** Starts the process and waits until it may be given shards. */
export async function startContainer(
  options: JoinOptions,
  onAdd: OnAdd = 'works',
): Promise<ContainerProcess> {
  const container = new ContainerProcess(options, onAdd);
  await container.reported('ready');
  return container;
}

/**
 * What is wrong with the effects of several processes: per shard no effect with an older token may come after one with a
 * newer, and no two processes may have effects with one token.
 */
export function effectFaults(processes: readonly ContainerProcess[]): string[] {
  const effects = processes
    .flatMap((container, index) => container.of('effect').map((one) => ({...one, index})))
    .sort((a, b) => a.atMs - b.atMs);
  const newest = new Map<string, {token: string; index: number}>();
  const faults: string[] = [];
  for (const {shard = '', token = '', index, atMs} of effects) {
    const before = newest.get(shard);
    if (before !== undefined && token < before.token)
      faults.push(`${shard}: effect with ${token} after ${before.token} at ${atMs}`);
    else if (before?.token === token && before.index !== index)
      faults.push(`${shard}: two processes act with ${token}`);
    else newest.set(shard, {token, index});
  }
  return faults;
}
