/**
 * `npm run bench:hostile -- [--minutes 10] [--alone 1] [--store etcd|embedded]`: one tenant does all the harm it can (100 event streams, 67 that nobody reads, batches
 * of 10,000 shards, 25 what-if plans of 1.8 MB at once, 5,000 junk session keys) beside an app that behaves well, on one daemon as built. Counts the well-behaved app's
 * containers that were fenced or ended and its shards that stopped though nobody moved them, and compares its moves with those before the other came. Default: both
 * stores, one after the other. Exits 1 when a goal is missed.
 */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {setTimeout as pause} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {AdminClient} from '../../src/admin/index.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import {memoryOf, until} from './bed.ts';
import {percentile, shardIds, spread} from './figure.ts';

const SM = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
const [GOOD, BAD] = ['good', 'bad'];
const [PREFIX, SERVICE] = ['/sm-hostile', 'sm.hostile'];
const TTL_MS = 10_000;
const SHARDS = shardIds(60);
const CONTAINERS = ['c1', 'c2', 'c3'];
const BETWEEN_MOVES_MS = 250;
/** A move that takes longer counts as so long. */
const MOVE_LIMIT_MS = 30_000;
/** The p99 in the mix may be so many times the one alone. */
const FACTOR = 3;

interface Told {
  readonly event: 'add' | 'drop' | 'ready' | 'ended';
  readonly shard?: string;
  readonly reason?: string;
}

const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

class Bed {
  readonly folder = mkdtempSync(join(tmpdir(), 'sm-hostile-'));
  readonly events: Told[] = [];
  /** Calls of the well-behaved app that were not answered as they should be. */
  readonly failures: string[] = [];
  admin!: AdminClient;
  address = '';
  endpoints: readonly string[] = [];
  daemon!: ChildProcess;
  private readonly waiting = new Map<string, () => void>();
  private stopStore: () => Promise<void> = async () => undefined;

  async start(store: 'etcd' | 'embedded'): Promise<void> {
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
      this.endpoints = etcd.endpoints;
      settings.push(`endpoints: [${etcd.endpoints.join(', ')}]`);
    } else {
      this.endpoints = [`127.0.0.1:${storePort}`];
      settings.push(`dataDir: ${join(this.folder, 'data')}`, `embedded: {port: ${storePort}}`);
      flags.push('--embedded');
    }
    const file = join(this.folder, 'sm.yml');
    writeFileSync(file, `${settings.join('\n')}\n`);
    this.daemon = this.launch([SM, 'serve', '--config-file', file, ...flags]);
    this.admin = new AdminClient({
      server: `http://${this.address}`,
      timeoutMs: 120_000,
      tokenFile: join(this.folder, 'good'),
    });
    await until(() => this.isReady(), 'the daemon is not ready');
  }

  token(name: string): string {
    return `token-of-${name}-${'0123456789'.repeat(4)}`;
  }

  /** `isElsewhere`: what would run on another machine takes only the time of the processor that nobody else wants. */
  launch(args: readonly string[], isElsewhere = false): ChildProcess {
    const [command = '', ...rest] = [
      ...(isElsewhere ? ['nice', '-n', '10'] : []),
      process.execPath,
    ];
    const child = spawn(command, [...rest, ...args], {stdio: ['ignore', 'pipe', 'inherit']});
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  }

  /** A container; what the well-behaved ones tell is kept. */
  join(app: string, id: string): void {
    const options = {app, id, endpoints: this.endpoints, etcdPrefix: PREFIX, ttlMs: TTL_MS};
    const quiet = app !== GOOD;
    const script = join(import.meta.dirname, 'hostile-container.ts');
    const child = this.launch(
      ['--import', 'tsx', script, JSON.stringify({...options, quiet})],
      app === BAD,
    );
    if (child.stdout === null) return;
    createInterface(child.stdout).on('line', (line) => {
      const told = JSON.parse(line) as Told;
      this.events.push(told);
      if (told.event === 'add') this.waiting.get(`${told.shard ?? ''} ${id}`)?.();
    });
  }

  /** Moves the shard there; ms until its `add` is called, the limit where it is not. */
  async move(shardId: string, to: string): Promise<number> {
    const startedMs = performance.now();
    const added = new Promise<void>((resolve) => this.waiting.set(`${shardId} ${to}`, resolve));
    const asked = this.admin
      .call('updateShard', {service: GOOD, shardId, manualContainerId: to})
      .then(() => added)
      .catch((error: unknown) => this.failures.push(String(error)));
    await Promise.race([asked, pause(MOVE_LIMIT_MS)]);
    return performance.now() - startedMs;
  }

  async stop(): Promise<void> {
    this.admin.close();
    for (const child of children) child.kill('SIGKILL');
    await this.stopStore();
    rmSync(this.folder, {recursive: true, force: true});
  }

  private async isReady(): Promise<boolean> {
    return fetch(`http://${this.address}/readyz`).then(
      ({ok}) => ok,
      () => false,
    );
  }
}

interface Moves {
  readonly ms: number[];
  /** Longest delay of the daemon's event loop, p99 of its last interval, ms. */
  loopMs: number;
}

async function movesFor(bed: Bed, minutes: number): Promise<Moves> {
  const moves: Moves = {ms: [], loopMs: 0};
  const endMs = performance.now() + 60_000 * minutes;
  for (let turn = 0; performance.now() < endMs; turn += 1) {
    const shard = SHARDS[turn % SHARDS.length] ?? '';
    const round = Math.floor(turn / SHARDS.length);
    const to = CONTAINERS[(turn + round) % CONTAINERS.length] ?? '';
    moves.ms.push(await bed.move(shard, where(bed, shard, to)));
    await pause(BETWEEN_MOVES_MS);
  }
  return moves;
}

const homes = new Map<string, string>();

/** Always another container than before. */
function where(bed: Bed, shard: string, wanted: string): string {
  const before = homes.get(shard);
  const to = wanted === before ? (CONTAINERS.find((id) => id !== before) ?? wanted) : wanted;
  homes.set(shard, to);
  return to;
}

async function measure(
  store: 'etcd' | 'embedded',
  minutes: number,
  alone: number,
): Promise<boolean> {
  const bed = new Bed();
  homes.clear();
  try {
    await bed.start(store);
    for (const service of [GOOD, BAD])
      await bed.admin.call('addSpec', {
        service: service ?? '',
        maxShardCount: 0,
        maxRecoveryTime: 0,
      });
    for (const id of CONTAINERS) bed.join(GOOD ?? '', id);
    for (const id of ['b1', 'b2']) bed.join(BAD ?? '', id);
    await until(
      async () => bed.events.filter(({event}) => event === 'ready').length === CONTAINERS.length,
      'the containers are not ready',
    );
    // All are pinned: a pin moves its shard and no other.
    const shards = SHARDS.map((shardId, at) => {
      const manualContainerId = CONTAINERS[at % CONTAINERS.length] ?? '';
      homes.set(shardId, manualContainerId);
      return {shardId, manualContainerId};
    });
    await bed.admin.call('addShards', {service: GOOD ?? '', shards});
    await until(async () => {
      const rows = await bed.admin.call('getShards', {service: GOOD ?? ''});
      return rows.shards.every(({state}) => state === 'ready');
    }, 'the shards are not ready');
    // Code is compiled while it runs first.
    await movesFor(bed, 0.15);
    const before = await movesFor(bed, alone);
    console.log(`${store}: alone ${spread(before.ms)}`);
    const [from, cpu] = [bed.events.length, cpuSeconds(bed.daemon)];
    const script = join(import.meta.dirname, 'hostile-tenant.ts');
    const who = {app: BAD, address: bed.address, token: bed.token(BAD ?? '')};
    const where = {endpoints: bed.endpoints, prefix: PREFIX, service: SERVICE};
    const tenant = bed.launch(
      ['--import', 'tsx', script, JSON.stringify({...who, ...where})],
      true,
    );
    let did = '';
    if (tenant.stdout !== null) createInterface(tenant.stdout).on('line', (line) => (did = line));
    const during = await movesFor(bed, minutes);
    const news = bed.events.slice(from);
    const fenced = news.filter(({event}) => event === 'ended').length;
    const stopped = news.filter(({event, reason}) => event === 'drop' && reason !== 'moved').length;
    const reasons = new Set(news.flatMap(({reason}) => (reason === undefined ? [] : [reason])));
    const [p99, p99Alone] = [percentile(during.ms, 0.99), percentile(before.ms, 0.99)];
    const loop = await fetch(`http://${bed.address}/metrics`, {
      headers: {authorization: `Bearer ${bed.token(GOOD ?? '')}`},
    }).then((reply) => reply.text());
    const lag = (which: string): string =>
      (
        1_000 *
        Number(new RegExp(`^nodejs_eventloop_lag_${which}_seconds (.*)$`, 'm').exec(loop)?.[1])
      ).toFixed(0);
    console.log(`\n${store}, ${minutes} minutes in the mix`);
    console.log(
      `  containers ended: ${fenced}; shards stopped: ${stopped} (reasons: ${[...reasons].join(', ')})`,
    );
    console.log(`  moves alone:      ${spread(before.ms)}`);
    console.log(`  moves in the mix: ${spread(during.ms)}: p99 x ${(p99 / p99Alone).toFixed(1)}`);
    console.log(
      `  the daemon: ${memoryOf(bed.daemon).peakMb.toFixed(0)} MB at most, ${(cpuSeconds(bed.daemon) - cpu).toFixed(0)} s of CPU, event loop p99 ${lag('p99')} ms, most ${lag('max')} ms`,
    );
    console.log(`  failed calls: ${bed.failures.length} ${bed.failures.slice(0, 3).join('; ')}`);
    console.log(`  the tenant: ${did}`);
    return fenced === 0 && stopped === 0 && p99 <= FACTOR * p99Alone;
  } finally {
    await bed.stop();
  }
}

function cpuSeconds({pid}: ChildProcess): number {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const {values} = parseArgs({
  options: {
    minutes: {type: 'string', default: '10'},
    alone: {type: 'string', default: '1'},
    store: {type: 'string'},
  },
});
const stores = values.store === undefined ? (['etcd', 'embedded'] as const) : [values.store];
let met = true;
for (const store of stores) {
  const isMet = await measure(
    store === 'embedded' ? 'embedded' : 'etcd',
    Number(values.minutes),
    Number(values.alone),
  );
  met &&= isMet;
}
process.exit(met ? 0 : 1);
