/**
 * `npm run bench:views`: what a live view costs the machine that watches, with 1,000 containers and 100,000 shards on the far side and
 * changes all the time. The far side is a server of the real schema; the views are as built, on terminals of 120x40. Linux.
 */
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {IncomingMessage, Server, ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {LIVE_BEAT_MS, LIVE_PART_ROWS, LIVE_SHARDS_DEFAULT} from '../../src/protocol/admin-live.ts';
import type {LiveMessage} from '../../src/protocol/admin.ts';
import {Tmux} from '../support/tmux.ts';
import {pause, until} from '../support/until.ts';
import {app, container, counts, finished, move, rows, shard, summary} from '../views/fixture.ts';
import type {Rows} from '../views/fixture.ts';

const CONTAINERS = 1_000;
const SHARDS = 100_000;
const CHANGE_MS = 200;
const ROWS_PER_CHANGE = 10;
const SETTLE_MS = 5_000;
const WATCH_MS = 60_000;
const SAMPLES = 3;
const GOAL_CPU = 0.15;
/** Of all that the process holds; V8 takes its share of it before it collects. */
const GOAL_MIB = 256;
const TICKS_PER_SECOND = 100;
const START_LIMIT_MS = 60_000;
const BIN = join(import.meta.dirname, '..', '..', 'bin', 'run.js');

const VIEWS: readonly string[] = [
  'container ls -a orders --watch',
  'shard ls -a orders --watch',
  'moves watch -a orders',
  'app ls --watch',
  'top',
];

const containerRow = (index: number, round: number) =>
  container(`orders-${index}`, {
    shards: {total: 100, ready: 100 - (round % 7), dropping: round % 3},
    capacity: 120,
    share: 100,
  });
const shardRow = (index: number, round: number) =>
  shard(`s${String(index).padStart(6, '0')}`, {
    container: `orders-${(index + round) % CONTAINERS}`,
    token: `0000000000000000001.${String(round).padStart(19, '0')}`,
  });
const appRow = (round: number) =>
  app('orders', {shards: counts(SHARDS, {ready: SHARDS - (round % 100), moving: round % 100})});
const range = <T>(from: number, to: number, make: (index: number) => T): T[] =>
  Array.from({length: to - from}, (_, index) => make(from + index));

/** The rows of a view from `from` on; changes go round in all that it shows. */
function rowsFor(view: string, from: number, count: number, round: number): Rows {
  const part = (most: number): [number, number] => {
    const start = from % most;
    return [start, Math.min(most, start + count)];
  };
  const moves = range(...part(50), (index) => move(`m-${index}`, `s${index}`));
  const over = range(...part(50), (index) => finished(`m-${round}`, `s${index}`));
  const all = {
    apps: [appRow(round)],
    containers: range(...part(CONTAINERS), (index) => containerRow(index, round)),
    moves,
    finished: over,
  };
  if (view === 'containers') return {containers: all.containers};
  if (view === 'apps') return {apps: all.apps};
  if (view === 'moves') return {moves, finished: round === 0 ? over : []};
  if (view === 'top') return {...all, finished: round === 0 ? over : []};
  return {shards: range(...part(LIVE_SHARDS_DEFAULT), (index) => shardRow(index, round))};
}

function message(sections: Rows, id: number, reset: boolean, more: boolean): LiveMessage {
  const at = new Date().toISOString();
  const figures = summary({
    containers: {ready: CONTAINERS},
    shards: counts(SHARDS),
    matched: SHARDS,
    total: SHARDS,
    moves: {running: 50, stuck: 0, done: id, failed: 0, medianMs: 18, perMinute: 60},
  });
  const over = {id: more ? '' : `abcdefabcdef.${id}`, reset, more, at, summary: figures};
  return rows(sections, over);
}

function answer(request: IncomingMessage, reply: ServerResponse): void {
  const view = new URL(request.url ?? '/', 'http://here').searchParams.get('view') ?? '';
  const send = (told: LiveMessage | object): void =>
    void reply.write(`data: ${JSON.stringify(told)}\n\n`);
  reply.writeHead(200, {'content-type': 'text/event-stream'});
  const now = (): string => new Date().toISOString();
  send({type: 'hello', view, at: now(), resumed: false, beatMs: LIVE_BEAT_MS});
  const parts = Math.ceil(CONTAINERS / LIVE_PART_ROWS);
  for (let part = 0; part < parts; part += 1) {
    const sections = rowsFor(view, part * LIVE_PART_ROWS, LIVE_PART_ROWS, 0);
    send(message(sections, 0, part === 0, part < parts - 1));
  }
  let round = 0;
  const changes = setInterval(() => {
    round += 1;
    const sections = rowsFor(view, round * ROWS_PER_CHANGE, ROWS_PER_CHANGE, round);
    send(message(sections, round, false, false));
  }, CHANGE_MS);
  const store = {ok: true, since: '', reason: ''};
  const beats = setInterval(() => send({type: 'beat', at: now(), lagMs: 1, store}), LIVE_BEAT_MS);
  reply.on('close', () => {
    clearInterval(changes);
    clearInterval(beats);
  });
}

interface Usage {
  readonly cpuSeconds: number;
  readonly mib: number;
}

function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const ticks = Number(stat[11]) + Number(stat[12]);
  return {cpuSeconds: ticks / TICKS_PER_SECOND, mib: Number(resident) / 1024};
}

/** Watches one view for a while; resolves with a line of the table. */
async function measured(line: string, port: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sm-bench-views-'));
  writeFileSync(join(folder, 'sm'), `echo $$ >pid\nexec '${process.execPath}' '${BIN}' "$@"\n`);
  const env = {SM_SERVER: `http://127.0.0.1:${port}`};
  const tmux = await Tmux.start({columns: 120, rows: 40, folder, env});
  try {
    await tmux.enter(`sh ./sm ${line}`);
    const live = async (): Promise<boolean> => (await tmux.screen()).includes(' LIVE ');
    await until(live, START_LIMIT_MS, `${line} draws`);
    await pause(SETTLE_MS);
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    const [before, startMs] = [usageOf(pid), performance.now()];
    const mibs = [before.mib];
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      await pause(WATCH_MS / SAMPLES);
      mibs.push(usageOf(pid).mib);
    }
    const [after, endMs] = [usageOf(pid), performance.now()];
    if (!(await live())) throw new Error(`${line} has lost its server`);
    const share = ((after.cpuSeconds - before.cpuSeconds) * 1_000) / (endMs - startMs);
    const met = share <= GOAL_CPU && Math.max(...mibs) <= GOAL_MIB;
    const memory = mibs.map((mib) => mib.toFixed(0)).join(' -> ');
    return `| sm ${line} | ${(share * 100).toFixed(1)} % of a core | ${memory} MiB | ${met ? 'met' : 'NOT MET'} |`;
  } finally {
    await tmux.kill();
    rmSync(folder, {recursive: true, force: true});
  }
}

async function listening(): Promise<Server> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function main(): Promise<void> {
  const build = join(import.meta.dirname, '..', '..', 'scripts', 'build.ts');
  execFileSync(process.execPath, ['--import', 'tsx', build], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const server = await listening();
  const {port} = server.address() as AddressInfo;
  const perSecond = (1_000 / CHANGE_MS) * ROWS_PER_CHANGE;
  console.log(
    `${CONTAINERS} containers, ${SHARDS} shards (a window of ${LIVE_SHARDS_DEFAULT}), ${perSecond} rows change a second, ${WATCH_MS / 1_000} s each`,
  );
  console.log(
    `| view | processor (goal ${GOAL_CPU * 100} %) | memory (goal ${GOAL_MIB} MiB, every ${WATCH_MS / SAMPLES / 1_000} s) | |\n| --- | --- | --- | --- |`,
  );
  try {
    const lines = await Promise.all(VIEWS.map((line) => measured(line, port)));
    for (const line of lines) console.log(line);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

await main();
