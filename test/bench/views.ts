/**
 * `npm run bench:views`: what a live view costs the machine that watches, and the daemon that serves it, with 1,000 containers and
 * 100,000 shards and changes all the time. The far side is a process of its own; the views are as built, on terminals of 120x40. Linux.
 */
import {execFileSync, spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Tmux} from '../support/tmux.ts';
import {pause, until} from '../support/until.ts';
import {CONTAINERS, HEARTBEAT_MS, MOVES_PER_SECOND, SHARDS} from './far-side-size.ts';

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

/** How much of a core a process takes, and its memory, over WATCH_MS. */
async function watched(pid: number): Promise<{share: number; mibs: readonly number[]}> {
  const [before, startMs] = [usageOf(pid), performance.now()];
  const mibs = [before.mib];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    await pause(WATCH_MS / SAMPLES);
    mibs.push(usageOf(pid).mib);
  }
  const tookMs = performance.now() - startMs;
  return {share: ((usageOf(pid).cpuSeconds - before.cpuSeconds) * 1_000) / tookMs, mibs};
}

function lineOf(what: string, {share, mibs}: Awaited<ReturnType<typeof watched>>): string {
  const memory = mibs.map((mib) => mib.toFixed(0)).join(' -> ');
  return `| ${what} | ${(share * 100).toFixed(1)} % of a core | ${memory} MiB |`;
}

/** One view for a while; resolves with a line of the table. */
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
    const seen = await watched(Number(readFileSync(join(folder, 'pid'), 'utf8')));
    if (!(await live())) throw new Error(`${line} has lost its server`);
    const met = seen.share <= GOAL_CPU && Math.max(...seen.mibs) <= GOAL_MIB;
    return `${lineOf(`sm ${line}`, seen)} ${met ? 'met' : 'NOT MET'} |`;
  } finally {
    await tmux.kill();
    rmSync(folder, {recursive: true, force: true});
  }
}

interface FarSide {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
}

async function startFarSide(): Promise<FarSide> {
  const file = join(import.meta.dirname, 'far-side.ts');
  const args = ['--import', 'tsx', file];
  const child = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'inherit']});
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return {child, pid: child.pid ?? 0, port: Number(port)};
}

async function main(): Promise<void> {
  const build = join(import.meta.dirname, '..', '..', 'scripts', 'build.ts');
  if (!process.argv.includes('--built'))
    execFileSync(process.execPath, ['--import', 'tsx', build], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const {child, pid, port} = await startFarSide();
  const beats = Math.round((CONTAINERS * 1_000) / HEARTBEAT_MS);
  console.log(
    `${CONTAINERS} containers, ${SHARDS} shards; a second: ${beats} heartbeats, ${MOVES_PER_SECOND} moves; ${WATCH_MS / 1_000} s, all at once`,
  );
  console.log(
    `| what | processor (goal of a view ${GOAL_CPU * 100} %) | memory (goal of a view ${GOAL_MIB} MiB, every ${WATCH_MS / SAMPLES / 1_000} s) | |\n| --- | --- | --- | --- |`,
  );
  try {
    await pause(SETTLE_MS);
    const idle = watched(pid);
    console.log(`${lineOf('the far side, watched by nobody', await idle)} |`);
    const views = VIEWS.map((line) => measured(line, port));
    const serving = pause(2 * SETTLE_MS).then(() => watched(pid));
    for (const line of await Promise.all(views)) console.log(line);
    console.log(`${lineOf('the far side, serving all of these', await serving)} |`);
  } finally {
    child.kill('SIGKILL');
  }
}

await main();
