/**
 * A store for tests: on free loopback ports, in a directory of its own, stopped by its own pid. A real etcd, or the embedded server when
 * the environment says SM_TEST_STORE=embedded.
 */
import {execFile, spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {cp, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {bundled} from './bundle.ts';
import {freePorts} from './free-ports.ts';
import {LEAST_RIGHTS, ROOT, noteRoot} from './least-rights.ts';
import {suspend} from './suspend.ts';
import {Wire} from './wire.ts';
import {LONG_MS, until} from './until.ts';

export type StoreKind = 'etcd' | 'embedded';

/** What tests run on when they do not say: SM_TEST_STORE, else a real etcd. */
export const STORE_KIND: StoreKind =
  process.env['SM_TEST_STORE'] === 'embedded' ? 'embedded' : 'etcd';

/** What the store that tests run on lacks, and what is therefore skipped there. */
export const LACKS = {
  /** The embedded server has one user, who may do everything. */
  roles: STORE_KIND === 'embedded',
  /** It keeps no count of proposals to a replicated log. */
  log: STORE_KIND === 'embedded',
  /** It is one member. */
  members: STORE_KIND === 'embedded',
} as const;

export interface EtcdOptions {
  /** Default STORE_KIND. */
  readonly kind?: StoreKind;
  /** Kept at stop when given. Default: a temporary one. */
  readonly dataDir?: string;
  /** The one who may do all; without, everybody may. */
  readonly user?: {readonly name: string; readonly password: string};
  /** How long a token lives. Default: the server's. */
  readonly tokenTtlSeconds?: number;
  /** Real etcd's --auth-token. Default: tokens that etcd remembers. */
  readonly signedTokens?: string;
  /** 1 or 3; the embedded server is one. Default 1. */
  readonly members?: number;
  /** Size from which etcd takes no writes; real etcd only. Default: etcd's, 2 GiB. */
  readonly quotaBytes?: number;
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

/** How a member is started, and how it shows that it serves. */
interface Launch {
  readonly kind: StoreKind;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly serves: (endpoint: string) => Promise<boolean>;
}

/** gRPC's. */
const UNAVAILABLE = 14;
const EMBEDDED_ENTRY = join(import.meta.dirname, '..', '..', 'src', 'embedded', 'main.ts');
const running = new Set<EtcdMember>();

process.once('exit', () => {
  for (const member of running) member.signal('SIGKILL');
});

/** One etcd process. */
export class EtcdMember {
  readonly endpoint: string;
  readonly dataDir: string;
  private readonly launch: Launch;
  private child: ChildProcess | undefined;

  constructor(plan: MemberPlan, launch: Launch) {
    this.endpoint = plan.clientUrl.replace(/^https?:\/\//, '');
    this.dataDir = plan.dataDir;
    this.launch = launch;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get kind(): StoreKind {
    return this.launch.kind;
  }

  /** What stands behind a flag of the command line. */
  argument(flag: string): string {
    const {args} = this.launch;
    return args[args.indexOf(flag) + 1] ?? '';
  }

  start(): void {
    const {program, args, env = {}} = this.launch;
    this.child = spawn(program, args, {stdio: 'ignore', env: {...process.env, ...env}});
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
    const serves = (): Promise<boolean> => this.launch.serves(this.endpoint).catch(() => false);
    await until(serves, LONG_MS, `etcd at ${this.endpoint} serves`);
  }

  /** Whether this member leads its cluster. */
  async leads(): Promise<boolean> {
    const status = await statusOf(this.endpoint);
    return status?.leader === status?.header.member_id;
  }
}

interface Status {
  readonly leader: string;
  readonly header: {readonly member_id: string};
}

async function statusOf(endpoint: string): Promise<Status | undefined> {
  const wire = new Wire(endpoint);
  try {
    const answer = await wire.call('Maintenance.Status');
    return 'code' in answer ? undefined : (answer as unknown as Status);
  } finally {
    wire.close();
  }
}

async function etcdServes(healthUrl: string): Promise<boolean> {
  const reply = await fetch(`${healthUrl}/health`, {signal: AbortSignal.timeout(5_000)});
  return ((await reply.json()) as {health?: string}).health === 'true';
}

/** Whatever it answers, be it that the caller needs a token. */
async function embeddedServes(endpoint: string): Promise<boolean> {
  const wire = new Wire(endpoint);
  try {
    const answer = await wire.call('Maintenance.Status');
    return !('code' in answer) || answer['code'] !== UNAVAILABLE;
  } finally {
    wire.close();
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

  /** The client of etcd for operators, at the first member. */
  etcdctl(...args: readonly string[]): Promise<void> {
    return etcdctl('--endpoints', this.endpoint, ...args);
  }

  /** A copy of all that it has, for `restore`, as an operator makes it: by etcdctl, or of the embedded server's directory. */
  async save(): Promise<string> {
    const {first} = this;
    const copy = join(first.dataDir, '..', 'copy');
    if (first.kind === 'etcd') await this.etcdctl('snapshot', 'save', copy);
    else {
      await this.pause();
      await cp(first.dataDir, copy, {recursive: true});
      this.resume();
    }
    return copy;
  }

  /** Goes back to a copy; the processes must have been killed. Same addresses, same cluster id. */
  async restore(copy: string): Promise<void> {
    const {first} = this;
    await rm(first.dataDir, {recursive: true, force: true});
    if (first.kind === 'etcd') await this.restoreSnapshot(copy);
    else await cp(copy, first.dataDir, {recursive: true});
    await this.restart();
  }

  private async restoreSnapshot(snapshot: string): Promise<void> {
    const {first} = this;
    const identity = ['--name', '--initial-cluster', '--initial-cluster-token'].flatMap((flag) => [
      flag,
      first.argument(flag),
    ]);
    const peers = [
      '--initial-advertise-peer-urls',
      first.argument('--initial-advertise-peer-urls'),
    ];
    const what = ['snapshot', 'restore', snapshot, '--data-dir', first.dataDir];
    await etcdctl(...what, ...identity, ...peers);
  }

  /** Resolves once no member runs any more. */
  async pause(): Promise<void> {
    await Promise.all(this.members.map((member) => suspend(member.pid)));
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

async function etcdctl(...args: readonly string[]): Promise<void> {
  await promisify(execFile)('etcdctl', args, {env: {...process.env, ETCDCTL_API: '3'}});
}

/** Starts a store and waits until it serves. */
export async function startEtcd(options: EtcdOptions = {}): Promise<EtcdProcess> {
  const kind = options.kind ?? STORE_KIND;
  const count = options.members ?? 1;
  if (kind === 'embedded' && count > 1) throw new Error('the embedded server is one member');
  if (kind === 'embedded' && options.tls !== undefined) throw new Error('TLS tests run on etcd');
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
  const members = plans.map(
    (plan) =>
      new EtcdMember(
        plan,
        kind === 'embedded' ? embedded(plan, options) : realEtcd(plan, plans, options),
      ),
  );
  const etcd = new EtcdProcess(members, [root]);
  try {
    await etcd.restart();
    const user = options.user ?? (isLeast(kind, options) ? ROOT : undefined);
    if (kind === 'etcd' && user !== undefined) await enableAuth(etcd, user);
    if (isLeast(kind, options)) noteRoot(etcd, root);
    return etcd;
  } catch (error) {
    await etcd.stop();
    throw error;
  }
}

/** Tests that bring a user or certificates of their own say themselves who may do what. */
function isLeast(kind: StoreKind, {user, tls}: EtcdOptions): boolean {
  return LEAST_RIGHTS && kind === 'etcd' && user === undefined && tls === undefined;
}

function realEtcd(plan: MemberPlan, plans: readonly MemberPlan[], options: EtcdOptions): Launch {
  const {tls} = options;
  const cluster = plans.map(({name, peerUrl}) => `${name}=${peerUrl}`).join(',');
  const secure =
    tls === undefined
      ? []
      : [
          ...['--listen-metrics-urls', plan.healthUrl, '--client-cert-auth'],
          ...['--trusted-ca-file', tls.ca, '--cert-file', tls.cert, '--key-file', tls.key],
        ];
  const args = [
    ...['--name', plan.name, '--data-dir', plan.dataDir, '--log-level', 'error', '--logger', 'zap'],
    ...['--listen-client-urls', plan.clientUrl, '--advertise-client-urls', plan.clientUrl],
    ...['--listen-peer-urls', plan.peerUrl, '--initial-advertise-peer-urls', plan.peerUrl],
    ...['--initial-cluster', cluster, '--initial-cluster-token', 'sm-test'],
    ...tokenArguments(options, ['--auth-token', 'simple', '--auth-token-ttl'], 1),
    ...(options.signedTokens === undefined ? [] : ['--auth-token', options.signedTokens]),
    // The least there is: a busy machine must not spend its time on passwords of tests.
    ...['--bcrypt-cost', '4'],
    ...secure,
    ...(options.quotaBytes === undefined
      ? []
      : ['--quota-backend-bytes', String(options.quotaBytes)]),
  ];
  return {kind: 'etcd', program: 'etcd', args, serves: () => etcdServes(plan.healthUrl)};
}

/** The embedded server as a process of its own, so that it can be paused and killed like an etcd. */
function embedded(plan: MemberPlan, options: EtcdOptions): Launch {
  const port = new URL(plan.clientUrl).port;
  const args = [
    bundled(EMBEDDED_ENTRY),
    ...['--port', port, '--data-dir', plan.dataDir],
    ...tokenArguments(options, ['--token-ttl-ms'], 1_000),
  ];
  const {user} = options;
  const env =
    user === undefined ? {} : {SM_STORE_USERNAME: user.name, SM_STORE_PASSWORD: user.password};
  return {kind: 'embedded', program: process.execPath, args, env, serves: embeddedServes};
}

function tokenArguments(
  {tokenTtlSeconds}: EtcdOptions,
  flags: readonly string[],
  unitsPerSecond: number,
): string[] {
  return tokenTtlSeconds === undefined ? [] : [...flags, String(tokenTtlSeconds * unitsPerSecond)];
}

/** What an operator does: a root user, the root role, and then the switch. */
async function enableAuth(
  etcd: EtcdProcess,
  {name, password}: NonNullable<EtcdOptions['user']>,
): Promise<void> {
  const wire = new Wire(etcd.endpoint);
  try {
    for (const [method, request] of [
      ['Auth.UserAdd', {name, password}],
      ['Auth.RoleAdd', {name: 'root'}],
      ['Auth.UserGrantRole', {user: name, role: 'root'}],
      ['Auth.AuthEnable', {}],
    ] as const) {
      const answer = await wire.call(method, request);
      if ('code' in answer) throw new Error(`${method}: ${String(answer['error'])}`);
    }
  } finally {
    wire.close();
  }
}
