/**
 * `npx tsx test/bench/hostile-parts.ts`: what parts of the hostile mix cost the daemon, in CPU time of this process: a
 * tick of the push gateway with 5,000 keys that nobody can read, and 100 event streams of an app while it changes.
 */
import {once} from 'node:events';
import {createServer, get} from 'node:http';
import type {AddressInfo} from 'node:net';
import {setTimeout as pause} from 'node:timers/promises';
import type {FastifyReply} from 'fastify';
import {eventStream} from '../../src/server/admin/stream/event-feed.ts';
import {SharedWatches} from '../../src/server/admin/stream/shared-watches.ts';
import {sendEvents} from '../../src/server/http/event-stream.ts';
import type {WatchEvent, WatchListener} from '../../src/store/port.ts';
import {World} from '../server/admin/fixture.ts';
import {listNothing, proxyBed} from '../server/push/proxy-bed.ts';

const JUNK_KEYS = 5_000;
const TICK_MS = 500;
const TICKS = 200;
const STREAMS = 100;
const RUNS = 5;
const APP = 'orders';

function cpuMs(): number {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1_000;
}

function tickMs(): number {
  const {machine} = proxyBed();
  listNothing(machine);
  for (let at = 0; at < JUNK_KEYS; at += 1) {
    const [key, container, mod] = [`containerhb/junk-${at}/a`, `junk-${at}`, 6 + at];
    const entry = {key, create: mod, mod, value: 'junk'};
    machine.changed({key, container, lease: at.toString(16), entry, mod}, 0);
  }
  machine.advance(0);
  const ticks = Array.from({length: TICKS}, (_, at) => {
    const before = cpuMs();
    machine.advance(TICK_MS * (at + 1));
    return cpuMs() - before;
  });
  return Math.min(...ticks);
}

/** Streams over HTTP whose callers read at once, in this process; `change`: what the store's watch says next. */
async function streams() {
  const world = new World();
  await world.call('addSpec', {service: APP, maxShardCount: 0, maxRecoveryTime: 10});
  let listener: WatchListener | undefined;
  let revision = 1_000;
  const shared = new SharedWatches({
    watch: (_prefix, from, given) => {
      revision = Math.max(revision, from);
      listener = given;
      return {close: () => undefined};
    },
    status: async () => ({clusterId: '', revision}),
  });
  const query = {service: APP, audit: false};
  const server = createServer((_request, raw) => {
    const {signal} = new AbortController();
    const reply = {hijack: () => undefined, request: {id: ''}, raw} as unknown as FastifyReply;
    const events = eventStream(world.dependencies, query, signal, {store: shared});
    void sendEvents(reply, events, (event) => event.revision, signal);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  for (let at = 0; at < STREAMS; at += 1)
    get({port, host: '127.0.0.1', agent: false}, (answer) => answer.resume());
  await pause(3_000);
  const change = (keys: readonly string[], value: string): void => {
    revision += 1;
    const events = keys.map((key): WatchEvent => {
      const entry = {key, value, mod: revision, create: revision};
      return {type: 'put', entry};
    });
    listener?.onBatch({revision, events});
  };
  return {change, keys: world.keys};
}

async function least(work: () => Promise<void>): Promise<string> {
  const taken: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const before = cpuMs();
    await work();
    taken.push(cpuMs() - before);
  }
  return `${Math.min(...taken).toFixed(0)} ms`;
}

function roundOf(count: number): string {
  const [startedAt, endedAt] = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z'];
  const moves = Array.from({length: count}, (_, at) => ({
    ...{id: `m-${at}`, shard: `shard-${at}`, from: 'c1', to: 'c2', cause: 'balance'},
    ...{result: 'done', startedAt, endedAt, durationMs: 1_000, detail: ''},
  }));
  return JSON.stringify(moves);
}

console.log(`a tick with ${JUNK_KEYS} keys that nobody can read: ${tickMs().toFixed(2)} ms`);
const {change, keys} = await streams();
const silent = Array.from({length: 20}, (_, at) => keys.ownership(APP, `shard-${at}`));
const quiet = await least(async () => {
  for (let at = 0; at < 400; at += 1) change(silent, '{}');
});
console.log(`${STREAMS} streams, 400 batches of 20 changes that are no events: ${quiet}`);
const round = roundOf(100);
let rounds = 0;
const moves = await least(async () => {
  for (let at = 0; at < 10; at += 1) {
    change([`${keys.movesPrefix(APP)}round-${(rounds += 1)}`], round);
    await pause(150);
  }
});
console.log(`${STREAMS} streams and their callers, 10 rounds of 100 moves: ${moves}`);
process.exit(0);
