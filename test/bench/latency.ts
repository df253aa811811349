/** Figures of single operations on an idle app: adding a shard, moving a shard. */
import {BenchBed} from './bed.ts';
import {percentile, shardIds, spread} from './figure.ts';
import type {Figure} from './figure.ts';
import type {RecordEvent, RecordLog} from './record-log.ts';

const APP = 'bench';
const SAMPLES = 300;

async function withThreeContainers<T>(
  work: (bed: BenchBed, log: RecordLog) => Promise<T>,
): Promise<T> {
  const bed = await BenchBed.start();
  try {
    const log = await bed.createApp(APP);
    for (const id of ['c1', 'c2', 'c3']) bed.startContainers(APP, id);
    await bed.untilContainers(APP, 3);
    return await work(bed, log);
  } finally {
    await bed.stop();
  }
}

export async function addShard(): Promise<Figure[]> {
  return withThreeContainers(async (bed, log) => {
    await bed.addShards(APP, ['warm']);
    await log.untilReady(['warm']);
    const samples: number[] = [];
    for (const shard of shardIds(SAMPLES)) {
      const startedMs = performance.now();
      await bed.admin.call('addShard', {service: APP, shardId: shard});
      samples.push((await log.untilReady([shard])) - startedMs);
    }
    const met = percentile(samples, 0.5) <= 40 && percentile(samples, 0.99) <= 200;
    const goal = 'p50 <= 40 ms, p99 <= 200 ms';
    return [
      {
        what: 'one add-shard call to the shard ready, 3 containers',
        goal,
        seen: spread(samples),
        met,
      },
    ];
  });
}

/** From the record that asks the owner to let go to the record that says ready, at another container. */
export async function plannedMove(): Promise<Figure[]> {
  return withThreeContainers(async (bed, log) => {
    const shards = shardIds(30);
    await bed.addShards(APP, shards);
    await log.untilReady(shards);
    await bed.untilBalanced(APP);
    log.clear();
    for (let index = 0; index < SAMPLES; index += 1) {
      const shardId = shards[index % shards.length] ?? '';
      const to = ['c1', 'c2', 'c3'].find((id) => id !== log.ready.get(shardId)) ?? 'c1';
      await bed.admin.call('updateShard', {service: APP, shardId, manualContainerId: to});
      await log.untilReady([shardId], (owner) => owner === to);
    }
    const gaps = gapsOf(log.events);
    const met = percentile(gaps, 0.5) <= 15 && percentile(gaps, 0.99) <= 100;
    const goal = 'p50 <= 15 ms, p99 <= 100 ms';
    return [
      {what: 'planned move: time nobody ready owns the shard', goal, seen: spread(gaps), met},
    ];
  });
}

/** Times between a shard's last ready record and its next, ms. */
export function gapsOf(events: readonly RecordEvent[]): number[] {
  const since = new Map<string, number>();
  const gaps: number[] = [];
  for (const {shard, atMs, record} of events) {
    const ready = record?.state === 'owned' && record.ready;
    if (!ready) since.set(shard, since.get(shard) ?? atMs);
    else if (since.has(shard)) {
      gaps.push(atMs - (since.get(shard) ?? atMs));
      since.delete(shard);
    }
  }
  return gaps;
}
