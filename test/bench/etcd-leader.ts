/**
 * `npm run bench:failover [-- --kills N --pauses N --json FILE]`: how many healthy containers a lost etcd leader fences (promise I4).
 * Three real members on loopback with etcd's default election timeout of 1 s, a daemon as a process, and in this process three containers
 * with T = 5 s and three with T = 10 s, each on connections of its own. The leader is killed N times and stopped (SIGSTOP) N times.
 */
import {execFileSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {cpus} from 'node:os';
import {dirname, join} from 'node:path';
import {joinApp} from '../../src/container/index.ts';
import type {Container} from '../../src/container/index.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import type {Logger} from '../../src/runtime/logger.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import type {EtcdMember} from '../support/etcd-process.ts';
import {BenchBed} from './bed.ts';
import {percentile, seconds, shardIds} from './figure.ts';
import {scriptOptions} from '../support/script-options.ts';
import {LONG_MS, pause, until} from '../support/until.ts';

const APP = 'bench';
const TTLS_MS = [5_000, 10_000];
const CONTAINERS_PER_TTL = 3;
/** A member stays away for so long: longer than any election. */
const AWAY_MS = 6_000;
/** Between two faults, so that all have beaten again. */
const CALM_MS = 2_500;
const PROBE_LIMIT_MS = 250;

type FaultKind = 'kill' | 'pause';

interface Fault {
  readonly kind: FaultKind;
  /** The longest time within which no write of a client that rotates among the members committed, ms. */
  readonly outageMs: number;
  /** T of each container that was fenced. */
  readonly fenced: readonly number[];
}

interface Joined {
  readonly container: Container;
  readonly ttlMs: number;
  fenced: boolean;
  fences: number;
}

/** Tells of a container that has been fenced, and of its right to act when it is back. */
function listeningLogger(joined: {fenced: boolean; fences: number}): Logger {
  const hear = (_: object, message: string): void => {
    if (message.startsWith('fenced')) {
      joined.fenced = true;
      joined.fences += 1;
    } else if (message.startsWith('right to act is back')) joined.fenced = false;
  };
  const logger: Logger = {...silentLogger, warn: hear, info: hear, child: () => logger};
  return logger;
}

/** Writes all the time, a member after the other, and knows for how long nothing could be written. */
class WriteProbe {
  private readonly stores;
  private lastMs = performance.now();
  private longestMs = 0;
  private stopped = false;
  private readonly running: Promise<unknown>;

  constructor(endpoints: readonly string[]) {
    this.stores = endpoints.map((endpoint) => openEtcdStore({endpoints: [endpoint]}));
    this.running = Promise.all(this.stores.map((_, index) => this.write(index)));
  }

  /** The longest time without a write since this was asked last, ms. */
  take(): number {
    const longestMs = Math.max(this.longestMs, performance.now() - this.lastMs);
    this.longestMs = 0;
    return longestMs;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
    await Promise.all(this.stores.map((store) => store.close()));
  }

  private async write(index: number): Promise<void> {
    const put = {op: 'put', key: `/bench-probe/${index}`, value: ''} as const;
    while (!this.stopped) {
      const outcome = await this.stores[index]?.transact(
        {compares: [], then: [put]},
        {timeoutMs: PROBE_LIMIT_MS},
      );
      if (outcome?.kind === 'committed') this.committed();
      await pause(20);
    }
  }

  private committed(): void {
    const nowMs = performance.now();
    this.longestMs = Math.max(this.longestMs, nowMs - this.lastMs);
    this.lastMs = nowMs;
  }
}

/** Each with the members in another order: another connection, and another member first. */
async function joinAll(bed: BenchBed): Promise<Joined[]> {
  const [a = '', b = '', c = ''] = bed.etcd.endpoints;
  const orders = [
    ...[
      [a, b, c],
      [b, c, a],
      [c, a, b],
    ],
    ...[
      [a, c, b],
      [b, a, c],
      [c, b, a],
    ],
  ];
  const wanted = TTLS_MS.flatMap((ttlMs) => Array.from({length: CONTAINERS_PER_TTL}, () => ttlMs));
  return Promise.all(
    wanted.map(async (ttlMs, index) => {
      const state = {fenced: false, fences: 0};
      const container = await joinApp(
        {
          ...{app: APP, id: `c${index}`, ttlMs, logger: listeningLogger(state)},
          ...{endpoints: orders[index % orders.length] ?? [a], etcdPrefix: bed.prefix},
        },
        {add: () => Promise.resolve(), drop: () => Promise.resolve()},
      );
      await container.ready;
      return Object.assign(state, {container, ttlMs});
    }),
  );
}

async function lose(kind: FaultKind, leader: EtcdMember): Promise<() => Promise<void>> {
  if (kind === 'pause') {
    leader.signal('SIGSTOP');
    return async () => leader.signal('SIGCONT');
  }
  await leader.stop('SIGKILL');
  return async () => leader.start();
}

async function strike(
  bed: BenchBed,
  kind: FaultKind,
  joined: readonly Joined[],
  probe: WriteProbe,
): Promise<Fault> {
  await pause(CALM_MS + Math.random() * 2_000);
  const before = joined.map(({fences}) => fences);
  probe.take();
  const back = await lose(kind, await bed.etcd.leader());
  await pause(AWAY_MS);
  await back();
  await bed.etcd.ready();
  await until(async () => joined.every(({fenced}) => !fenced), LONG_MS, 'no container is fenced');
  const fenced = joined.filter(({fences}, index) => fences > (before[index] ?? 0));
  return {kind, outageMs: probe.take(), fenced: fenced.map(({ttlMs}) => ttlMs)};
}

interface Row {
  readonly fault: FaultKind;
  readonly ttlMs: number;
  readonly faults: number;
  /** Faults by which at least one container was fenced. */
  readonly faultsThatFenced: number;
  readonly containersFenced: number;
  readonly containersHit: number;
}

function rowsOf(faults: readonly Fault[]): Row[] {
  return (['kill', 'pause'] as const).flatMap((kind) =>
    TTLS_MS.map((ttlMs) => {
      const mine = faults.filter((fault) => fault.kind === kind);
      const counts = mine.map(({fenced}) => fenced.filter((one) => one === ttlMs).length);
      return {
        fault: kind,
        ttlMs,
        faults: mine.length,
        faultsThatFenced: counts.filter((count) => count > 0).length,
        containersFenced: counts.reduce((sum, count) => sum + count, 0),
        containersHit: mine.length * CONTAINERS_PER_TTL,
      };
    }),
  );
}

function report(faults: readonly Fault[]): object {
  const rows = rowsOf(faults);
  const outages = Object.fromEntries(
    (['kill', 'pause'] as const).map((kind) => {
      const times = faults.filter((fault) => fault.kind === kind).map(({outageMs}) => outageMs);
      const at = (share: number): number => Math.round(percentile(times, share));
      return [kind, {p50Ms: at(0.5), p90Ms: at(0.9), mostMs: Math.round(Math.max(...times))}];
    }),
  );
  console.log('| leader | T | faults | that fenced somebody | containers fenced | writes away |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const row of rows) {
    const away = outages[row.fault];
    const times = `p50 ${seconds(away?.p50Ms ?? 0)}, most ${seconds(away?.mostMs ?? 0)}`;
    console.log(
      `| ${row.fault} | ${seconds(row.ttlMs)} | ${row.faults} | ${row.faultsThatFenced} | ${row.containersFenced} of ${row.containersHit} | ${times} |`,
    );
  }
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}`;
  return {machine, electionTimeoutMs: 1_000, rows, outages, faults};
}

async function measure(order: readonly FaultKind[]): Promise<Fault[]> {
  const bed = await BenchBed.start({members: 3, ttlMs: 10_000});
  const faults: Fault[] = [];
  await bed.createApp(APP);
  const joined = await joinAll(bed);
  const probe = new WriteProbe(bed.etcd.endpoints);
  try {
    await bed.addShards(APP, shardIds(30));
    await bed.untilBalanced(APP);
    for (const kind of order) {
      const fault = await strike(bed, kind, joined, probe);
      faults.push(fault);
      console.error(
        `${faults.length}/${order.length} ${kind}: writes away ${seconds(fault.outageMs)}, fenced: ${fault.fenced.join(' ') || 'nobody'}`,
      );
    }
    return faults;
  } finally {
    await probe.stop();
    await Promise.all(joined.map(({container}) => container.abandon()));
    await bed.stop();
  }
}

async function main(): Promise<void> {
  const values = scriptOptions(import.meta.filename, {
    kills: {type: 'string', default: '25'},
    pauses: {type: 'string', default: '25'},
    json: {type: 'string', default: ''},
  });
  const build = join(import.meta.dirname, '..', '..', 'scripts', 'build.ts');
  execFileSync(process.execPath, ['--import', 'tsx', build], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const order: FaultKind[] = [];
  for (let at = 0; at < Math.max(Number(values.kills), Number(values.pauses)); at += 1) {
    if (at < Number(values.kills)) order.push('kill');
    if (at < Number(values.pauses)) order.push('pause');
  }
  const result = report(await measure(order));
  if (values.json === '') return;
  mkdirSync(dirname(values.json), {recursive: true});
  writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
}

await main();
