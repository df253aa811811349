/** Rows 1 to 6 and 14: times as multiples of one counting sort of the same table, the least of several runs that take turns; and memory. */
import type {PlacementSnapshot, Plan} from '../../../src/model/placement.ts';
import {planTable} from '../../../src/planner/index.ts';
import {tabulate} from '../../../src/planner/table.ts';
import {WarmTable} from '../../../src/planner/warm-table.ts';
import type {WarmShard} from '../../../src/planner/warm-table.ts';
import {applied} from '../../planner/instances.ts';
import {baselinesFor, ownInstance} from '../baselines/index.ts';
import {instanceOf} from '../baselines/instance.ts';
import type {Instance} from '../baselines/instance.ts';
import {countingSort} from '../counting-sort.ts';
import {cpuMs, leastInTurns} from '../cpu-time.ts';
import {leastPossibleMost, mostOverMean, movesOf} from './measures.ts';
import {ours, theirs} from './report.ts';
import type {Print} from './report.ts';
import {cappedZipf, coldSnapshot, withLoads, withTenth, withoutOne, zipf} from './snapshots.ts';

const RUNS = 7;
/** Sorts in one measurement: one alone is short. */
const SORTS = 10;
const BASELINE_RUNS = 2;

interface Timed {
  readonly plan: Plan;
  /** Multiples of one counting sort. */
  readonly sorts: number;
  readonly bytes: number;
}

/** Row 14 has the most of all of them. */
let mostBytes = 0;

function timed(snapshot: PlacementSnapshot): Timed {
  const table = tabulate(snapshot);
  const plan = planTable(table);
  const works = [() => planTable(table), () => sortOften(plan.target, table.m)];
  const [planMs = 0, sortsMs = 0] = leastInTurns(works, RUNS);
  globalThis.gc?.();
  const before = memory();
  planTable(table);
  const bytes = (memory() - before) / table.n;
  mostBytes = Math.max(mostBytes, bytes);
  return {plan, sorts: (planMs * SORTS) / sortsMs, bytes};
}

function sortOften(target: Int32Array, containers: number): void {
  for (let time = 0; time < SORTS; time += 1) countingSort(target, containers);
}

/** Bytes in use, with what nobody holds any more since the last collection. */
function memory(): number {
  const {heapUsed, arrayBuffers} = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const multiple = (value: number): string => `${value.toFixed(1)} sorts`;

/** One row of the planner, with the other ways beside it, which begin where they have put all themselves in `before`. */
function row(
  number: number,
  what: string,
  {snapshot, before, aim}: {snapshot: PlacementSnapshot; before?: PlacementSnapshot; aim: number},
  print: Print,
): Timed {
  const instance = instanceOf(snapshot);
  const result = timed(snapshot);
  const seen = describe(instance, result.plan.target, result.sorts);
  print(ours(number, what, seen, `${aim} sorts`, result.sorts <= aim));
  const {containers} = instance;
  for (const [name, baseline] of baselinesFor(instance)) {
    const own = before === undefined ? instance : ownInstance(baseline, before, snapshot);
    const target = baseline(own);
    const works = [() => baseline(own), () => sortOften(result.plan.target, containers)];
    const [ms = 0, sortsMs = 0] = leastInTurns(works, BASELINE_RUNS);
    print(theirs(number, what, name, describe(own, target, (ms * SORTS) / sortsMs)));
  }
  return result;
}

function describe(instance: Instance, target: Int32Array, sorts: number): string {
  const {containers, current, load} = instance;
  const hasLoad = load.some((own) => own !== load[0]);
  const mean = load.reduce((sum, own) => sum + own, 0) / containers;
  const bound = leastPossibleMost(load, containers) / mean;
  const parts = [
    multiple(sorts),
    `counts ${mostOverMean(target, containers, undefined).toFixed(3)}`,
    ...(hasLoad ? [`load ${(mostOverMean(target, containers, load) / bound).toFixed(3)}`] : []),
    `${movesOf(current, target)} moves`,
  ];
  return parts.join(', ');
}

/** Rows 1 to 5. */
export function timeRows(n: number, m: number, print: Print): void {
  const size = `${n} x ${m}`;
  const cold = coldSnapshot(n, m);
  const first = row(3, `${size}: cold start, no load`, {snapshot: cold, aim: 12}, print);
  const settled = applied(cold, first.plan);
  const [lost, more] = [withoutOne(settled), withTenth(settled)];
  const changes = {
    lost: {snapshot: lost, before: cold, aim: 5},
    more: {snapshot: more, before: cold, aim: 6},
  };
  const one = {
    cold: first.sorts,
    lost: row(1, `${size}: one container lost`, changes.lost, print).sorts,
    more: row(2, `${size}: 10 % more containers`, changes.more, print).sorts,
  };
  const loaded = withLoads(cold, zipf(n), 1.2, 1.1);
  row(3, `${size}: cold start, Zipf load`, {snapshot: loaded, aim: 60}, print);
  const snapshot = withLoads(settled, cappedZipf(n, m), 1.05, 1.05);
  const what = `${size}: capped Zipf, rebalanced to 1.05`;
  row(4, what, {snapshot, before: cold, aim: 40}, print);
  singleGroups(n, m, one, print);
}

/** Row 5. */
function singleGroups(
  n: number,
  m: number,
  one: {readonly cold: number; readonly lost: number; readonly more: number},
  print: Print,
): void {
  const cold = coldSnapshot(n, m, n);
  const seen = (what: string, sorts: number, alone: number): void => {
    const times = sorts / alone;
    const text = `${times.toFixed(1)} times that of one group (${multiple(sorts)})`;
    print(ours(5, `${n} groups of one shard: ${what}`, text, '4 times', times <= 4));
  };
  const first = timed(cold);
  seen('cold start', first.sorts, one.cold);
  const settled = applied(cold, first.plan);
  seen('one container lost', timed(withoutOne(settled)).sorts, one.lost);
  seen('10 % more containers', timed(withTenth(settled)).sorts, one.more);
}

/** Row 6: a shard is added to a table that is kept between plans, against a plan from the beginning. */
export function eventRow(n: number, m: number, print: Print): void {
  const cold = coldSnapshot(n + RUNS + 1, m);
  const start = {...cold, shards: cold.shards.slice(0, n)};
  const settled = applied(start, planTable(tabulate(start)));
  const warm = new WarmTable();
  const rowOf = (shard: PlacementSnapshot['shards'][number], at: number): WarmShard => ({
    row: at,
    shard,
    homeKey: shard.current,
    isReady: true,
  });
  warm.take({isFresh: true, set: settled.shards.map(rowOf), removed: []});
  const {containers, pools, maxShardCount} = cold;
  const homes = new Map(containers.map(({id}) => [id, id]));
  const terms = {containers, pools, maxShardCount, homes, fitness: undefined};
  planTable(warm.table(terms).table);
  let next = n;
  const event = (): void => {
    const added = cold.shards[next];
    if (added === undefined) return;
    warm.take({isFresh: false, set: [rowOf(added, next)], removed: []});
    next += 1;
    planTable(warm.table(terms).table);
  };
  let [eventMs, fullMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let run = 0; run < RUNS; run += 1) {
    eventMs = Math.min(eventMs, cpuMs(event));
    fullMs = Math.min(
      fullMs,
      cpuMs(() => planTable(tabulate(settled))),
    );
  }
  const part = eventMs / fullMs;
  const what = `${n} x ${m}: a shard added to a warm table`;
  print(ours(6, what, `${part.toFixed(3)} of a full plan`, '0.05', part <= 0.05));
}

/** Row 14, after the others. */
export function memoryRow(print: Print): void {
  const seen = `${mostBytes.toFixed(0)} bytes a shard at most`;
  print(ours(14, 'memory while planning, rows 1 to 5', seen, '100 bytes', mostBytes <= 100));
}
