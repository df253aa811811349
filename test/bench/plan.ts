/** `npx tsx test/bench/plan.ts`: planning times, as ms and as multiples of one counting sort of the same table. */
import type {
  PlacementContainer,
  PlacementShard,
  PlacementSnapshot,
} from '../../src/model/placement.ts';
import {plan} from '../../src/planner/index.ts';
import {applied} from '../planner/instances.ts';
import {spread} from './figure.ts';
import type {Figure} from './figure.ts';

const RUNS = 9;

function snapshotOf(n: number, m: number, groups: number): PlacementSnapshot {
  const containers = Array.from({length: m}, (_, index): PlacementContainer => ({
    id: `c${index}`,
    mode: 'open',
  }));
  const shards = Array.from({length: n}, (_, index): PlacementShard => {
    return {
      id: `shard-${index}`,
      group: groups === 1 ? '' : `g${index % groups}`,
      workerGroup: '',
      pin: '',
      current: '',
      prefer: '',
      avoid: '',
    };
  });
  return {shards, containers, pools: new Map(), maxShardCount: 0};
}

/** Times of several runs, ms, sorted. */
function time(work: () => void): number[] {
  const times = Array.from({length: RUNS}, () => {
    const startedMs = performance.now();
    work();
    return performance.now() - startedMs;
  });
  return times.sort((a, b) => a - b);
}

/** The natural unit: sort the table's rows by container once. */
function countingSort(keys: Int32Array, size: number): Int32Array {
  const starts = new Int32Array(size + 1);
  for (const key of keys) starts[key + 1] = (starts[key + 1] ?? 0) + 1;
  for (let at = 0; at < size; at += 1) starts[at + 1] = (starts[at + 1] ?? 0) + (starts[at] ?? 0);
  const sorted = new Int32Array(keys.length);
  for (const [row, key] of keys.entries()) {
    const place = starts[key] ?? 0;
    sorted[place] = row;
    starts[key] = place + 1;
  }
  return sorted;
}

/** The line of docs/benchmarks.md: 100,000 shards, 1,000 containers, one of them lost. */
export function planFigures(): Figure[] {
  const cold = snapshotOf(100_000, 1_000, 1);
  const settled = applied(cold, plan(cold));
  const lost = {...settled, containers: settled.containers.slice(1)};
  const times = time(() => plan(lost));
  const median = times[RUNS >> 1] ?? Number.NaN;
  const what = 'plan for 100,000 shards x 1,000 containers, one container lost';
  return [{what, goal: '<= 250 ms', seen: spread(times), met: median <= 250}];
}

export function benchPlan(print: (line: string) => void = console.log): void {
  print(
    'plan                                     min ms   p50 ms   max ms   x counting sort   moves',
  );
  const rows: readonly [string, number, number, number][] = [
    ['100,000 x 1,000, one group', 100_000, 1_000, 1],
    ['100,000 x 1,000, 1,000 groups', 100_000, 1_000, 1_000],
    ['100,000 x 1,000, groups of one', 100_000, 1_000, 100_000],
    ['1,000,000 x 10,000, one group', 1_000_000, 10_000, 1],
    ['40 x 4, one group', 40, 4, 1],
  ];
  for (const [title, n, m, groups] of rows) row(title, snapshotOf(n, m, groups), print);
}

function row(title: string, cold: PlacementSnapshot, print: (line: string) => void): void {
  const first = plan(cold);
  const unitMs = Math.min(...time(() => countingSort(first.target, cold.containers.length)));
  const settled = applied(cold, first);
  const lost = {...settled, containers: settled.containers.slice(1)};
  const more = {
    ...settled,
    containers: [
      ...settled.containers,
      ...settled.containers
        .slice(0, settled.containers.length / 10)
        .map(({id}) => ({id: `new-${id}`, mode: 'open' as const})),
    ],
  };
  for (const [what, snapshot] of [
    ['cold start', cold],
    ['one container lost', lost],
    ['10 % more', more],
  ] as const) {
    const times = time(() => plan(snapshot));
    const cells = [times[0], times[RUNS >> 1], times[RUNS - 1]].map((ms) =>
      (ms ?? 0).toFixed(2).padStart(8),
    );
    print(
      `${`${title}: ${what}`.padEnd(52)} ${cells.join(' ')} ${((times[0] ?? 0) / unitMs).toFixed(0).padStart(8)} ${String(plan(snapshot).moves.length).padStart(8)}`,
    );
  }
}

if (process.argv[1]?.endsWith('plan.ts') === true) benchPlan();
