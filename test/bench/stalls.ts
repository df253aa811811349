/**
 * `npm run bench:stalls [-- SHARDSxCONTAINERS]`: how long the event loop of a daemon is kept from everything else, by phase: a whole daemon on a real etcd, its
 * containers simulated by one process that speaks real HTTP. A timer in the daemon sees the blocks. Default 1000000x1000.
 */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {appendFileSync} from 'node:fs';
import {join} from 'node:path';
import {decodeAppStatus} from '../../src/protocol/records.ts';
import {BenchBed, memoryOf} from './bed.ts';
import type {FleetOptions, FleetReply, FleetRequest} from './simulated-fleet.ts';
import {pause, until} from '../support/until.ts';

const APP = 'bench';
const TTL_MS = 30_000;
const GOAL_MS = 50;
/** Two relistings, which come every 30 s +-20 %. */
const IDLE_MS = 75_000;
const MOVES_MS = 60_000;
const SETTLED_LIMIT_MS = 600_000;
const ATTEMPTS = 5;
const STORE_BYTES = 8 * 1024 ** 3;
const PROBE = join(import.meta.dirname, 'stall-probe.mjs');
const FLEET = join(import.meta.dirname, 'simulated-fleet.ts');

interface Block {
  readonly atMs: number;
  readonly wallMs: number;
  /** That the thread has run, and has waited for a processor. */
  readonly runMs: number;
  readonly waitedMs: number;
}

interface Seen {
  readonly blocks: readonly Block[];
  readonly gcMs: number;
  readonly heapMb: number;
}

const [shards = 1_000_000, containers = 1_000] = (process.argv[2] ?? '1000000x1000')
  .split('x')
  .map(Number);

async function ask<T>(child: ChildProcess, request: unknown): Promise<T> {
  const answer = once(child, 'message');
  child.send(request as object);
  const [reply] = (await answer) as [T];
  return reply;
}

class Stalls {
  private readonly bed: BenchBed;
  private readonly fleet: ChildProcess;
  private daemon: ChildProcess | undefined;
  private address = '';

  constructor(bed: BenchBed, fleet: ChildProcess) {
    this.bed = bed;
    this.fleet = fleet;
  }

  async run(): Promise<void> {
    await this.phase('the program is loaded', () => this.load());
    await this.phase('start: listing, plan, a look at every shard', () =>
      until(async () => await this.isSettled(), SETTLED_LIMIT_MS, 'the app settles'),
    );
    await this.phase('idle, with relistings', () => pause(IDLE_MS));
    await this.phase('sm app get, the first read', () => this.read('getApp'));
    await this.phase('sm shard why, three times', async () => {
      for (const at of [1, 2, 3]) await this.read('why', {shardId: `shard-${at * 1_000}`});
    });
    await this.phase('sm shard ls, sm moves ls, sm plan', async () => {
      await this.read('getShards');
      await this.read('moves');
      await this.read('plan');
    });
    await this.phase('sm status, metrics, ten times', async () => {
      for (let count = 0; count < 10; count += 1) {
        await this.retried(() => this.bed.admin.call('status', {}));
        await (await fetch(`http://${this.address}/metrics`)).text();
      }
    });
    await this.phase('a shard is added', () => this.added());
    await this.phase('a container is lost', () => this.lost());
    await this.phase('a tenth more containers join, and shards move', () => this.joined());
    await this.phase('idle, with moves and relistings', () => pause(IDLE_MS));
  }

  private async load(): Promise<void> {
    const {address, process} = await this.bed.startDaemon(PROBE);
    [this.daemon, this.address] = [process, address];
  }

  private async isSettled(): Promise<boolean> {
    // A store that is busy with the listing may not answer in time.
    const read = this.bed.store.get(this.bed.keys.status(APP)).catch(() => undefined);
    const entry = (await read)?.entry;
    const status = entry === undefined ? undefined : decodeAppStatus(entry.value);
    return status?.ok === true && status.value.governor === this.address && status.value.settled;
  }

  private async read(
    operation: 'getApp' | 'why' | 'getShards' | 'moves' | 'plan',
    more: object = {},
  ): Promise<void> {
    const startedMs = performance.now();
    await this.retried(() => this.bed.admin.call(operation, {service: APP, ...more} as never));
    console.error(`${operation} ${(performance.now() - startedMs).toFixed(0)} ms`);
  }

  /** Where the machine is busy, etcd may be too slow for a call: what is measured is the daemon. */
  private async retried(call: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await call();
        return;
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
        await pause(1_000);
      }
    }
  }

  private async added(): Promise<void> {
    const before = await this.count();
    const shards = [{shardId: 'one-more'}];
    await this.retried(async () => {
      const {items} = await this.bed.admin.call('addShards', {service: APP, shards});
      for (const {error} of items) if (error !== undefined) throw new Error(error);
    });
    await until(
      async () => (await this.count()).taken > before.taken,
      SETTLED_LIMIT_MS,
      'the shard is taken',
    );
  }

  private async lost(): Promise<void> {
    const before = await this.count();
    await ask<FleetReply>(this.fleet, {kind: 'lose', container: 0} satisfies FleetRequest);
    await until(
      async () => (await this.count()).owned === before.owned,
      300_000,
      'the shards of the lost container are taken',
    );
  }

  private async joined(): Promise<void> {
    const request: FleetRequest = {kind: 'join', count: containers / 10};
    const before = await ask<FleetReply>(this.fleet, request);
    await pause(MOVES_MS);
    const {owners, taken} = await this.count();
    console.error(`${taken - before.taken} shards taken, ${owners} containers have some`);
  }

  private count(): Promise<FleetReply> {
    return ask(this.fleet, {kind: 'count'} satisfies FleetRequest);
  }

  private async phase(what: string, work: () => Promise<unknown>): Promise<void> {
    const startedMs = performance.now();
    await work();
    if (this.daemon === undefined) throw new Error('no daemon lives');
    const {blocks, gcMs, heapMb} = await ask<Seen>(this.daemon, 'take');
    const file = process.env['BENCH_BLOCKS'];
    if (file !== undefined) appendFileSync(file, `${JSON.stringify({what, blocks})}\n`);
    const most = (of: keyof Block): number => Math.max(0, ...blocks.map((block) => block[of]));
    const above = blocks.filter(({runMs}) => runMs > GOAL_MS).length;
    const cells = [
      what,
      `${most('wallMs').toFixed(0)} ms`,
      `${most('runMs').toFixed(0)} ms`,
      String(above),
      `${gcMs.toFixed(0)} ms`,
      `${heapMb.toFixed(0)} / ${memoryOf(this.daemon).nowMb.toFixed(0)} MB`,
      `${((performance.now() - startedMs) / 1_000).toFixed(0)} s`,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

async function main(): Promise<void> {
  const bed = await BenchBed.start({ttlMs: TTL_MS, quotaBytes: STORE_BYTES});
  let fleet: ChildProcess | undefined;
  try {
    await bed.admin.call('addSpec', {service: APP, maxShardCount: 0, maxRecoveryTime: 0});
    // A million is above the quota by default.
    const room = {shards: 2 * shards, specBytes: 1_000 * shards, containers: 2 * containers};
    await bed.admin.call('setQuota', {service: APP, ...room});
    const [first] = bed.daemons;
    if (first !== undefined) await bed.endDaemon(first, 'SIGTERM');
    fleet = await startFleet(bed);
    await ask<FleetReply>(fleet, {kind: 'fill'} satisfies FleetRequest);
    console.log(
      `${shards} shards, ${containers} containers\n\n| phase | longest block | of it on a processor | blocks of more than ${GOAL_MS} ms on a processor | longest collection | heap / RSS | |\n| --- | --- | --- | --- | --- | --- | --- |`,
    );
    await new Stalls(bed, fleet).run();
  } finally {
    fleet?.kill('SIGKILL');
    await bed.stop();
  }
}

async function startFleet(bed: BenchBed): Promise<ChildProcess> {
  const [endpoint = ''] = bed.etcd.endpoints;
  const {prefix} = bed;
  const {service} = bed.keys;
  const options: FleetOptions = {
    ...{endpoint, prefix, service, app: APP, shards, containers, ttlMs: TTL_MS},
  };
  const args = ['--import', 'tsx', FLEET, JSON.stringify(options)];
  const child = spawn(process.execPath, args, {stdio: ['ignore', 'inherit', 'inherit', 'ipc']});
  process.once('exit', () => child.kill('SIGKILL'));
  await once(child, 'message');
  return child;
}

await main();
