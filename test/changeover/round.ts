/**
 * One round: an app of the Go project runs on containers that are processes, its server stops, a daemon takes it over, and then the seed's
 * disturbances come one after the other. At its end all is healed, and the logs of all processes are judged.
 */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Etcd3} from 'etcd3';
import {Keys} from '../../src/etcd/keys.ts';
import {release} from '../../src/transfer/index.ts';
import {OriginServer} from '../integration/origin-server.ts';
import {DaemonProcess} from '../support/daemon-process.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {OPERATOR, daemonLogin, loginLines} from '../support/least-rights.ts';
import {freePorts} from '../support/free-ports.ts';
import {pause, until} from '../support/until.ts';
import {ContainerHost} from './container-host.ts';
import {textOf} from './disturbances.ts';
import type {Disturbance} from './disturbances.ts';
import {judge} from './judge.ts';
import type {Judgement} from './judge.ts';
import {nowMs} from './now.ts';
import {Trace} from './trace.ts';

export interface RoundOptions {
  readonly disturbances: readonly Disturbance[];
  readonly containers: number;
  readonly shards: number;
  /** The last container keeps its shards in a file. */
  readonly withBolt: boolean;
  readonly say: (text: string) => void;
}

export interface RoundResult extends Omit<Judgement, 'adds'> {
  /** Adds of each shard, all processes together. */
  readonly adds: readonly number[];
  /** For each second process: from its session key until the alarm that names its container; null where that stood already or never came. */
  readonly secondsNoticedMs: readonly (number | null)[];
  /** From the changeover until all was healed. */
  readonly ms: number;
  /** What the changeover itself did: drops, and adds besides the first ones. */
  readonly callsByChangeover: number;
}

const SERVICE = 'sm.test';
const APP = 'proxy.dev';
const keys = new Keys('/sm', SERVICE);
const START_LIMIT_MS = 60_000;
/** An eviction takes T + 5 s, a trial of a container that refused some times as long. */
const SETTLE_LIMIT_MS = 150_000;

export async function playRound(options: RoundOptions): Promise<RoundResult> {
  const round = new Round(options, await startEtcd());
  try {
    return await round.play();
  } finally {
    await round.close();
  }
}

class Round {
  private readonly options: RoundOptions;
  private readonly etcd: EtcdProcess;
  private readonly raw: Etcd3;
  private readonly folder = mkdtempSync(join(tmpdir(), 'sm-changeover-'));
  private readonly hosts: ContainerHost[] = [];
  private readonly shards: string[];
  private readonly trace = new Trace();
  private config = '';
  private port = 0;
  private daemon: DaemonProcess | undefined;
  private added = 0;
  private readonly secondsNoticedMs: (number | null)[] = [];

  constructor(options: RoundOptions, etcd: EtcdProcess) {
    this.options = options;
    this.etcd = etcd;
    this.raw = new Etcd3({hosts: etcd.endpoint, ...OPERATOR});
    this.shards = ['a.b', 'x y', 'ü'];
    while (this.shards.length < options.shards) this.shards.push(`s-${this.shards.length}`);
  }

  async play(): Promise<RoundResult> {
    const {disturbances, say} = this.options;
    await this.trace.watch(this.raw, `/sm/app/${APP}/`);
    await this.changeOver();
    const startedMs = nowMs();
    const calls = this.calls;
    await this.settled();
    const callsByChangeover = this.calls - calls;
    for (const one of disturbances) {
      say(textOf(one));
      this.trace.note('round', textOf(one));
      await this.disturb(one);
      if (one.pauseMs !== undefined) await pause(one.pauseMs);
      else await this.settled();
    }
    await this.settled();
    const endMs = nowMs();
    const runs = this.hosts.flatMap((host) => host.runs);
    const judged = judge(runs, startedMs, endMs);
    const others = runs.flatMap(({trace}) => trace);
    for (const {shard, processes, fromMs, ms} of judged.overlaps.filter(
      ({excuse}) => excuse === '',
    )) {
      say(`RUNS TWICE for ${ms.toFixed(0)} ms: ${shard} at ${processes.join(' and ')}`);
      for (const line of this.trace.around(fromMs, others)) say(line);
    }
    // Shards that came and went have no gap before and after.
    const gaps = judged.gaps.filter(({shard}) => this.shards.includes(shard));
    const adds = [...judged.adds.values()];
    const {secondsNoticedMs} = this;
    const ms = endMs - startedMs;
    return {...judged, gaps, adds, secondsNoticedMs, ms, callsByChangeover};
  }

  async close(): Promise<void> {
    await this.daemon?.end();
    for (const {runs} of this.hosts)
      for (const run of runs) {
        run.resume();
        await run.end('SIGKILL');
      }
    await this.trace.close();
    this.raw.close();
    await this.etcd.stop();
    rmSync(this.folder, {recursive: true, force: true});
  }

  private get calls(): number {
    return this.hosts.flatMap(({runs}) => runs).reduce((sum, {calls}) => sum + calls.length, 0);
  }

  private async changeOver(): Promise<void> {
    const {containers, withBolt} = this.options;
    const server = await new OriginServer(this.etcd.endpoint, SERVICE).start();
    await server.createApp(APP, this.shards);
    await server.rebalance(APP);
    const [port = 0, ...ports] = await freePorts(containers + 1);
    this.port = port;
    for (const [at, one] of ports.entries()) {
      const usesBolt = withBolt && at === containers - 1;
      const {folder, etcd} = this;
      const host = {endpoint: etcd.endpoint, app: APP, port: one, folder, usesBolt};
      this.hosts.push(new ContainerHost(host));
    }
    const lines = [`service: ${SERVICE}`, `port: ${port}`, `endpoints: [${this.etcd.endpoint}]`];
    const login = loginLines(await daemonLogin(this.etcd, '/sm', SERVICE));
    const rest = ['etcdPrefix: /sm', 'heartbeat:', '  ttlMs: 3000', ...login, ''];
    this.config = [...lines, ...rest].join('\n');
    writeFileSync(this.configFile(), this.config);
    // It waits for the server's end, so it may start beside the containers.
    this.startDaemon();
    await this.startContainers();
    await Promise.all(
      this.shards.map((shard, at) =>
        server.add(APP, this.hosts[at % containers] as ContainerHost, shard),
      ),
    );
    await until(() => this.calls === this.shards.length, START_LIMIT_MS, 'all shards run');
    await until(() => this.isServing(), START_LIMIT_MS, 'the daemon listens');
    await server.stop();
  }

  private async startContainers(): Promise<void> {
    for (const host of this.hosts) host.start();
    const started = (): boolean => this.hosts.every(({current}) => current?.started === true);
    await until(started, START_LIMIT_MS, 'containers have started');
  }

  private startDaemon(): void {
    this.daemon ??= new DaemonProcess(this.config);
  }

  private async isServing(): Promise<boolean> {
    const reply = await fetch(`http://127.0.0.1:${this.port}/healthz`).catch(() => undefined);
    return reply !== undefined;
  }

  private async endDaemon(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const {daemon} = this;
    this.daemon = undefined;
    await daemon?.end(signal);
  }

  private async disturb(one: Disturbance): Promise<void> {
    const host = this.hosts[one.container] as ContainerHost;
    if (one.kind === 'behaviour') {
      host.current?.behave(one.behaviour);
      await pause(one.forMs);
      host.current?.behave('normal');
    } else await this.disturbances[one.kind](host, one.forMs);
    // What ended by itself is started again, as a supervisor does.
    for (const each of this.hosts) each.start();
    this.startDaemon();
  }

  private readonly disturbances: Readonly<
    Record<
      Exclude<Disturbance['kind'], 'behaviour'>,
      (host: ContainerHost, forMs: number) => Promise<void>
    >
  > = {
    'kill container': async (host, forMs) => {
      await host.current?.end('SIGKILL');
      await pause(forMs);
    },
    'restart container': async (host, forMs) => {
      await host.current?.end('SIGTERM');
      await pause(forMs);
    },
    'stop container': async ({current}, forMs) => {
      current?.pause();
      await pause(forMs);
      current?.resume();
    },
    'kill daemon': async (_, forMs) => {
      await this.endDaemon();
      await pause(forMs);
    },
    'stop daemon': async (_, forMs) => {
      this.daemon?.signal('SIGSTOP');
      await pause(forMs);
      this.daemon?.signal('SIGCONT');
    },
    'return without daemon': async (host, forMs) => {
      await host.current?.end('SIGKILL');
      await until(() => this.isElsewhere(host.id), SETTLE_LIMIT_MS, 'its shards have moved');
      await this.endDaemon();
      host.start();
      await pause(forMs);
    },
    'second process': async (host, forMs) => {
      const stood = await this.isDoubled(host.id);
      const fromMs = nowMs();
      const second = host.startSecond();
      await pause(forMs);
      await second.end('SIGKILL');
      this.secondsNoticedMs.push(stood ? null : this.noticedMs(host.id, fromMs));
    },
    'lose guard': async (_, forMs) => {
      await this.raw.delete().key(keys.leaseGuard(APP));
      await pause(forMs);
    },
    'change shards': async (_, forMs) => {
      this.startDaemon();
      await until(() => this.isServing(), START_LIMIT_MS, 'the daemon listens');
      const shardId = `more-${this.added}`;
      this.added += 1;
      await until(() => this.post('add-shard', {shardId}), SETTLE_LIMIT_MS, 'add-shard');
      await pause(forMs);
      await until(() => this.post('del-shard', {shardId}), SETTLE_LIMIT_MS, 'del-shard');
    },
    'back and again': async (_, forMs) => {
      await this.settled();
      await this.endDaemon('SIGTERM');
      await release({configFile: this.configFile()}, () => undefined);
      await pause(forMs);
    },
  };

  private async isDoubled(container: string): Promise<boolean> {
    return isDoubleAlarm((await this.raw.get(keys.status(APP)).string()) ?? '', container);
  }

  private noticedMs(container: string, fromMs: number): number | null {
    const isSession = (text: string): boolean =>
      text.startsWith(`containerhb/${container}/`) && text.endsWith(' = ');
    const sessionMs = this.trace.firstMs(fromMs, isSession);
    const isAlarm = (text: string): boolean =>
      text.startsWith('status = ') && isDoubleAlarm(text, container);
    const alarmMs = this.trace.firstMs(fromMs, isAlarm);
    return sessionMs === undefined || alarmMs === undefined ? null : alarmMs - sessionMs;
  }

  private configFile(): string {
    return join(this.folder, 'sm.yml');
  }

  private async post(path: string, body: object): Promise<boolean> {
    const reply = await fetch(`http://127.0.0.1:${this.port}/sm/server/${path}`, {
      method: 'POST',
      headers: {'content-type': 'application/json'},
      body: JSON.stringify({service: APP, ...body}),
    }).catch(() => undefined);
    return reply?.ok === true;
  }

  private async isElsewhere(container: string): Promise<boolean> {
    const owners = await this.owners();
    const wanted = [...owners.values()];
    return owners.size >= this.shards.length && !wanted.includes(container);
  }

  /** Container by shard, where it is owned and ready. */
  private async owners(): Promise<Map<string, string>> {
    const found = await this.raw.getAll().prefix(keys.ownershipPrefix(APP)).strings();
    const owners = new Map<string, string>();
    for (const [key, text] of Object.entries(found)) {
      const record = JSON.parse(text) as {state: string; ready: boolean; container: string};
      const parsed = keys.parse(key);
      if (parsed?.kind === 'ownership' && record.state === 'owned' && record.ready)
        owners.set(parsed.shard, record.container);
    }
    return owners;
  }

  /** Waits until each shard runs in one process, the one that its record names. */
  private async settled(): Promise<void> {
    for (const host of this.hosts) host.start();
    this.startDaemon();
    await until(
      async () => {
        for (const host of this.hosts) host.start();
        return this.isSettled();
      },
      SETTLE_LIMIT_MS,
      () => `each shard runs where it is recorded: ${this.picture()}`,
    );
  }

  private async isSettled(): Promise<boolean> {
    const owners = await this.owners();
    const running = this.hosts.flatMap(({id, runs}) =>
      runs.flatMap((run) => run.running.map((shard) => [shard, id] as const)),
    );
    return (
      running.length === this.shards.length &&
      this.shards.every((shard) => owners.has(shard)) &&
      running.every(([shard, id]) => owners.get(shard) === id)
    );
  }

  private picture(): string {
    const runs = this.hosts.flatMap((host) => host.runs).filter(({hasEnded}) => !hasEnded);
    return runs.map(({name, running}) => `${name}: ${running.join(',')}`).join('; ');
  }
}

function isDoubleAlarm(status: string, container: string): boolean {
  return (
    status.includes('PUSH_DUPLICATE_ID') && status.includes(`the id of push container ${container}`)
  );
}
