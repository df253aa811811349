/** `npx tsx --expose-gc test/bench/decoding.ts [SHARDS]`: what the decoded record and spec of a shard keep in memory, and the CPU time to decode them. */
import {decodeOwnership, decodeShardSpec} from '../../src/protocol/records.ts';

const SHARDS = Number(process.argv[2] ?? 100_000);
const CONTAINERS = 100;
const ROUNDS = 7;

function recordText(at: number): string {
  const home = at % CONTAINERS;
  const container = `orders-worker-${home}`;
  const move = {id: `m-f-${at}`, from: 'orders-worker-101', to: container};
  return JSON.stringify({
    ...{v: 1, state: 'owned', container, incarnation: home.toString(16).padStart(16, '0')},
    ...{token: `0000000000000000001.${String(at).padStart(19, '0')}`, ready: true},
    // Half of them have moved.
    move:
      at % 2 === 0
        ? null
        : {...move, why: 'leaving orders-worker-101', startedAt: '2026-01-01T00:00:00.000Z'},
    ...{failures: 0, lastError: '', taskVersion: 1},
  });
}

function specText(at: number): string {
  return JSON.stringify({
    ...{v: 1, id: `s${at}`, service: 'orders-service', task: 'turn 12'},
    ...{updateTime: 1_700_000_000_000 + at, manualContainerId: '', group: '', workerGroup: ''},
  });
}

/** One round: what is still needed after it, and the CPU time. Its own function, so that nothing of the round before is. */
function round(all: readonly (readonly [string, string])[], gc: () => void) {
  gc();
  const before = process.memoryUsage().heapUsed;
  const startedAt = process.cpuUsage();
  const decoded = all.map(([record, spec], at) => [
    decodeOwnership(record),
    decodeShardSpec(spec, `s${at}`),
  ]);
  const cpuMs = process.cpuUsage(startedAt).user / 1_000;
  gc();
  const bytes = process.memoryUsage().heapUsed - before;
  if (decoded.some((both) => both.some(({ok}) => !ok))) throw new Error('one cannot be read');
  return {bytes, cpuMs};
}

function main(): void {
  const {gc} = globalThis;
  if (gc === undefined) throw new Error('node needs --expose-gc');
  const all = Array.from({length: SHARDS}, (_, at) => [recordText(at), specText(at)] as const);
  const rounds = Array.from({length: ROUNDS}, () => round(all, () => void gc()));
  const bytes = Math.min(...rounds.map((one) => one.bytes)) / SHARDS;
  const cpuMs = Math.min(...rounds.map((one) => one.cpuMs));
  console.log(
    `${SHARDS} shards: ${bytes.toFixed(0)} bytes a shard, ${cpuMs.toFixed(0)} ms CPU, least of ${ROUNDS}`,
  );
}

main();
