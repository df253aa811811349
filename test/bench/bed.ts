/** What the benchmarks measure on: etcd, daemons and containers as processes, and a log of what the records say and when. */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, openSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {AdminClient} from '../../src/admin/admin-client.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import type {EtcdStore} from '../../src/store/etcd-store.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {RecordLog} from './record-log.ts';
import {LONG_MS, until} from '../support/until.ts';

const SM = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
const PREFIX = '/sm-bench';
const SERVICE = 'sm.bench';
/** `BENCH_NODE_ARGS='--cpu-prof --cpu-prof-dir=DIR'` profiles daemons and containers. */
const NODE_ARGUMENTS = (process.env['BENCH_NODE_ARGS'] ?? '')
  .split(' ')
  .filter((one) => one !== '');

/** Nothing that was started outlives this process, also when it is interrupted or throws. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
// By itself, a signal ends a process without its exit handlers.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => process.exit(130));

export interface BedOptions {
  /** etcd members. Default 1. */
  readonly members?: number;
  /** Default 1. */
  readonly daemons?: number;
  /** T of daemons and containers, ms. Default 5000. */
  readonly ttlMs?: number;
  /** As `EtcdOptions.quotaBytes`. */
  readonly quotaBytes?: number;
}

export interface DaemonProcess {
  readonly address: string;
  readonly process: ChildProcess;
}

export class BenchBed {
  readonly etcd: EtcdProcess;
  readonly ttlMs: number;
  readonly prefix = PREFIX;
  readonly keys = new Keys(PREFIX, SERVICE);
  readonly store: EtcdStore;
  daemons: DaemonProcess[] = [];
  readonly containers = new Map<string, ChildProcess>();
  private readonly folder = mkdtempSync(join(tmpdir(), 'sm-bench-'));
  private readonly logs: RecordLog[] = [];
  private client: AdminClient | undefined;

  private constructor(etcd: EtcdProcess, ttlMs: number) {
    this.etcd = etcd;
    this.ttlMs = ttlMs;
    this.store = openEtcdStore({endpoints: etcd.endpoints});
  }

  static async start(options: BedOptions = {}): Promise<BenchBed> {
    const etcd = await startEtcd({
      members: options.members ?? 1,
      ...(options.quotaBytes === undefined ? {} : {quotaBytes: options.quotaBytes}),
    });
    const bed = new BenchBed(etcd, options.ttlMs ?? 5_000);
    for (let count = 0; count < (options.daemons ?? 1); count += 1) await bed.startDaemon();
    return bed;
  }

  /** The admin API of a daemon that lives. */
  get admin(): AdminClient {
    const server = `http://${this.daemons[0]?.address ?? ''}`;
    if (this.client?.server !== server) {
      this.client?.close();
      this.client = new AdminClient({server, timeoutMs: 120_000});
    }
    return this.client;
  }

  async stop(): Promise<void> {
    this.client?.close();
    for (const log of this.logs) log.close();
    const children = [...this.containers.values(), ...this.daemons.map((one) => one.process)];
    // A profile is written by whoever ends by itself.
    if (NODE_ARGUMENTS.length > 0) await Promise.all(children.map(hurry));
    for (const child of children) child.kill('SIGKILL');
    await this.store.close();
    await this.etcd.stop();
    rmSync(this.folder, {recursive: true, force: true});
  }

  /** `probe`: a module that is loaded before the program, and is spoken to by IPC. Default: none. */
  async startDaemon(probe?: string): Promise<DaemonProcess> {
    const [port = 0] = await freePorts(1);
    const file = join(this.folder, `daemon-${port}.yml`);
    const settings = [
      `service: ${SERVICE}`,
      `port: ${port}`,
      `endpoints: [${this.etcd.endpoints.join(', ')}]`,
      `etcdPrefix: ${PREFIX}`,
      `heartbeat: {ttlMs: ${this.ttlMs}}`,
      'log: {level: warn}',
    ];
    writeFileSync(file, `${settings.join('\n')}\n`);
    const args = ['serve', '--config-file', file];
    const process = this.launch(args, `daemon-${port}.log`, probe);
    const daemon = {address: `127.0.0.1:${port}`, process};
    await until(async () => answersReady(daemon.address), LONG_MS, `${daemon.address} is ready`);
    this.daemons.push(daemon);
    return daemon;
  }

  /** A process with `count` sample containers `id` or `id-1`, `id-2`, ... */
  startContainers(app: string, id: string, count = 1): ChildProcess {
    const where = ['--endpoints', this.etcd.endpoints.join(','), '--etcd-prefix', PREFIX];
    const what = ['-a', app, '--id', id, '--count', String(count), '--ttl-ms', String(this.ttlMs)];
    const child = this.launch(
      ['container', 'run', ...where, ...what, '--quiet', '--wait-for-app'],
      `${id}.log`,
    );
    this.containers.set(id, child);
    return child;
  }

  async endContainer(id: string, signal: NodeJS.Signals): Promise<void> {
    await end(this.containers.get(id), signal);
    this.containers.delete(id);
  }

  async endDaemon(daemon: DaemonProcess, signal: NodeJS.Signals): Promise<void> {
    this.daemons = this.daemons.filter((other) => other !== daemon);
    await end(daemon.process, signal);
  }

  async createApp(app: string, maxRecoveryTime = 0): Promise<RecordLog> {
    await this.admin.call('addSpec', {service: app, maxShardCount: 0, maxRecoveryTime});
    const log = new RecordLog(this.store, this.keys, app);
    await log.start();
    this.logs.push(log);
    return log;
  }

  /** Adds shards in calls of 10,000. */
  async addShards(app: string, ids: readonly string[]): Promise<void> {
    for (let at = 0; at < ids.length; at += 10_000) {
      const shards = ids.slice(at, at + 10_000).map((shardId) => ({shardId}));
      await this.admin.call('addShards', {service: app, shards});
    }
  }

  /** Containers of the app that are ready. */
  async readyContainers(app: string): Promise<string[]> {
    const {containers} = await this.admin.call('getContainers', {service: app});
    return containers.filter(({state}) => state === 'ready').map(({id}) => id);
  }

  async untilContainers(app: string, count: number): Promise<void> {
    const check = async (): Promise<boolean> => (await this.readyContainers(app)).length === count;
    await until(check, LONG_MS, `${count} containers of ${app} are ready`);
  }

  async untilBalanced(app: string): Promise<void> {
    const check = async (): Promise<boolean> =>
      (await this.admin.call('waitCheck', {service: app, kind: 'app', for: 'balanced'})).met;
    await until(check, LONG_MS, `${app} is balanced`);
  }

  private launch(args: readonly string[], log: string, probe?: string): ChildProcess {
    const file = openSync(join(this.folder, log), 'w');
    const loaded = probe === undefined ? [] : ['--import', probe];
    const child = spawn(process.execPath, [...NODE_ARGUMENTS, ...loaded, SM, ...args], {
      stdio: ['ignore', file, file, ...(probe === undefined ? [] : ['ipc' as const])],
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    return child;
  }
}

/** MB of memory the process holds now, and at most so far. */
export function memoryOf(child: ChildProcess): {nowMb: number; peakMb: number} {
  const text = readFileSync(`/proc/${String(child.pid)}/status`, 'utf8');
  const kb = (name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1] ?? 0);
  return {nowMb: kb('VmRSS') / 1024, peakMb: kb('VmHWM') / 1024};
}

async function answersReady(address: string): Promise<boolean> {
  return fetch(`http://${address}/readyz`).then(
    (reply) => reply.ok,
    () => false,
  );
}

/** Asks twice: the second signal ends without handing anything over. */
async function hurry(child: ChildProcess): Promise<void> {
  const again = setTimeout(() => child.kill('SIGTERM'), 500);
  await end(child, 'SIGTERM');
  clearTimeout(again);
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}
