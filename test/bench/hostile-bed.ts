/** What the hostile mix runs on: a daemon as built with its store, containers of two apps, and what each of them tells. */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {setPriority, tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {setTimeout as pause} from 'node:timers/promises';
import {AdminClient} from '../../src/admin/index.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import {shardIds} from './figure.ts';
import type {Block} from './hostile-figures.ts';
import {LONG_MS, until} from '../support/until.ts';

const SM = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
const PROBE = join(import.meta.dirname, 'stall-probe.mjs');
export const GOOD = 'good';
export const BAD = 'bad';
const [PREFIX, SERVICE] = ['/sm-hostile', 'sm.hostile'];
const TTL_MS = 10_000;
const SHARDS = shardIds(60);
const CONTAINERS = ['c1', 'c2', 'c3'];
const BETWEEN_MOVES_MS = 250;
/** A move that takes longer counts as so long. */
const MOVE_LIMIT_MS = 30_000;
const READY_LIMIT_MS = 60_000;
/** Of what would run on another machine. */
const NICE = 10;
export type StoreKind = 'etcd' | 'embedded';

export interface ContainerReport {
  readonly event: 'add' | 'drop' | 'ready' | 'ended';
  readonly shard?: string;
  readonly reason?: string;
  /** Wall clock, ms: all processes are on one machine. */
  readonly atMs: number;
}

/** When the parts of one move were over, ms after the call was sent; undefined: that has not been seen. */
export interface Move {
  readonly ms: number;
  readonly startedMs: number;
  readonly answeredMs: number | undefined;
  readonly droppedMs: number | undefined;
  readonly addedMs: number | undefined;
}

export class Bed {
  readonly folder = mkdtempSync(join(tmpdir(), 'sm-hostile-'));
  readonly events: ContainerReport[] = [];
  /** Calls of the well-behaved app that were not answered as they should be. */
  readonly failures: string[] = [];
  admin!: AdminClient;
  address = '';
  endpoints: readonly string[] = [];
  daemon!: ChildProcess;
  /** The processes that serve both apps: the daemon, and etcd where it is a process of its own. */
  readonly serving: {readonly pid?: number | undefined}[] = [];
  /** Processes that would run on other machines. */
  readonly strangers: ChildProcess[] = [];
  private readonly children = new Set<ChildProcess>();
  private readonly homes = new Map<string, string>();
  private readonly waiting = new Map<string, (said: ContainerReport) => void>();
  private stopStore: () => Promise<void> = async () => undefined;
  private readonly killAll = (): void => {
    for (const child of this.children) child.kill('SIGKILL');
  };

  constructor() {
    process.once('exit', this.killAll);
  }

  async start(store: StoreKind): Promise<void> {
    const [port = 0, storePort = 0] = await freePorts(2);
    this.address = `127.0.0.1:${port}`;
    const tokens = join(this.folder, 'tokens');
    writeFileSync(tokens, `${GOOD} ${this.token(GOOD)}\n${BAD} ${this.token(BAD)}\n`, {
      mode: 0o600,
    });
    writeFileSync(join(this.folder, 'good'), this.token(GOOD), {mode: 0o600});
    const settings = [
      `service: ${SERVICE}`,
      `port: ${port}`,
      `etcdPrefix: ${PREFIX}`,
      `heartbeat: {ttlMs: ${TTL_MS}}`,
      `auth: {tokenFile: ${tokens}}`,
      'log: {level: warn}',
    ];
    const flags: string[] = [];
    if (store === 'etcd') {
      const etcd = await startEtcd();
      this.stopStore = () => etcd.stop();
      this.serving.push(etcd);
      this.endpoints = etcd.endpoints;
      settings.push(`endpoints: [${etcd.endpoints.join(', ')}]`);
    } else {
      this.endpoints = [`127.0.0.1:${storePort}`];
      settings.push(`dataDir: ${join(this.folder, 'data')}`, `embedded: {port: ${storePort}}`);
      flags.push('--embedded');
    }
    const file = join(this.folder, 'sm.yml');
    writeFileSync(file, `${settings.join('\n')}\n`);
    const args = ['--import', PROBE, SM, 'serve', '--config-file', file, ...flags];
    this.daemon = this.launch(args, {ipc: true});
    this.serving.push(this.daemon);
    this.admin = new AdminClient({
      server: `http://${this.address}`,
      timeoutMs: 120_000,
      tokenFile: join(this.folder, 'good'),
    });
    await until(() => this.isReady(), LONG_MS, 'the daemon is ready');
    await this.fill();
  }

  token(name: string): string {
    return `token-of-${name}-${'0123456789'.repeat(4)}`;
  }

  /** `isElsewhere`: what would run on another machine takes only the time of the processor that nobody else wants. */
  launch(args: readonly string[], {isElsewhere = false, ipc = false} = {}): ChildProcess {
    const [command = '', ...rest] = [
      ...(isElsewhere ? ['nice', '-n', String(NICE)] : []),
      process.execPath,
    ];
    const child = spawn(command, [...rest, ...args], {
      stdio: ['ignore', 'pipe', 'inherit', ...(ipc ? ['ipc' as const] : [])],
    });
    this.children.add(child);
    if (isElsewhere) this.strangers.push(child);
    child.once('exit', () => this.children.delete(child));
    return child;
  }

  /** Starts a script beside this one; by default one that would run on another machine. */
  launchScript(script: string, options: object, isElsewhere = true): ChildProcess {
    const path = join(import.meta.dirname, script);
    return this.launch(['--import', 'tsx', path, JSON.stringify(options)], {isElsewhere});
  }

  /** The tenant that does harm. */
  launchTenant(): ChildProcess {
    return this.launchScript('hostile-tenant.ts', {
      app: BAD,
      address: this.address,
      token: this.token(BAD),
      endpoints: this.endpoints,
      prefix: PREFIX,
      service: SERVICE,
    });
  }

  async movesFor(minutes: number): Promise<Move[]> {
    const moves: Move[] = [];
    const endMs = performance.now() + 60_000 * minutes;
    for (let turn = 0; performance.now() < endMs; turn += 1) {
      const shard = SHARDS[turn % SHARDS.length] ?? '';
      const round = Math.floor(turn / SHARDS.length);
      moves.push(await this.move(shard, CONTAINERS[(turn + round) % CONTAINERS.length] ?? ''));
      await pause(BETWEEN_MOVES_MS);
    }
    return moves;
  }

  /** Stalls of the daemon's event loop since the last call. */
  async blocks(): Promise<Block[]> {
    this.daemon.send('take');
    const [answer] = (await once(this.daemon, 'message')) as [{blocks: Block[]}];
    return answer.blocks;
  }

  async stop(): Promise<void> {
    this.admin.close();
    this.killAll();
    process.off('exit', this.killAll);
    await this.stopStore();
    rmSync(this.folder, {recursive: true, force: true});
  }

  /** Both apps with their containers, and the shards of the one that behaves well. All are pinned: a pin moves its shard and no other. */
  private async fill(): Promise<void> {
    for (const service of [GOOD, BAD])
      await this.admin.call('addSpec', {service, maxShardCount: 0, maxRecoveryTime: 0});
    await Promise.all([
      ...CONTAINERS.map((id) => this.join(GOOD, id)),
      ...['b1', 'b2'].map((id) => this.join(BAD, id)),
    ]);
    const shards = SHARDS.map((shardId, at) => {
      const manualContainerId = CONTAINERS[at % CONTAINERS.length] ?? '';
      this.homes.set(shardId, manualContainerId);
      return {shardId, manualContainerId};
    });
    await this.admin.call('addShards', {service: GOOD, shards});
    await until(
      async () => {
        const rows = await this.admin.call('getShards', {service: GOOD});
        return rows.shards.every(({state}) => state === 'ready');
      },
      LONG_MS,
      'the shards are ready',
    );
  }

  /** A container; of the well-behaved ones is kept what they tell. */
  private async join(app: string, id: string): Promise<void> {
    const where = {endpoints: this.endpoints, etcdPrefix: PREFIX, ttlMs: TTL_MS};
    const options = {app, id, ...where, quiet: app !== GOOD};
    const script = join(import.meta.dirname, 'hostile-container.ts');
    const child = this.launch(['--import', 'tsx', script, JSON.stringify(options)]);
    if (child.stdout === null) return;
    const lines = createInterface(child.stdout);
    await once(lines, 'line', {signal: AbortSignal.timeout(READY_LIMIT_MS)});
    if (app === BAD) {
      setPriority(child.pid ?? 0, NICE);
      this.strangers.push(child);
      return;
    }
    lines.on('line', (line) => {
      const said = JSON.parse(line) as ContainerReport;
      this.events.push(said);
      const {event, shard = ''} = said;
      if (event === 'add') this.waiting.get(`${shard} ${id}`)?.(said);
      if (event === 'drop') this.waiting.get(`${shard} dropped`)?.(said);
    });
  }

  /** Moves the shard there, or to another where it exists already; the time until its `add` is called, the limit where it is not. */
  private async move(shardId: string, wanted: string): Promise<Move> {
    const before = this.homes.get(shardId);
    const to = wanted === before ? (CONTAINERS.find((id) => id !== before) ?? wanted) : wanted;
    this.homes.set(shardId, to);
    const [startedMs, wallMs] = [performance.now(), Date.now()];
    const seen: Partial<Record<'answeredMs' | 'droppedMs' | 'addedMs', number>> = {};
    const added = new Promise<void>((resolve) => {
      this.waiting.set(`${shardId} ${to}`, ({atMs}) => {
        seen.addedMs = atMs - wallMs;
        resolve();
      });
      this.waiting.set(`${shardId} dropped`, ({atMs}) => (seen.droppedMs = atMs - wallMs));
    });
    const asked = this.admin
      .call('updateShard', {service: GOOD, shardId, manualContainerId: to})
      .then(() => (seen.answeredMs = performance.now() - startedMs))
      .catch((error: unknown) => this.failures.push(String(error)));
    await Promise.race([Promise.all([asked, added]), pause(MOVE_LIMIT_MS)]);
    const {answeredMs, droppedMs, addedMs} = seen;
    const ms = performance.now() - startedMs;
    return {ms: addedMs ?? ms, startedMs: wallMs, answeredMs, droppedMs, addedMs};
  }

  private async isReady(): Promise<boolean> {
    return fetch(`http://${this.address}/readyz`).then(
      ({ok}) => ok,
      () => false,
    );
  }
}
