/** `npm run bench -- dev`: how long `sm dev` takes until its shards are placed, process and all. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {freePorts} from '../support/free-ports.ts';
import {percentile, seconds} from './figure.ts';
import type {Figure} from './figure.ts';

const SM = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
const RUNS = 5;
const GOAL_MS = 3_000;

interface Times {
  readonly firstMs: number;
  readonly allMs: number;
}

/** Since the process was started, ms. */
async function placedAfter(): Promise<Times> {
  const ports = await freePorts(2);
  const asked = ['--port', `${ports[0]}`, '--store-port', `${ports[1]}`];
  const startedMs = performance.now();
  const child = spawn(process.execPath, [SM, 'dev', '-o', 'jsonl', ...asked], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const atMs = new Map<string, number>();
  for await (const line of createInterface(child.stdout)) {
    const {event} = JSON.parse(line) as {event: string};
    atMs.set(event, performance.now() - startedMs);
    if (event === 'placed') child.kill('SIGINT');
  }
  await exited;
  const [firstMs, allMs] = [atMs.get('firstPlaced'), atMs.get('placed')];
  if (firstMs === undefined || allMs === undefined) throw new Error('sm dev placed no shards');
  return {firstMs, allMs};
}

export async function devFigures(): Promise<Figure[]> {
  const runs: Times[] = [];
  for (let run = 0; run < RUNS; run += 1) runs.push(await placedAfter());
  const all = runs.map(({allMs}) => allMs);
  const p50 = percentile(all, 0.5);
  const first = percentile(
    runs.map(({firstMs}) => firstMs),
    0.5,
  );
  return [
    {
      what: '`sm dev` to its 12 shards placed on 3 containers',
      goal: '<= 3 s',
      seen: `p50 ${seconds(p50)}, most ${seconds(Math.max(...all))} (n=${RUNS}); the first shard p50 ${seconds(first)}`,
      met: p50 <= GOAL_MS,
    },
  ];
}
