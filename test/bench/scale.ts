/** Figures of size: many shards at once, a cold start, memory, writes while nothing happens. */
import type {ChildProcess} from 'node:child_process';
import {decodeAppStatus} from '../../src/protocol/records.ts';
import {BenchBed, memoryOf} from './bed.ts';
import {seconds, shardIds} from './figure.ts';
import type {Figure} from './figure.ts';
import {LONG_MS, until} from '../support/until.ts';

const APP = 'bench';

/** 10,000 shards in one call, ten containers in two processes. */
export async function tenThousand(): Promise<Figure[]> {
  const bed = await BenchBed.start();
  try {
    const log = await bed.createApp(APP);
    for (const id of ['a', 'b']) bed.startContainers(APP, id, 5);
    await bed.untilContainers(APP, 10);
    await bed.addShards(APP, ['warm']);
    await log.untilReady(['warm']);
    const shards = shardIds(10_000);
    const startedMs = performance.now();
    await bed.addShards(APP, shards);
    const storedMs = performance.now() - startedMs;
    const readyMs = (await log.untilReady(shards)) - startedMs;
    const what = '10,000 new shards on 10 containers, from the batch call to all ready';
    const seen = `${seconds(readyMs)} (call answered after ${seconds(storedMs)})`;
    return [{what, goal: '<= 5 s', seen, met: readyMs <= 5_000}];
  } finally {
    await bed.stop();
  }
}

/** 100,000 shards whose specs are stored; then 100 containers in four processes start. */
export async function hundredThousand(): Promise<Figure[]> {
  const bed = await BenchBed.start({ttlMs: 10_000});
  try {
    const log = await bed.createApp(APP);
    const shards = shardIds(100_000);
    await bed.addShards(APP, shards);
    const startedMs = performance.now();
    for (const id of ['a', 'b', 'c', 'd']) bed.startContainers(APP, id, 25);
    const readyMs = (await log.untilReady(shards, () => true, 300_000)) - startedMs;
    const daemon = bed.daemons[0]?.process as ChildProcess;
    const {nowMb, peakMb} = memoryOf(daemon);
    const takeoverMs = await restartDaemon(bed);
    const restarted = memoryOf(bed.daemons[0]?.process as ChildProcess);
    return [
      {
        what: '100,000 shards on 100 containers: cold start to all ready',
        goal: '<= 45 s',
        seen: `${seconds(readyMs)} (a new daemon governs them after ${seconds(takeoverMs)})`,
        met: readyMs <= 45_000,
      },
      {
        what: "the daemon's memory meanwhile",
        goal: '<= 512 MB',
        seen: `${nowMb.toFixed(0)} MB at the end, ${peakMb.toFixed(0)} MB at most, ${restarted.nowMb.toFixed(0)} MB after a restart`,
        met: peakMb <= 512,
      },
    ];
  } finally {
    await bed.stop();
  }
}

/** Stops the daemon in order and starts another; time until the new one reports on the app. */
async function restartDaemon(bed: BenchBed): Promise<number> {
  const [old] = bed.daemons;
  if (old === undefined) throw new Error('no daemon lives');
  await bed.endDaemon(old, 'SIGTERM');
  const startedMs = performance.now();
  const {address} = await bed.startDaemon();
  const governs = async (): Promise<boolean> => {
    const {entry} = await bed.store.get(bed.keys.status(APP));
    const status = entry === undefined ? undefined : decodeAppStatus(entry.value);
    return status?.ok === true && status.value.governor === address;
  };
  await until(governs, LONG_MS, 'the new daemon governs');
  return performance.now() - startedMs;
}

/** Writes per second while nothing happens: heartbeats only. */
export async function idleWrites(): Promise<Figure[]> {
  const bed = await BenchBed.start();
  try {
    const log = await bed.createApp(APP);
    for (const id of ['c1', 'c2', 'c3']) bed.startContainers(APP, id);
    await bed.untilContainers(APP, 3);
    const shards = shardIds(300);
    await bed.addShards(APP, shards);
    await log.untilReady(shards);
    await bed.untilBalanced(APP);
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    log.clear();
    const before = await bed.store.status();
    const startedMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 30_000));
    const after = await bed.store.status();
    const perSecond = (1000 * (after.revision - before.revision)) / (performance.now() - startedMs);
    // Three containers and one daemon.
    const allowed = (4 * 5_000) / bed.ttlMs;
    return [
      {
        what: 'idle app: etcd writes, 3 containers and 1 daemon, T = 5 s',
        goal: `<= 5/T each: ${allowed.toFixed(1)}/s, 0 of shards`,
        seen: `${perSecond.toFixed(2)}/s, ${log.events.length} of shards`,
        met: perSecond <= allowed * 1.1 && log.events.length === 0,
      },
    ];
  } finally {
    await bed.stop();
  }
}
