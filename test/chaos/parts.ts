/** The processes of the bed and their ways to each other: groups of containers, daemons, the judge. */
import {fork} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {AdminClient} from '../../src/admin/index.ts';
import {bundled} from '../support/bundle.ts';
import {DaemonProcess} from '../support/daemon-process.ts';
import {freePorts} from '../support/free-ports.ts';
import type {EtcdBed} from './etcd-bed.ts';
import type {GroupOrder, JudgeAnswer, JudgeQuestion, JudgeReport} from './messages.ts';
import {Relay} from './relay.ts';

/** Daemons reach containers here: a relay to the same port of 127.0.0.1. */
const HINT_HOST = '127.0.0.2';
const RESTART_MS = 500;
export const SERVICE = 'sm.chaos';
export const PREFIX = '/sm';

const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

function program(name: string): string {
  return bundled(join(import.meta.dirname, `${name}.ts`));
}

function forked(name: string, args: readonly string[]): ChildProcess {
  const child = fork(program(name), args, {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    execArgv: ['--enable-source-maps'],
    env: {...process.env, NODE_OPTIONS: ''},
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  child.on('error', () => undefined);
  return child;
}

/** A part that can be stopped, killed and cut off. */
export interface Part {
  readonly name: string;
  /** To each member of etcd. */
  readonly toEtcd: readonly Relay[];
  signal(name: NodeJS.Signals): void;
  /** Holds it down after it has ended, until `start`. */
  hold(): void;
  start(): void;
}

async function relaysToEtcd(name: string, etcd: EtcdBed): Promise<Relay[]> {
  const relays = etcd.members.map((member) => {
    const port = Number(member.endpoint.split(':')[1]);
    return new Relay({name: `${name}>${member.name}`, target: {host: '127.0.0.1', port}});
  });
  await Promise.all(relays.map((relay) => relay.listen()));
  return relays;
}

/** One process with several containers; starts again when it ends. */
export class Group implements Part {
  readonly name: string;
  readonly toEtcd: readonly Relay[];
  /** From daemons to its hint receiver. */
  readonly hints: Relay;
  readonly order: GroupOrder;
  errors = '';
  private child: ChildProcess | undefined;
  private held = false;

  private constructor(order: GroupOrder, toEtcd: readonly Relay[], hints: Relay) {
    this.name = order.name;
    this.order = order;
    this.toEtcd = toEtcd;
    this.hints = hints;
  }

  static async make(
    order: Omit<GroupOrder, 'endpoints' | 'host' | 'bind' | 'port'>,
    etcd: EtcdBed,
  ): Promise<Group> {
    const toEtcd = await relaysToEtcd(order.name, etcd);
    const [port = 0] = await freePorts(1);
    const hints = new Relay({
      name: `hints>${order.name}`,
      host: HINT_HOST,
      port,
      target: {host: '127.0.0.1', port},
    });
    await hints.listen();
    const endpoints = toEtcd.map(({endpoint}) => endpoint);
    return new Group(
      {...order, endpoints, host: HINT_HOST, bind: '127.0.0.1', port},
      toEtcd,
      hints,
    );
  }

  get alive(): boolean {
    return (
      this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null
    );
  }

  start(): void {
    this.held = false;
    if (this.alive) return;
    const child = (this.child = forked('container-group', [JSON.stringify(this.order)]));
    child.stderr?.on(
      'data',
      (chunk: Buffer) => (this.errors = (this.errors + chunk.toString()).slice(-20_000)),
    );
    child.once('exit', () => {
      if (!this.held) setTimeout(() => this.held || this.start(), RESTART_MS);
    });
  }

  hold(): void {
    this.held = true;
  }

  signal(name: NodeJS.Signals): void {
    this.child?.kill(name);
  }

  stall(stallMs: number): void {
    if (this.alive) this.child?.send({stallMs}, () => undefined);
  }

  close(): void {
    this.held = true;
    this.child?.kill('SIGKILL');
    for (const relay of [...this.toEtcd, this.hints]) relay.close();
  }
}

/** `sm serve`, as built; starts again when it ends. */
export class Daemon implements Part {
  readonly name: string;
  readonly toEtcd: readonly Relay[];
  readonly address: string;
  readonly admin: AdminClient;
  private readonly config: string;
  private running: DaemonProcess | undefined;
  private held = false;

  private constructor(name: string, port: number, toEtcd: readonly Relay[], ttlMs: number) {
    this.name = name;
    this.toEtcd = toEtcd;
    this.address = `127.0.0.1:${port}`;
    this.admin = new AdminClient({server: `http://${this.address}`, timeoutMs: 4_000});
    this.config = [
      `service: ${SERVICE}`,
      `port: ${port}`,
      `endpoints: [${toEtcd.map(({endpoint}) => JSON.stringify(endpoint)).join(', ')}]`,
      `etcdPrefix: ${PREFIX}`,
      `heartbeat: {ttlMs: ${ttlMs}}`,
      'log: {level: warn}',
      'compaction: off',
      '',
    ].join('\n');
  }

  static async make(name: string, etcd: EtcdBed, ttlMs: number): Promise<Daemon> {
    const [port = 0] = await freePorts(1);
    return new Daemon(name, port, await relaysToEtcd(name, etcd), ttlMs);
  }

  /** What the running process wrote. */
  get output(): string {
    return this.running?.output ?? '';
  }

  start(): void {
    this.held = false;
    if (this.running !== undefined) return;
    const running = (this.running = new DaemonProcess(this.config));
    void running.exited().then(() => {
      this.running = undefined;
      if (!this.held) setTimeout(() => this.held || this.start(), RESTART_MS);
    });
  }

  hold(): void {
    this.held = true;
  }

  signal(name: NodeJS.Signals): void {
    this.running?.signal(name);
  }

  async close(): Promise<void> {
    this.held = true;
    this.admin.close();
    await this.running?.end('SIGKILL');
    for (const relay of this.toEtcd) relay.close();
  }
}

/** The parent's side of the judge. */
export class Judge {
  private readonly child: ChildProcess;
  private readonly asked = new Map<number, (answer: unknown) => void>();
  private next = 1;
  private closing = false;

  constructor(socket: string, log: string) {
    this.child = forked('judge', [socket, log]);
    this.child.stderr?.pipe(process.stderr);
    this.child.once('exit', (code) => {
      // Without a judge there is no verdict: nothing that follows would mean anything.
      if (!this.closing) throw new Error(`the judge has ended: ${code}`);
    });
    this.child.on('message', ({id, answer}: JudgeAnswer) => {
      this.asked.get(id)?.(answer);
      this.asked.delete(id);
    });
  }

  ready(): Promise<unknown> {
    return new Promise((resolve) => this.asked.set(0, resolve));
  }

  /** Shards that somebody acted for at or after this time. */
  async acting(sinceUs: number): Promise<number> {
    return (await this.ask({type: 'acting', sinceUs})) as number;
  }

  async finish(): Promise<JudgeReport> {
    return (await this.ask({type: 'finish'})) as JudgeReport;
  }

  async close(): Promise<void> {
    this.closing = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  private ask(question: {type: 'acting'; sinceUs: number} | {type: 'finish'}): Promise<unknown> {
    const id = this.next;
    this.next += 1;
    const message = {...question, id} as JudgeQuestion;
    return new Promise((resolve) => {
      this.asked.set(id, resolve);
      this.child.send(message);
    });
  }
}
