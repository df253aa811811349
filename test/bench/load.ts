/** `npx tsx test/bench/load.ts`: what a report of the SDK costs an application. */
import {ContainerLoads} from '../../src/container/container-loads.ts';
import {ShardHandle} from '../../src/container/shard.ts';
import {percentile} from './figure.ts';
import type {Figure} from './figure.ts';

const RUNS = 9;
const CALLS = 1_000_000;
const SHARDS = 1_000;
const GOAL_NS = 1_000;
const SAMPLING_GOAL_NS = 10_000;
const SPEC = {
  ...{id: 's', service: 'app', task: '', updateTime: 1},
  ...{manualContainerId: '', group: '', workerGroup: ''},
};

function handles(): {loads: ContainerLoads; shards: ShardHandle[]} {
  const loads = new ContainerLoads({clock: {nowMs: () => performance.now()}});
  const owner = {remainingMs: () => 1, workChanged: () => undefined, loads};
  const shards = Array.from({length: SHARDS}, (_, at) => new ShardHandle(SPEC, '', at, owner));
  return {loads, shards};
}

/** Median ns of CPU of one call, over several runs. */
function nanoseconds(calls: number, work: (at: number) => void): number {
  for (let at = 0; at < calls / 10; at += 1) work(at);
  const runs = Array.from({length: RUNS}, () => {
    const before = process.cpuUsage();
    for (let at = 0; at < calls; at += 1) work(at);
    const {user, system} = process.cpuUsage(before);
    return ((user + system) * 1e3) / calls;
  });
  return percentile(runs, 0.5);
}

/** Two metrics a call, calls spread over 1,000 shards. */
export function reportFigures(): Figure[] {
  const {loads, shards} = handles();
  const of = (at: number): ShardHandle | undefined => shards[at % SHARDS];
  const reported = nanoseconds(CALLS, (at) => of(at)?.report({qps: at, bytes: 4096}));
  const counted = nanoseconds(CALLS, (at) => of(at)?.count({requests: 1, sent: 4096}));
  const sampled = nanoseconds(CALLS / 10, (at) => void loads.sample(of(at)));
  const figure = (what: string, ns: number, goal = GOAL_NS): Figure => ({
    what,
    goal: `<= ${goal} ns`,
    seen: `${ns.toFixed(0)} ns`,
    met: ns <= goal,
  });
  return [
    figure('SDK: report of two gauges', reported),
    figure('SDK: count of two counters', counted),
    figure('SDK: sampling a shard of four metrics, once in 10 s', sampled, SAMPLING_GOAL_NS),
  ];
}

if (process.argv[1] === import.meta.filename)
  for (const {what, goal, seen} of reportFigures()) console.log(`${what}: ${seen} (${goal})`);
