/** Processes of one operator's night: a store, daemons as built, containers, and what an operator sees of them. */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {request} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {watchAlerts} from '../../scripts/alert-watch.ts';
import type {AlertWatch} from '../../scripts/alert-watch.ts';
import {AdminClient} from '../../src/admin/index.ts';
import type {JoinOptions} from '../../src/container/index.ts';
import {sm} from '../support/command.ts';
import {ContainerProcess, startContainer} from '../support/container-process.ts';
import type {OnAdd} from '../support/container-process.ts';
import {freePorts} from '../support/free-ports.ts';
import {pause, until} from '../support/until.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
export const START_LIMIT_MS = 60_000;
export const TTL_MS = 3_000;

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface NightDaemonOptions {
  /** Lines of its configuration besides service, port, prefix and heartbeat. */
  readonly config: readonly string[];
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly prefix?: string;
  readonly scheme?: 'http' | 'https';
  readonly ca?: string;
  /** Daemons whose alerts are asked for besides: an app's figures come from the one that governs it. */
  readonly others?: readonly string[];
}

/** `sm serve` as a process. */
export class NightDaemon {
  output = '';
  readonly url: string;
  readonly child: ChildProcess;
  private readonly folder: string;
  private readonly options: NightDaemonOptions;
  private watching: Promise<AlertWatch> | undefined;

  private constructor(options: NightDaemonOptions, port: number) {
    this.options = options;
    this.url = `${options.scheme ?? 'http'}://127.0.0.1:${port}`;
    this.folder = mkdtempSync(join(tmpdir(), 'sm-night-'));
    const file = join(this.folder, 'sm.yml');
    const head = [
      'service: sm.night',
      `port: ${port}`,
      `etcdPrefix: ${options.prefix ?? '/night'}`,
    ];
    const text = [...head, `heartbeat: {ttlMs: ${TTL_MS}}`, ...options.config, ''].join('\n');
    writeFileSync(file, text);
    const args = [BIN, 'serve', '--config-file', file, ...(options.args ?? [])];
    this.child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {...process.env, NO_COLOR: '1', NODE_OPTIONS: '', ...options.env},
    });
    running.add(this.child);
    this.child.once('exit', () => running.delete(this.child));
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /** Returns once it says that it is ready. */
  static async start(options: NightDaemonOptions): Promise<NightDaemon> {
    const [port = 0] = await freePorts(1);
    const daemon = new NightDaemon(options, port);
    await until(
      () => daemon.output.includes('"msg":"ready"'),
      START_LIMIT_MS,
      () => `a daemon is ready: ${daemon.output}`,
    );
    return daemon;
  }

  get admin(): AdminClient {
    return new AdminClient({server: this.url});
  }

  async end(name: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const {child} = this;
    await (await this.watching)?.close();
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGCONT');
      child.kill(name);
      await gone;
    }
    rmSync(this.folder, {recursive: true, force: true});
  }

  /** What the command line says of it, both streams. */
  async said(...args: readonly string[]): Promise<string> {
    const trust = this.options.ca === undefined ? [] : ['--ca-file', this.options.ca];
    const ran = await sm(...args, '--server', this.url, '--timeout', '10s', ...trust);
    return `${ran.stdout}${ran.stderr}exit ${ran.exit}`;
  }

  readyz(): Promise<string> {
    return readyz(this.url);
  }

  /** The alerts that fire now, one a line: name, app, summary. A Prometheus scrapes this daemon and the others from the first call on. */
  async alerts(): Promise<string> {
    this.watching ??= watchAlerts([this.url, ...(this.options.others ?? [])]);
    const firing = (await (await this.watching).alerts()).filter(({state}) => state === 'firing');
    return firing.map(({name, app, summary}) => `${name} ${app}: ${summary}`).join('\n');
  }
}

/** Status and body of /readyz, whoever serves it; the fault where nobody answers. */
export function readyz(url: string): Promise<string> {
  if (url.startsWith('https:')) return readyzByTls(url);
  return fetch(`${url}/readyz`, {signal: AbortSignal.timeout(5_000)}).then(
    async (reply) => `${reply.status} ${await reply.text()}`,
    (error: unknown) => `no answer: ${String((error as Error).cause ?? error)}`,
  );
}

/** As a probe of Kubernetes asks: it looks at no certificate. */
function readyzByTls(url: string): Promise<string> {
  return new Promise((resolve) => {
    const asked = request(`${url}/readyz`, {rejectUnauthorized: false}, (reply) => {
      let body = '';
      reply.on('data', (chunk: Buffer) => (body += chunk.toString()));
      reply.on('end', () => resolve(`${reply.statusCode} ${body}`));
    });
    asked.on('error', (error) => resolve(`no answer: ${error.message}`));
    asked.end();
  });
}

/** Where containers join. */
export interface NightPlace {
  readonly endpoint: string;
  readonly admin: AdminClient;
}

export class NightContainers {
  private readonly all: ContainerProcess[] = [];
  private readonly loops: (() => void)[] = [];
  private readonly place: NightPlace;

  constructor(place: NightPlace) {
    this.place = place;
  }

  options(app: string, id: string, over: Partial<JoinOptions> = {}): JoinOptions {
    const {endpoint} = this.place;
    return {app, id, endpoints: [endpoint], etcdPrefix: '/night', ttlMs: TTL_MS, ...over};
  }

  async start(
    app: string,
    id: string,
    onAdd: OnAdd = 'works',
    over: Partial<JoinOptions> = {},
  ): Promise<ContainerProcess> {
    const container = await startContainer(this.options(app, id, over), onAdd);
    this.all.push(container);
    return container;
  }

  /** Starts one again and again, as a supervisor would. */
  crashLoop(app: string, id: string): void {
    let ended = false;
    this.loops.push(() => (ended = true));
    void (async () => {
      while (!ended) {
        const container = new ContainerProcess(this.options(app, id), 'exits');
        this.all.push(container);
        while (!container.hasEnded && !ended) await pause(100);
        await pause(1_000);
      }
    })();
  }

  async createApp(app: string, shards: number, limits: object = {}): Promise<void> {
    const {admin} = this.place;
    await admin.call('addSpec', {service: app, maxRecoveryTime: 0, ...limits});
    const rows = Array.from({length: shards}, (_, at) => ({shardId: `s${at}`}));
    if (shards > 0) await admin.call('addShards', {service: app, shards: rows});
  }

  async allReady(app: string): Promise<void> {
    await until(
      async () => {
        const {app: view} = await this.place.admin.call('getApp', {service: app});
        return view.shards.ready === view.shards.total;
      },
      START_LIMIT_MS,
      `${app} is ready`,
    );
  }

  /** From now on nothing is started again: starting takes processor time from the faults that follow. */
  endCrashLoops(): void {
    for (const end of this.loops.splice(0)) end();
  }

  async stop(): Promise<void> {
    this.endCrashLoops();
    await Promise.all(this.all.map((container) => container.end()));
  }
}
