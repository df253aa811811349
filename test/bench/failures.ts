/** Figures of failures: a container killed, with and without a change of etcd's leader, a container stopped in order, a daemon killed. */
import {BenchBed} from './bed.ts';
import type {DaemonProcess} from './bed.ts';
import {percentile, seconds, shardIds} from './figure.ts';
import type {Figure} from './figure.ts';
import {gapsOf} from './latency.ts';
import type {RecordLog} from './record-log.ts';
import {LONG_MS, until} from '../support/until.ts';

const APP = 'bench';
const TTL_MS = 5_000;
/** W = T(1+rho) + eps. */
const SILENCE_MS = TTL_MS * 1.01 + 100;
const SHARDS = shardIds(400);
const CONTAINERS = ['c1', 'c2', 'c3', 'c4'];

interface LossOptions {
  readonly members: number;
  readonly rounds: number;
  readonly signal: 'SIGKILL' | 'SIGTERM';
  /** Something that goes wrong while the wait runs. */
  readonly meanwhile?: (bed: BenchBed) => Promise<void>;
}

/** Times from the signal until each of the victim's 100 shards was ready elsewhere, ms, over all rounds; and of the whole. */
async function containerLoss(options: LossOptions): Promise<{each: number[]; whole: number[]}> {
  const bed = await BenchBed.start({members: options.members, ttlMs: TTL_MS});
  try {
    const log = await bed.createApp(APP);
    for (const id of CONTAINERS) bed.startContainers(APP, id);
    await bed.untilContainers(APP, CONTAINERS.length);
    await bed.addShards(APP, SHARDS);
    await log.untilReady(SHARDS);
    const each: number[] = [];
    const whole: number[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      const victim = CONTAINERS[round % CONTAINERS.length] ?? 'c1';
      whole.push(await loseContainer(bed, log, victim, options, each));
      bed.startContainers(APP, victim);
      await bed.untilContainers(APP, CONTAINERS.length);
      await log.until(
        () => log.shardsOf(victim).length === 100,
        `${victim} has not 100 shards again`,
      );
      await bed.untilBalanced(APP);
    }
    return {each, whole};
  } finally {
    await bed.stop();
  }
}

async function loseContainer(
  bed: BenchBed,
  log: RecordLog,
  victim: string,
  options: LossOptions,
  each: number[],
): Promise<number> {
  const shards = log.shardsOf(victim);
  if (shards.length !== 100) throw new Error(`${victim} has ${shards.length} shards, not 100`);
  log.clear();
  const startedMs = performance.now();
  const ended = bed.endContainer(victim, options.signal);
  await options.meanwhile?.(bed);
  const endedMs = await log.untilReady(shards, (owner) => owner !== victim);
  await ended;
  const concerned = new Set(shards);
  for (const {shard, atMs, record} of log.events)
    if (concerned.has(shard) && record?.ready === true && record.container !== victim)
      each.push(atMs - startedMs);
  return endedMs - startedMs;
}

function lossFigure(
  what: string,
  limitMs: number,
  times: {each: number[]; whole: number[]},
): Figure {
  const p99 = percentile(times.each, 0.99);
  const seen = `p50 ${seconds(percentile(times.each, 0.5))}, p99 ${seconds(p99)}, most ${seconds(Math.max(...times.whole))} (${times.whole.length} kills)`;
  return {what, goal: `p99 <= ${seconds(limitMs)}`, seen, met: p99 <= limitMs};
}

export async function containerKilled(): Promise<Figure[]> {
  const times = await containerLoss({members: 1, rounds: 10, signal: 'SIGKILL'});
  return [
    lossFigure('SIGKILL of a container to its 100 shards ready elsewhere, T = 5 s', 6_500, times),
  ];
}

export async function containerKilledLeaderChange(): Promise<Figure[]> {
  const times = await containerLoss({
    members: 3,
    rounds: 5,
    signal: 'SIGKILL',
    meanwhile: changeLeader,
  });
  const what = 'the same with an etcd leader killed during the wait (3 members)';
  return [lossFigure(what, 6_500 + SILENCE_MS, times)];
}

async function changeLeader(bed: BenchBed): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const leader = await bed.etcd.leader();
  await leader.stop('SIGKILL');
  leader.start();
}

export async function containerStopped(): Promise<Figure[]> {
  const {whole} = await containerLoss({members: 1, rounds: 5, signal: 'SIGTERM'});
  const most = Math.max(...whole);
  const what = 'SIGTERM of a container with 100 shards to all ready elsewhere';
  const seen = `p50 ${seconds(percentile(whole, 0.5))}, most ${seconds(most)} (n=${whole.length})`;
  return [{what, goal: '<= 2 s', seen, met: most <= 2_000}];
}

/** Kills the daemon that governs: once the one that leads sm, once the other. */
export async function daemonKilled(): Promise<Figure[]> {
  const bed = await BenchBed.start({daemons: 2, ttlMs: TTL_MS});
  try {
    const figures: Figure[] = [];
    const apps = ['a1', 'a2', 'a3', 'a4'];
    const logs = new Map<string, RecordLog>();
    for (const app of apps) logs.set(app, await bed.createApp(app));
    for (const app of apps) for (const id of ['c1', 'c2']) bed.startContainers(app, `${app}-${id}`);
    for (const app of apps) await bed.untilContainers(app, 2);
    for (const app of apps) await bed.addShards(app, shardIds(20, `${app}-`));
    for (const [app, log] of logs) await log.untilReady(shardIds(20, `${app}-`));
    for (const leads of [true, false]) {
      const {victim, app} = await governorThat(bed, leads, apps);
      figures.push(await killDaemon(bed, victim, app, logs, leads));
      await bed.startDaemon();
      await spreadAgain(bed, apps);
    }
    return figures;
  } finally {
    await bed.stop();
  }
}

async function governorThat(
  bed: BenchBed,
  leads: boolean,
  apps: readonly string[],
): Promise<{victim: DaemonProcess; app: string}> {
  for (const app of apps) {
    const {leader} = await bed.admin.call('status', {});
    const {governor} = (await bed.admin.call('getApp', {service: app})).app;
    const victim = bed.daemons.find(({address}) => address === governor);
    if (victim !== undefined && (leader?.container === governor) === leads) return {victim, app};
  }
  throw new Error(`no app is governed by the daemon that ${leads ? 'leads' : 'does not lead'}`);
}

async function killDaemon(
  bed: BenchBed,
  victim: DaemonProcess,
  app: string,
  logs: ReadonlyMap<string, RecordLog>,
  leads: boolean,
): Promise<Figure> {
  const log = logs.get(app);
  if (log === undefined) throw new Error(`no log of ${app}`);
  for (const each of logs.values()) each.clear();
  const startedMs = performance.now();
  await bed.endDaemon(victim, 'SIGKILL');
  // A changed task is dropped and added where it is: a move that unbalances nothing.
  const shardId = log.shardsOf(`${app}-c1`)[0] ?? '';
  await bed.admin.call('updateShard', {service: app, shardId, task: `changed ${String(leads)}`});
  const isDropped = (): boolean =>
    log.events.some(({shard, record}) => shard === shardId && record?.state === 'dropping');
  await log.until(isDropped, `${shardId} is not dropped`);
  const againMs = (await log.untilReady([shardId])) - startedMs;
  const others = [...logs.values()].flatMap(({events}) =>
    events.filter(({shard}) => shard !== shardId),
  );
  const gaps = gapsOf(others).length;
  return {
    what: `SIGKILL of the daemon that governs (${leads ? 'leader' : 'not leader'}): gaps / moves possible again`,
    goal: `0 / <= ${seconds(TTL_MS + 2_000)}`,
    seen: `${gaps} / ${seconds(againMs)}`,
    met: gaps === 0 && againMs <= TTL_MS + 2_000,
  };
}

/** Both daemons govern something again. */
async function spreadAgain(bed: BenchBed, apps: readonly string[]): Promise<void> {
  const check = async (): Promise<boolean> => {
    const answers = await Promise.all(apps.map((app) => bed.admin.call('getApp', {service: app})));
    return new Set(answers.map((answer) => answer.app.governor)).size === 2;
  };
  await until(check, LONG_MS, 'the daemons share the apps');
}
