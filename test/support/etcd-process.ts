/** A real etcd for tests: on free loopback ports, in a directory of its own, stopped by its own pid. */
import {execFile, spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {createServer} from 'node:net';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';

export interface EtcdOptions {
  /** Kept at stop when given. Default: a temporary one. */
  readonly dataDir?: string;
  readonly args?: readonly string[];
  /** 1 or 3. Default 1. */
  readonly members?: number;
  /** PEM files. Clients must show a certificate of this authority. Default: no TLS. */
  readonly tls?: {readonly ca: string; readonly cert: string; readonly key: string};
}

interface MemberPlan {
  readonly name: string;
  readonly dataDir: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  /** Health is asked for here: without TLS. */
  readonly healthUrl: string;
}

const START_LIMIT_MS = 15_000;
const running = new Set<EtcdMember>();

process.once('exit', () => {
  for (const member of running) member.signal('SIGKILL');
});

/** One etcd process. */
export class EtcdMember {
  readonly endpoint: string;
  readonly dataDir: string;
  private readonly args: readonly string[];
  private readonly healthUrl: string;
  private child: ChildProcess | undefined;

  constructor(plan: MemberPlan, args: readonly string[]) {
    this.endpoint = plan.clientUrl.replace(/^https?:\/\//, '');
    this.healthUrl = plan.healthUrl;
    this.dataDir = plan.dataDir;
    this.args = args;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** What stands behind a flag of the command line. */
  argument(flag: string): string {
    return this.args[this.args.indexOf(flag) + 1] ?? '';
  }

  start(): void {
    this.child = spawn('etcd', this.args, {stdio: 'ignore'});
    this.child.on('error', () => undefined);
    running.add(this);
  }

  signal(name: NodeJS.Signals): void {
    this.child?.kill(name);
  }

  async stop(name: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const {child} = this;
    this.child = undefined;
    running.delete(this);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(name);
    await gone;
  }

  async ready(): Promise<void> {
    const endMs = Date.now() + START_LIMIT_MS;
    while (Date.now() < endMs) {
      const health = await fetch(`${this.healthUrl}/health`, {
        signal: AbortSignal.timeout(1_000),
      }).then(
        (reply) => reply.json() as Promise<{health?: string}>,
        () => undefined,
      );
      if (health?.health === 'true') return;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    throw new Error(`etcd at ${this.endpoint} did not become healthy`);
  }

  /** Whether this member leads its cluster. */
  async leads(): Promise<boolean> {
    const reply = await fetch(`http://${this.endpoint}/v3/maintenance/status`, {
      method: 'POST',
      body: '{}',
      signal: AbortSignal.timeout(1_000),
    });
    const status = (await reply.json()) as {leader: string; header: {member_id: string}};
    return status.leader === status.header.member_id;
  }
}

export class EtcdProcess {
  readonly members: readonly EtcdMember[];
  private readonly temporary: readonly string[];

  constructor(members: readonly EtcdMember[], temporary: readonly string[]) {
    this.members = members;
    this.temporary = temporary;
  }

  get first(): EtcdMember {
    const [first] = this.members;
    if (first === undefined) throw new Error('an etcd cluster without members');
    return first;
  }

  get endpoint(): string {
    return this.first.endpoint;
  }

  get endpoints(): string[] {
    return this.members.map(({endpoint}) => endpoint);
  }

  get pid(): number | undefined {
    return this.first.pid;
  }

  get dataDir(): string {
    return this.first.dataDir;
  }

  async ready(): Promise<void> {
    await Promise.all(this.members.map((member) => member.ready()));
  }

  kill(name: NodeJS.Signals = 'SIGKILL'): Promise<void[]> {
    return Promise.all(this.members.map((member) => member.stop(name)));
  }

  /** Starts the processes again on the same ports and directories. */
  async restart(): Promise<void> {
    for (const member of this.members) member.start();
    await this.ready();
  }

  /** Goes back to a snapshot taken with etcdctl; the processes must have been killed. Same addresses, same cluster id. */
  async restore(snapshot: string): Promise<void> {
    const {first} = this;
    await rm(first.dataDir, {recursive: true, force: true});
    const identity = ['--name', '--initial-cluster', '--initial-cluster-token'].flatMap((flag) => [
      flag,
      first.argument(flag),
    ]);
    const peers = [
      '--initial-advertise-peer-urls',
      first.argument('--initial-advertise-peer-urls'),
    ];
    const what = ['snapshot', 'restore', snapshot, '--data-dir', first.dataDir];
    await promisify(execFile)('etcdctl', [...what, ...identity, ...peers], {
      env: {...process.env, ETCDCTL_API: '3'},
    });
    await this.restart();
  }

  pause(): void {
    for (const member of this.members) member.signal('SIGSTOP');
  }

  resume(): void {
    for (const member of this.members) member.signal('SIGCONT');
  }

  async leader(): Promise<EtcdMember> {
    for (const member of this.members) if (await member.leads().catch(() => false)) return member;
    throw new Error('no member leads');
  }

  async stop(): Promise<void> {
    await this.kill();
    await Promise.all(this.temporary.map((path) => rm(path, {recursive: true, force: true})));
  }
}

/** Starts etcd and waits until it is healthy. */
export async function startEtcd(options: EtcdOptions = {}): Promise<EtcdProcess> {
  const count = options.members ?? 1;
  const root = await mkdtemp(join(tmpdir(), 'sm-etcd-'));
  const ports = await freePorts(3 * count);
  const plans = Array.from({length: count}, (_, index): MemberPlan => {
    const name = `m${index}`;
    const plain = `http://127.0.0.1:${ports[3 * index]}`;
    return {
      name,
      dataDir: count === 1 && options.dataDir !== undefined ? options.dataDir : join(root, name),
      clientUrl: options.tls === undefined ? plain : plain.replace('http:', 'https:'),
      peerUrl: `http://127.0.0.1:${ports[3 * index + 1]}`,
      healthUrl: options.tls === undefined ? plain : `http://127.0.0.1:${ports[3 * index + 2]}`,
    };
  });
  const cluster = plans.map(({name, peerUrl}) => `${name}=${peerUrl}`).join(',');
  const members = plans.map((plan) => new EtcdMember(plan, argumentsOf(plan, cluster, options)));
  const etcd = new EtcdProcess(members, [root]);
  try {
    await etcd.restart();
    return etcd;
  } catch (error) {
    await etcd.stop();
    throw error;
  }
}

function argumentsOf(plan: MemberPlan, cluster: string, {args, tls}: EtcdOptions): string[] {
  const secure =
    tls === undefined
      ? []
      : [
          ...['--listen-metrics-urls', plan.healthUrl, '--client-cert-auth'],
          ...['--trusted-ca-file', tls.ca, '--cert-file', tls.cert, '--key-file', tls.key],
        ];
  return [
    ...['--name', plan.name, '--data-dir', plan.dataDir, '--log-level', 'error', '--logger', 'zap'],
    ...['--listen-client-urls', plan.clientUrl, '--advertise-client-urls', plan.clientUrl],
    ...['--listen-peer-urls', plan.peerUrl, '--initial-advertise-peer-urls', plan.peerUrl],
    ...['--initial-cluster', cluster, '--initial-cluster-token', 'sm-test'],
    ...secure,
    ...(args ?? []),
  ];
}

/** Ports that were free a moment ago; taken together so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({length: count}, () => listening()));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function listening(): Promise<ReturnType<typeof createServer>> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
