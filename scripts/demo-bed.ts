/** The parts of the demo: etcd, daemons and containers as processes, the command line as users call it. */
import {execFile, spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, openSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {request} from 'undici';
import {Keys} from '../src/etcd/keys.ts';
import {systemClock} from '../src/runtime/clock.ts';
import {CallSigner, callReply} from '../src/server/contact/call-signer.ts';
import {openEtcdStore} from '../src/store/etcd-store.ts';
import type {Store} from '../src/store/port.ts';
import {startEtcd} from '../test/support/etcd-process.ts';
import {freePorts} from '../test/support/free-ports.ts';
import {SampleContainer} from '../test/support/sample-container.ts';
import type {EtcdProcess} from '../test/support/etcd-process.ts';
import {LONG_MS, until} from '../test/support/until.ts';

const SM = join(import.meta.dirname, '..', 'bin', 'run.js');
const PREFIX = '/sm-demo';
const SERVICE = 'sm.demo';
/** Of every wait: only a hang may reach it. */
export const LIMIT = `${LONG_MS / 1_000}s`;

export interface DemoOptions {
  readonly app: string;
  /** T of daemons and containers. */
  readonly ttlMs: number;
}

interface Daemon {
  readonly server: string;
  readonly process: ChildProcess;
}

interface Expectation {
  readonly total: number;
  /** Whether the step may have moved the shard. */
  readonly mayMove: (shard: string) => boolean;
}

interface ShardRow {
  readonly id: string;
  readonly state: string;
  readonly container: string;
  readonly token: string;
}

export class DemoBed {
  /** Container by shard, as last checked. */
  placement: ReadonlyMap<string, string> = new Map();
  private tokens: ReadonlyMap<string, string> = new Map();
  private readonly options: DemoOptions;
  private readonly etcd: EtcdProcess;
  private readonly folder: string;
  private daemons: Daemon[] = [];
  private readonly containers = new Map<string, SampleContainer>();
  private readonly store: Store;
  private readonly signer: CallSigner;

  private constructor(options: DemoOptions, etcd: EtcdProcess) {
    this.options = options;
    this.etcd = etcd;
    const keys = new Keys(PREFIX, SERVICE);
    this.store = openEtcdStore({endpoints: [etcd.endpoint]});
    this.signer = new CallSigner({store: this.store, keys, clock: systemClock()});
    this.folder = mkdtempSync(join(tmpdir(), 'sm-demo-'));
  }

  static async start(options: DemoOptions): Promise<DemoBed> {
    const bed = new DemoBed(options, await startEtcd());
    const ports = await freePorts(2);
    for (const port of ports) bed.startDaemon(port);
    for (const {server} of bed.daemons) await bed.untilAnswers(server);
    return bed;
  }

  async stop(): Promise<void> {
    await this.endContainers('SIGKILL');
    for (const {process: child} of this.daemons) child.kill('SIGKILL');
    await this.store.close();
    await this.etcd.stop();
    rmSync(this.folder, {recursive: true, force: true});
  }

  /** Address of a living daemon. */
  get server(): string {
    const [daemon] = this.daemons;
    if (daemon === undefined) throw new Error('no daemon lives');
    return daemon.server;
  }

  /** Runs a step and says how long it took. */
  async step(title: string, work: () => Promise<void>): Promise<void> {
    const startedMs = performance.now();
    await work();
    console.log(`\n== ${title}: ${((performance.now() - startedMs) / 1000).toFixed(2)} s`);
  }

  /** The command line against a living daemon; its JSON answer. */
  async sm(...args: string[]): Promise<Record<string, unknown>> {
    const environment = {
      ...process.env,
      SM_SERVER: this.server,
      SM_OUTPUT: 'json',
      NO_COLOR: '1',
    };
    try {
      const {stdout} = await promisify(execFile)(process.execPath, [SM, ...args], {
        env: environment,
        maxBuffer: 64 * 1024 * 1024,
      });
      return JSON.parse(stdout) as Record<string, unknown>;
    } catch (error) {
      const {stdout, stderr, code} = error as {stdout?: string; stderr?: string; code?: number};
      throw new Error(
        `sm ${args.join(' ')} exited ${String(code)}: ${stdout ?? ''}${stderr ?? ''}`,
        {cause: error},
      );
    }
  }

  async untilReady(): Promise<void> {
    await this.sm('wait', `app/${this.options.app}`, '--for', 'ready', '--timeout', LIMIT);
    await this.sm('wait', `app/${this.options.app}`, '--for', 'balanced', '--timeout', LIMIT);
  }

  async startContainer(id: string): Promise<void> {
    const {app, ttlMs} = this.options;
    const where = ['--endpoints', this.etcd.endpoint, '--etcd-prefix', PREFIX];
    const args = ['-a', app, '--id', id, '--ttl-ms', String(ttlMs)];
    this.containers.set(id, new SampleContainer(...args, ...where));
    await this.sm('wait', `container/${app}/${id}`, '--for', 'ready', '--timeout', LIMIT);
  }

  async killContainer(id: string): Promise<void> {
    await this.containers.get(id)?.end('SIGKILL');
    this.containers.delete(id);
  }

  stopContainers(): Promise<void> {
    return this.endContainers('SIGTERM');
  }

  private async endContainers(signal: NodeJS.Signals): Promise<void> {
    await Promise.all([...this.containers.values()].map((container) => container.end(signal)));
    this.containers.clear();
  }

  async killGovernor(): Promise<void> {
    const {governor} = await this.sm('app', 'get', this.options.app);
    const victim = this.daemons.find(({server}) => server === `http://${String(governor)}`);
    if (victim === undefined) throw new Error(`no daemon of ours governs: ${String(governor)}`);
    await end(victim.process, 'SIGKILL');
    this.daemons = this.daemons.filter((daemon) => daemon !== victim);
  }

  /** The daemon that is left governs the app: its status is written by it. */
  async untilGoverned(): Promise<void> {
    const address = this.daemons[0]?.server.replace('http://', '');
    await until(
      async () => (await this.sm('app', 'get', this.options.app))['governor'] === address,
      LONG_MS,
      'a daemon takes over',
    );
  }

  /** Every shard ready on exactly one living container, and nothing moved that had no reason to. */
  async checkPlacement(title: string, {total, mayMove}: Expectation): Promise<void> {
    const {items} = (await this.sm('shard', 'ls', '-a', this.options.app)) as unknown as {
      items: ShardRow[];
    };
    const problems: string[] = [];
    if (items.length !== total) problems.push(`${items.length} shards instead of ${total}`);
    for (const {id, state, container, token} of items) {
      if (state !== 'ready' || !this.containers.has(container))
        problems.push(`${id} is ${state} on ${container || 'nobody'}`);
      const sameOwner = this.placement.get(id) === container && this.tokens.get(id) === token;
      if (this.placement.has(id) && !sameOwner && !mayMove(id))
        problems.push(`${id} moved though it had no reason to`);
    }
    problems.push(...(await this.ownClaims(items)));
    this.placement = new Map(items.map(({id, container}) => [id, container]));
    this.tokens = new Map(items.map(({id, token}) => [id, token]));
    this.print();
    if (problems.length > 0) throw new Error(`${title}: ${problems.slice(0, 5).join('; ')}`);
  }

  /** What a container says that it has: it answers only who signs with the key of its app, as a daemon does. */
  private async held(
    endpoint: string,
  ): Promise<{containers: {shards: {id: string; ready: boolean}[]}[]}> {
    const call = {method: 'GET', path: '/sm/admin/shards', body: ''};
    const {text} = await this.signer.call(
      {app: this.options.app, endpoint},
      call,
      async (headers) => callReply(await request(`http://${endpoint}${call.path}`, {headers})),
    );
    return JSON.parse(text) as {containers: {shards: {id: string; ready: boolean}[]}[]};
  }

  /** Asks every living container what it serves: each shard exactly once, where the record says. */
  private async ownClaims(items: readonly ShardRow[]): Promise<string[]> {
    const {items: containers} = (await this.sm(
      'container',
      'ls',
      '-a',
      this.options.app,
    )) as unknown as {items: {id: string; endpoint: string}[]};
    const servedBy = new Map<string, string[]>();
    for (const {id, endpoint} of containers) {
      if (!this.containers.has(id)) continue;
      const held = await this.held(endpoint);
      for (const shard of held.containers.flatMap(({shards}) => shards))
        if (shard.ready) servedBy.set(shard.id, [...(servedBy.get(shard.id) ?? []), id]);
    }
    return items
      .filter(({id, container}) => servedBy.get(id)?.join() !== container)
      .map(({id}) => `${id} is served by ${servedBy.get(id)?.join(' and ') ?? 'nobody'}`);
  }

  async checkNothingLeft(): Promise<void> {
    const {stdout} = await promisify(execFile)(
      'etcdctl',
      ['--endpoints', this.etcd.endpoint, 'get', '--prefix', '--keys-only', PREFIX],
      {
        env: {...process.env, ETCDCTL_API: '3'},
      },
    );
    const keys = stdout.split('\n').filter((key) => key !== '');
    const left = keys.filter((key) => key.includes(`/${this.options.app}`));
    console.log(`keys left of the app: ${left.length} (of sm itself: ${keys.length})`);
    if (left.length > 0) throw new Error(`keys left: ${left.slice(0, 5).join(', ')}`);
  }

  private print(): void {
    const owners = new Map<string, string[]>();
    for (const [shard, container] of this.placement)
      owners.set(container, [...(owners.get(container) ?? []), shard]);
    for (const [container, shards] of [...owners].sort())
      console.log(`   ${container}: ${String(shards.length).padStart(2)}  ${shards.join(' ')}`);
  }

  private startDaemon(port: number | undefined): void {
    const file = join(this.folder, `daemon-${port}.yml`);
    const lines = [
      `service: ${SERVICE}`,
      `port: ${port}`,
      `endpoints: [${this.etcd.endpoint}]`,
      `etcdPrefix: ${PREFIX}`,
      `heartbeat: {ttlMs: ${this.options.ttlMs}}`,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    this.daemons.push({
      server: `http://127.0.0.1:${port}`,
      process: this.launch(['serve', '--config-file', file], `daemon-${port}.log`),
    });
  }

  private launch(args: readonly string[], log: string): ChildProcess {
    const file = openSync(join(this.folder, log), 'w');
    return spawn(process.execPath, [SM, ...args], {stdio: ['ignore', file, file]});
  }

  private async untilAnswers(server: string): Promise<void> {
    await until(
      () =>
        fetch(`${server}/readyz`).then(
          (reply) => reply.ok,
          () => false,
        ),
      LONG_MS,
      `${server} becomes ready`,
    );
  }
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}
