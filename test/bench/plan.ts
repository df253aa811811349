/**
 * `npx tsx --expose-gc test/bench/plan.ts [SIZE...]`: planning against one counting sort of the same table in the same
 * process, moves against the bound, and other ways to place. SIZE is SHARDSxCONTAINERSxGROUPS.
 */
import type {PlacementSnapshot} from '../../src/model/placement.ts';
import {plan, planTable} from '../../src/planner/index.ts';
import {tabulate} from '../../src/planner/table.ts';
import {applied} from '../planner/instances.ts';
import {countingSort} from './counting-sort.ts';
import {compareWays} from './other-ways.ts';
import {spread} from './figure.ts';
import type {Figure} from './figure.ts';

const RUNS = 9;
const SIZES = ['100000x1000x1', '100000x1000x1000', '100000x1000x100000', '1000000x10000x1'];
const NOBODY = {group: '', workerGroup: '', pin: '', current: '', prefer: '', avoid: ''};

function snapshotOf(n: number, m: number, groups: number): PlacementSnapshot {
  return {
    shards: Array.from({length: n}, (_, at) => ({
      ...NOBODY,
      id: `shard-${at}`,
      group: groups === 1 ? '' : `g${at % groups}`,
    })),
    containers: Array.from({length: m}, (_, at) => ({id: `c${at}`, mode: 'open' as const})),
    pools: new Map(),
    maxShardCount: 0,
  };
}

/** Times of several runs, ms, sorted. */
function time(work: () => void, runs = RUNS): number[] {
  const times = Array.from({length: runs}, () => {
    globalThis.gc?.();
    const startedMs = performance.now();
    work();
    return performance.now() - startedMs;
  });
  return times.sort((a, b) => a - b);
}

/** Fewest moves any even plan needs: the larger of what the buckets and what the totals demand. All containers open, no pins, no pools. */
export function fewestMoves({shards, containers}: PlacementSnapshot): number {
  const index = new Map(containers.map(({id}, at) => [id, at]));
  const buckets = new Map<string, {size: number; held: Map<number, number>}>();
  const totals = new Map<number, number>();
  for (const {group, current} of shards) {
    const bucket = buckets.get(group) ?? {size: 0, held: new Map<number, number>()};
    buckets.set(group, bucket);
    bucket.size += 1;
    const at = index.get(current);
    if (at === undefined) continue;
    bucket.held.set(at, (bucket.held.get(at) ?? 0) + 1);
    totals.set(at, (totals.get(at) ?? 0) + 1);
  }
  const demanded = (size: number, held: ReadonlyMap<number, number>): number => {
    const level = Math.floor(size / containers.length);
    const above = [...held.values()].filter((count) => count > level);
    const surplus = above.reduce((sum, count) => sum + count - level, 0);
    return surplus - Math.min(size % containers.length, above.length);
  };
  let sum = 0;
  for (const {size, held} of buckets.values()) sum += demanded(size, held);
  return Math.max(sum, demanded(shards.length, totals));
}

/** The line of docs/benchmarks.md: 100,000 shards, 1,000 containers, one of them lost. */
export function planFigures(): Figure[] {
  const cold = snapshotOf(100_000, 1_000, 1);
  const settled = applied(cold, plan(cold));
  const lost = {...settled, containers: settled.containers.slice(1)};
  const times = time(() => plan(lost), 9);
  const median = times[times.length >> 1] ?? Number.NaN;
  const what = 'plan for 100,000 shards x 1,000 containers, one container lost';
  return [{what, goal: '<= 250 ms', seen: spread(times), met: median <= 250}];
}

export function benchPlan(sizes: readonly string[], print: (line: string) => void): void {
  print(
    `${'snapshot'.padEnd(48)}   table ms    plan ms   x counting sort   bytes a shard     moves   x bound`,
  );
  for (const size of sizes) {
    const [n = 0, m = 0, groups = 1] = size.split('x').map(Number);
    const cold = snapshotOf(n, m, groups);
    const first = plan(cold);
    const unitMs = Math.min(...time(() => countingSort(first.target, m)));
    const settled = applied(cold, first);
    const joined = settled.containers
      .slice(0, m / 10)
      .map(({id}) => ({id: `new-${id}`, mode: 'open' as const}));
    const lost = {...settled, containers: settled.containers.slice(1)};
    const more = {...settled, containers: [...settled.containers, ...joined]};
    print(`${size}: one counting sort takes ${unitMs.toFixed(2)} ms`);
    row(`${size}: cold start`, cold, unitMs, print);
    row(`${size}: one container lost`, lost, unitMs, print);
    row(`${size}: 10 % more containers`, more, unitMs, print);
  }
}

function row(
  title: string,
  snapshot: PlacementSnapshot,
  unitMs: number,
  print: (line: string) => void,
): void {
  const [tableMs = 0] = time(() => tabulate(snapshot), 3);
  const table = tabulate(snapshot);
  const [planMs = 0] = time(() => planTable(table));
  globalThis.gc?.();
  const before = memory();
  const made = planTable(table);
  const bytes = (memory() - before) / snapshot.shards.length;
  const bound = fewestMoves(snapshot);
  const moves = made.moves.length;
  const ratio = bound === 0 ? (moves === 0 ? '1.000' : 'more') : (moves / bound).toFixed(3);
  const cells = [
    tableMs.toFixed(1).padStart(10),
    planMs.toFixed(1).padStart(10),
    (planMs / unitMs).toFixed(1).padStart(17),
    bytes.toFixed(0).padStart(15),
    String(moves).padStart(9),
    ratio.padStart(9),
  ];
  print(`${title.padEnd(48)} ${cells.join(' ')}`);
}

/** Bytes in use, with what nobody holds any more since the last collection. */
function memory(): number {
  const {heapUsed, arrayBuffers} = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

if (process.argv[1]?.endsWith('plan.ts') === true) {
  const sizes = process.argv.slice(2);
  benchPlan(sizes.length === 0 ? SIZES : sizes, console.log);
  if (sizes.length === 0) compareWays(10_000, 100, console.log);
}
