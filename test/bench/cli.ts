/**
 * `npm run bench:cli`: how long a call of the command line takes against `node -e 0`, both measured in turns in one run, and
 * when the first frame of a live view stands on a terminal. Needs `script` (util-linux) for the terminal.
 */
import {execFileSync, spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {cpus} from 'node:os';
import {join} from 'node:path';
import {freePorts} from '../support/free-ports.ts';
import {until} from '../support/until.ts';
import {percentile} from './figure.ts';
import type {Figure} from './figure.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
const RUNS = 15;
const COMMAND_GOAL = 2.5;
const FRAME_GOAL = 6;
const READY_LIMIT_MS = 60_000;

async function callMs(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const startMs = performance.now();
  const child = spawn(process.execPath, args, {env, stdio: ['ignore', 'ignore', 'inherit']});
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${args.join(' ')} exited ${code}`);
  return performance.now() - startMs;
}

/** From the start of the process until the first frame is written to its terminal. */
async function frameMs(env: NodeJS.ProcessEnv): Promise<number> {
  const command = `stty rows 24 cols 80; exec ${process.execPath} ${BIN} container ls -a demo --watch`;
  const startMs = performance.now();
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: {...env, TERM: 'xterm-256color', SHELL: '/bin/sh'},
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let seen = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes('sm container ls --watch')) resolve();
    });
    child.once('close', () => reject(new Error(`no frame: ${JSON.stringify(seen)}`)));
  });
  const tookMs = performance.now() - startMs;
  const ended = once(child, 'close');
  child.stdin.write('q');
  await ended;
  return tookMs;
}

async function startDemo(port: number, storePort: number): Promise<ChildProcess> {
  const args = [
    'dev',
    '--containers',
    '3',
    '--port',
    String(port),
    '--store-port',
    String(storePort),
  ];
  const child = spawn(process.execPath, [BIN, ...args], {stdio: ['ignore', 'ignore', 'inherit']});
  const url = `http://127.0.0.1:${port}/sm/server/get-app?service=demo`;
  await until(
    async () => (await fetch(url).catch(() => undefined))?.ok,
    READY_LIMIT_MS,
    'the demo app is there',
  );
  return child;
}

async function cliFigures(env: NodeJS.ProcessEnv): Promise<Figure[]> {
  const samples: Record<'node' | 'version' | 'list' | 'frame', number[]> = {
    ...{node: [], version: [], list: [], frame: []},
  };
  // In turns, so that whatever else the machine does meets all alike.
  for (let run = 0; run < RUNS; run += 1) {
    samples.node.push(await callMs(['-e', '0'], env));
    samples.version.push(await callMs([BIN, '--version'], env));
    samples.list.push(await callMs([BIN, 'app', 'ls', '--json'], env));
    samples.frame.push(await frameMs(env));
  }
  const base = percentile(samples.node, 0.5);
  const figure = (what: string, times: readonly number[], goal: number): Figure => {
    const median = percentile(times, 0.5);
    const ratio = median / base;
    const seen = `${ratio.toFixed(2)}x (${median.toFixed(0)} ms of ${base.toFixed(0)} ms, n=${times.length})`;
    return {what, goal: `<= ${goal}x of node -e 0`, seen, met: ratio <= goal};
  };
  return [
    figure('sm --version', samples.version, COMMAND_GOAL),
    figure('sm app ls --json', samples.list, COMMAND_GOAL),
    figure('first frame of sm container ls --watch', samples.frame, FRAME_GOAL),
  ];
}

async function main(): Promise<void> {
  const build = join(import.meta.dirname, '..', '..', 'scripts', 'build.ts');
  if (!process.argv.includes('--built'))
    execFileSync(process.execPath, ['--import', 'tsx', build], {stdio: 'ignore'});
  const [port = 0, storePort = 0] = await freePorts(2);
  const demo = await startDemo(port, storePort);
  const env = {...process.env, SM_SERVER: `http://127.0.0.1:${port}`, NODE_OPTIONS: ''};
  try {
    const figures = await cliFigures(env);
    console.log(`${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}\n`);
    console.log('| what | goal | seen | |\n| --- | --- | --- | --- |');
    for (const {what, goal, seen, met} of figures)
      console.log(`| ${what} | ${goal} | ${seen} | ${met ? 'met' : 'NOT MET'} |`);
  } finally {
    demo.kill('SIGTERM');
    await once(demo, 'exit');
  }
}

await main();
