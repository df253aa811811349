/** One container of a changeover: its id stays, its processes come and go. */
import {fork} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Behaviour} from '../integration/origin-container.ts';
import {bundled} from '../support/bundle.ts';
import type {ProcessLog} from './judge.ts';
import {nowMs} from './now.ts';
import type {TraceLine} from './trace.ts';

export interface HostOptions {
  readonly endpoint: string;
  readonly app: string;
  readonly port: number;
  /** Logs lie there, and what it keeps when it uses bolt. */
  readonly folder: string;
  readonly usesBolt: boolean;
}

const CHILD = join(import.meta.dirname, 'container-child.ts');
/** First word of a line that says what the process did by itself. */
const STEP = '#';
/** What it says of itself when it has got its id. */
const HAS_ID = 'has its id';
const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** One process. */
export class ContainerRun {
  readonly stops: {fromMs: number; toMs: number | undefined}[] = [];
  endedAtMs: number | undefined;
  /** It has its id and beats. */
  started = false;
  readonly name: string;
  readonly id: string;
  readonly excuse: ProcessLog['excuse'];
  private readonly log: string;
  private readonly child: ChildProcess;

  constructor(
    name: string,
    {folder, usesBolt, ...options}: HostOptions,
    more: {readonly withoutPort?: boolean} = {},
  ) {
    this.name = name;
    this.id = `127.0.0.1:${options.port}`;
    this.excuse = more.withoutPort === true ? 'second process' : usesBolt ? 'bolt' : '';
    this.log = join(folder, `${name.replaceAll(':', '-')}.log`);
    const file = usesBolt ? {file: join(folder, `${options.port}.bolt`)} : {};
    const given = JSON.stringify({...options, ...file, ...more, log: this.log});
    this.child = fork(bundled(CHILD), [given], {
      execArgv: [],
      env: {...process.env, NODE_OPTIONS: ''},
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    living.add(this.child);
    this.child.once('message', () => (this.started = true));
    this.child.once('exit', () => {
      living.delete(this.child);
      this.endedAtMs = nowMs();
      this.resumed();
    });
  }

  get hasEnded(): boolean {
    return this.endedAtMs !== undefined;
  }

  /** Shards that the application runs. */
  get running(): string[] {
    const shards = new Set<string>();
    for (const {op, shard} of this.calls)
      if (op === 'add') shards.add(shard);
      else shards.delete(shard);
    return this.hasEnded ? [] : [...shards];
  }

  get hasIdAtMs(): number | undefined {
    return this.lines.find(({word, text}) => word === STEP && text === HAS_ID)?.atMs;
  }

  get calls(): ProcessLog['calls'] {
    return this.lines
      .filter(({word}) => word !== STEP)
      .map(({word, atMs, text}) => ({op: word === 'add' ? 'add' : 'drop', atMs, shard: text}));
  }

  /** All that it did, in words. */
  get trace(): TraceLine[] {
    const {name} = this;
    return this.lines.map(({word, atMs, text}) => ({
      ...{atMs, who: name, text: word === STEP ? text : `${word} ${text}`},
    }));
  }

  private get lines(): {word: string; atMs: number; text: string}[] {
    if (!existsSync(this.log)) return [];
    const lines = readFileSync(this.log, 'utf8').split('\n');
    return lines.slice(0, -1).map((line) => {
      const [word = '', atMs, ...text] = line.split(' ');
      return {word, atMs: Number(atMs), text: text.join(' ')};
    });
  }

  behave(behaviour: Behaviour): void {
    if (this.child.connected) this.child.send(behaviour, () => undefined);
  }

  pause(): void {
    if (this.hasEnded) return;
    this.stops.push({fromMs: nowMs(), toMs: undefined});
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
    this.resumed();
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.hasEnded) return;
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    await gone;
  }

  private resumed(): void {
    const last = this.stops.at(-1);
    if (last !== undefined) last.toMs ??= nowMs();
  }
}

export class ContainerHost {
  readonly id: string;
  readonly runs: ContainerRun[] = [];
  readonly options: HostOptions;

  constructor(options: HostOptions) {
    this.options = options;
    this.id = `127.0.0.1:${options.port}`;
  }

  /** The newest process that has the port. */
  get current(): ContainerRun | undefined {
    return this.runs.findLast(({excuse}) => excuse !== 'second process');
  }

  /** Does nothing while one runs. */
  start(): void {
    if (this.current?.hasEnded === false) return;
    this.runs.push(new ContainerRun(`${this.id}-${this.runs.length}`, this.options));
  }

  /** A second process with the id of the first. */
  startSecond(): ContainerRun {
    const name = `${this.id}-${this.runs.length}-second`;
    const second = new ContainerRun(name, this.options, {withoutPort: true});
    this.runs.push(second);
    return second;
  }
}
