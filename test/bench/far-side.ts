/**
 * The far side of `npm run bench:views`, a process of its own: the real live views over the real HTTP routes, on records of 1,000
 * containers and 100,000 shards in memory. Heartbeats come as from living containers, and shards move all the time. Says its port
 * on stdout.
 */
import {encodeIdHolder} from '../../src/protocol/container-id.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import type {FinishedMove} from '../../src/model/status.ts';
import {tuneEngine} from '../../src/runtime/engine.ts';
import {createAdminHandlers} from '../../src/server/admin/handlers.ts';
import type {Operation} from '../../src/store/port.ts';
import {World, heartbeat, ownership, status} from '../server/admin/fixture.ts';
import {fixture, listen} from '../server/http/fixture.ts';
import {CONTAINERS, HEARTBEAT_MS, MOVES_PER_SECOND, SHARDS} from './far-side-size.ts';

const APP = 'orders';
const OPERATIONS_PER_WRITE = 100;
/** A shard is without its owner for so long. */
const MOVE_MS = 500;
const ROUND_MS = 1_000;
const ROUNDS_KEPT = 60;
const COMPACT_MS = 20_000;

const world = new World({wallMs: () => Date.now()});
const {keys, memory} = world;
const incarnationOf = (index: number): string => `i${index}-1`;
const nameOf = (index: number): string => `${APP}-${index}`;
const shardOf = (index: number): string => `s${String(index).padStart(6, '0')}`;
const finished: FinishedMove[] = [];
const homes = Int32Array.from({length: SHARDS}, (_, index) => index % CONTAINERS);

function put(key: string, value: object): Operation {
  return {op: 'put', key, value: encodeRecord(value)};
}

async function write(then: readonly Operation[]): Promise<void> {
  for (let from = 0; from < then.length; from += OPERATIONS_PER_WRITE) {
    const part = then.slice(from, from + OPERATIONS_PER_WRITE);
    const outcome = await memory.transact({compares: [], then: part});
    if (outcome.kind !== 'committed') throw new Error(`not written: ${outcome.kind}`);
  }
}

function beatOf(index: number, seq: number): Operation {
  const word = heartbeat(nameOf(index), {seq, ttlMs: 3 * HEARTBEAT_MS, zone: `z${index % 3}`});
  return put(keys.heartbeat(APP, incarnationOf(index)), word);
}

function ownedBy(shard: number, container: number): Operation {
  const record = ownership({container: nameOf(container), incarnation: incarnationOf(container)});
  return put(keys.ownership(APP, shardOf(shard)), record);
}

async function fill(): Promise<void> {
  await world.call('addSpec', {service: APP, maxRecoveryTime: 10});
  for (let from = 0; from < SHARDS; from += 10_000) {
    const shards = Array.from({length: 10_000}, (_, index) => ({shardId: shardOf(from + index)}));
    await world.call('addShards', {service: APP, shards});
  }
  const containers = Array.from({length: CONTAINERS}, (_, index) => index);
  await write(containers.map((index) => beatOf(index, 1)));
  await write(
    containers.map((index) => ({
      ...{op: 'put', key: keys.containerId(APP, nameOf(index))},
      value: encodeIdHolder(incarnationOf(index)),
    })),
  );
  await write(Array.from(homes, (home, shard) => ownedBy(shard, home)));
  await write([put(keys.status(APP), status({settled: false}))]);
}

/** Each container in its turn, so that the beats are spread as they are in life. */
function beat(): void {
  let next = 0;
  const startedMs = performance.now();
  setInterval(() => {
    const due = Math.floor(((performance.now() - startedMs) * CONTAINERS) / HEARTBEAT_MS);
    for (; next < due; next += 1)
      void write([beatOf(next % CONTAINERS, 2 + Math.floor(next / CONTAINERS))]);
  }, 50);
}

/** One shard after the other leaves its container and is taken by the next one. */
function move(): void {
  let moved = 0;
  setInterval(() => {
    const shard = (moved * 7_919) % SHARDS;
    const from = homes[shard] ?? 0;
    const to = (from + 1) % CONTAINERS;
    const startedAt = new Date().toISOString();
    const note = {id: `m-${moved}`, from: nameOf(from), to: nameOf(to), why: 'balance', startedAt};
    homes[shard] = to;
    moved += 1;
    const [leaving, coming] = [nameOf(from), nameOf(to)];
    const key = keys.ownership(APP, shardOf(shard));
    const dropping = {state: 'dropping' as const, container: leaving, move: note};
    const taken = {container: coming, incarnation: incarnationOf(to), ready: false, move: note};
    void write([
      put(key, ownership({...dropping, incarnation: incarnationOf(from), ready: false})),
    ]);
    setTimeout(() => void write([put(key, ownership(taken))]), MOVE_MS / 2);
    setTimeout(() => {
      void write([ownedBy(shard, to)]);
      const endedAt = new Date().toISOString();
      finished.push({...note, shard: shardOf(shard), endedAt, outcome: 'done', note: ''});
    }, MOVE_MS);
  }, 1_000 / MOVES_PER_SECOND);
}

/** What a governor writes of itself. */
function tell(): void {
  let round = 0;
  setInterval(() => {
    const at = new Date().toISOString();
    round += 1;
    void write([
      put(keys.status(APP), status({settled: false, at})),
      put(keys.moves(APP, String(round)), finished.splice(0)),
      {op: 'delete', key: keys.moves(APP, String(round - ROUNDS_KEPT))},
    ]);
  }, ROUND_MS);
}

// As `sm serve` does.
tuneEngine();
await fill();
beat();
move();
tell();
setInterval(() => void memory.compact(memory.kv.revision - 1), COMPACT_MS);
const {server} = fixture({admin: createAdminHandlers(world.dependencies)});
const port = await listen(server);
process.stdout.write(`${port}\n`);
