/** What is fuzzed as processes: a store, a daemon for everybody, one with tokens, a container whose ownership nothing may touch. */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {AdminClient} from '../../src/admin/index.ts';
import {DaemonProcess} from '../support/daemon-process.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {until} from '../support/until.ts';
import {Wire} from '../support/wire.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
/** No generator knows this name. */
const APP = 'untouched-9f3a';
const SHARDS = ['k0', 'k1', 'k2', 'k3'];
export const PREFIX = '/sm-fuzz';
const READY_LIMIT_MS = 60_000;
const TTL_MS = 60_000;

export const CANARY_TOKEN = 'canary-token-0123456789abcdefghijklmnopqrstuvwxyz';
export const CANARY_VARIABLE = 'canary-in-the-environment';
export const CANARIES = [CANARY_TOKEN, CANARY_VARIABLE];

export class ProcessBed {
  readonly store: EtcdProcess;
  readonly wire: Wire;
  readonly daemons: readonly DaemonProcess[];
  readonly ports: readonly number[];
  readonly admin: AdminClient;
  private readonly folder: string;
  private container: ChildProcess | undefined;
  private receiver = 0;
  private owned = '';

  private constructor(store: EtcdProcess, folder: string, ports: readonly number[]) {
    const [endpoint = ''] = store.endpoints;
    this.store = store;
    this.wire = new Wire(endpoint);
    this.folder = folder;
    this.ports = ports;
    const tokens = join(folder, 'tokens');
    writeFileSync(tokens, `${CANARY_TOKEN}\n`, {mode: 0o600});
    const auth = ['none', `{tokenFile: ${tokens}}`];
    this.daemons = ports.map(
      (port, index) =>
        new DaemonProcess(
          [
            ...['service: sm.fuzz', `port: ${port}`, `endpoints: ["${endpoint}"]`],
            ...[`etcdPrefix: ${PREFIX}`, `auth: ${auth[index]}`, 'log: {level: warn}', ''],
          ].join('\n'),
        ),
    );
    this.admin = new AdminClient({
      server: `http://127.0.0.1:${ports[0]}`,
      timeoutMs: READY_LIMIT_MS,
    });
  }

  static async start(): Promise<ProcessBed> {
    process.env['SM_FUZZ_CANARY'] = CANARY_VARIABLE;
    const store = await startEtcd({kind: 'embedded'});
    const bed = new ProcessBed(store, mkdtempSync(join(tmpdir(), 'sm-fuzz-')), await freePorts(2));
    await bed.begin();
    return bed;
  }

  get receiverPort(): number {
    return this.receiver;
  }

  /** Resident memory of the daemons, or of the container, bytes. */
  memory(of: 'daemons' | 'container'): number {
    const pids = of === 'daemons' ? this.daemons.map(({pid}) => pid) : [this.container?.pid ?? 0];
    return pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
  }

  /** What is not as it was: a process that ended, ownership that changed, a secret in a log. */
  async verify(): Promise<string | undefined> {
    for (const daemon of this.daemons) {
      if (residentBytes(daemon.pid) === 0) return `a daemon ended: ${daemon.output.slice(-2_000)}`;
      const leaked = CANARIES.find((canary) => daemon.output.includes(canary));
      if (leaked !== undefined) return 'a secret stands in a log';
      const failed = daemon.lines.find(
        ({msg}) => msg === 'request failed' || msg === 'stream failed',
      );
      if (failed !== undefined) return `a bug in a log: ${JSON.stringify(failed)}`;
    }
    if (this.container?.exitCode !== null) return 'the container ended';
    const {status} = await fetch(`http://127.0.0.1:${this.ports[0]}/readyz`);
    if (status !== 200) return `the daemon is not ready: ${status}`;
    const now = await this.ownership();
    return now === this.owned ? undefined : `ownership was ${this.owned} and is ${now}`;
  }

  async close(): Promise<void> {
    this.container?.kill('SIGKILL');
    this.admin.close();
    this.wire.close();
    await Promise.all(this.daemons.map((daemon) => daemon.end()));
    await this.store.stop();
    rmSync(this.folder, {recursive: true, force: true});
  }

  /** Records of the app that nothing touches, and when each was written. */
  private async ownership(): Promise<string> {
    const prefix = `${PREFIX}/app/${APP}/own/`;
    const key = Buffer.from(prefix);
    const answer = await this.wire.call('KV.Range', {
      key,
      range_end: Buffer.from(`${prefix.slice(0, -1)}0`),
    });
    const kvs = (answer as {kvs?: {key: Buffer; mod_revision: string}[]}).kvs ?? [];
    return kvs
      .map((one) => `${one.key.toString().slice(prefix.length)}@${one.mod_revision}`)
      .join(' ');
  }

  private async begin(): Promise<void> {
    for (const port of this.ports)
      await until(
        () =>
          fetch(`http://127.0.0.1:${port}/readyz`).then(
            ({status}) => status === 200,
            () => false,
          ),
        READY_LIMIT_MS,
        'a daemon is ready',
      );
    for (const service of [APP, 'fuzz-a', 'fuzz-b']) await this.admin.call('addSpec', {service});
    await this.admin.call('addShards', {
      service: APP,
      shards: SHARDS.map((shardId) => ({shardId})),
    });
    const [endpoint = ''] = this.store.endpoints;
    const where = ['--endpoints', endpoint, '--etcd-prefix', PREFIX, '--ttl-ms', String(TTL_MS)];
    this.container = spawn(
      process.execPath,
      [BIN, 'container', 'run', '-a', APP, '--id', 'keep', ...where],
      {
        stdio: 'ignore',
        env: {...process.env, NODE_OPTIONS: ''},
      },
    );
    await until(() => this.isSettled(), READY_LIMIT_MS, 'the container has its shards');
    this.owned = await this.ownership();
  }

  private async isSettled(): Promise<boolean> {
    const {containers} = await this.admin.call('getContainers', {service: APP});
    const [one] = containers;
    this.receiver = Number(/:(\d+)$/.exec(one?.endpoint ?? '')?.[1] ?? 0);
    const {shards} = await this.admin.call('getShards', {service: APP});
    return (
      this.receiver > 0 &&
      shards.length === SHARDS.length &&
      shards.every(({state}) => state === 'ready')
    );
  }
}

/** 0 when there is no such process. */
export function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
