/** Rows 10 to 12: how even load becomes, and for how many moves. */
import type {PlacementSnapshot} from '../../../src/model/placement.ts';
import {plan, planWithFigures} from '../../../src/planner/index.ts';
import {applied} from '../../planner/instances.ts';
import {baselinesFor, ownInstance} from '../baselines/index.ts';
import {instanceOf} from '../baselines/instance.ts';
import {metaRebalancer} from '../baselines/meta-rebalancer.ts';
import {leastPossibleMost, mostOverMean, movesOf} from './measures.ts';
import {ours, theirs} from './report.ts';
import type {Print} from './report.ts';
import {cappedZipf, coldSnapshot, exponential, uniform, withLoads, zipf} from './snapshots.ts';

const REBALANCER = "Meta's rebalancer";
const REBALANCER_SECONDS = 60;

/** Row 10: the worst of several laws of load. */
export function coldLoadRow(n: number, m: number, print: Print): void {
  const laws = {
    uniform: uniform(n),
    exponential: exponential(n),
    'capped Zipf': cappedZipf(n, m),
    Zipf: zipf(n),
  };
  const worst = new Map<string, number>();
  for (const load of Object.values(laws)) {
    const snapshot = withLoads(coldSnapshot(n, m), load, 1.2, 1.1);
    const mean = load.reduce((sum, own) => sum + own, 0) / m;
    const floor = leastPossibleMost(load, m) / mean;
    const note = (way: string, target: Int32Array): void => {
      const over = mostOverMean(target, m, load) / floor;
      worst.set(way, Math.max(worst.get(way) ?? 0, over));
    };
    note('', plan(snapshot).target);
    const problem = instanceOf(snapshot);
    for (const [name, baseline] of baselinesFor(problem)) note(name, baseline(problem));
  }
  const what = `${n} x ${m}, cold: most load / bound, worst of ${Object.keys(laws).join(', ')}`;
  for (const [way, over] of worst)
    if (way === '') print(ours(10, what, over.toFixed(4), '1.006', over <= 1.006));
    else print(theirs(10, what, way, over.toFixed(4)));
}

/** Even counts, and the loads of capped Zipf on them. */
function unevenLoads(
  n: number,
  m: number,
): {
  cold: PlacementSnapshot;
  settled: PlacementSnapshot;
  load: Float64Array;
} {
  const cold = coldSnapshot(n, m);
  return {cold, settled: applied(cold, plan(cold)), load: cappedZipf(n, m)};
}

/** Row 11: departures against the fewest without which nobody comes down to 1.10. `python`: one that has Meta's rebalancer, or undefined. */
export function departureRows(
  n: number,
  m: number,
  python: string | undefined,
  print: Print,
): void {
  const {cold, settled, load} = unevenLoads(n, m);
  const snapshot = withLoads(settled, load, 1.1, 1.1);
  const what = `${n} x ${m}, capped Zipf to 1.10: moves / bound`;
  const {plan: strict, figures} = planWithFigures(snapshot);
  const bound = figures.metrics[0]?.departuresAtLeast ?? 0;
  const seen = (target: Int32Array, moves: number): string =>
    `${(moves / bound).toFixed(2)}, load ${mostOverMean(target, m, load).toFixed(3)}, counts ${mostOverMean(target, m, undefined).toFixed(3)}`;
  const even = strict.moves.length;
  print(ours(11, `${what}, strict counts`, seen(strict.target, even), '2.1', even / bound <= 2.1));
  const loose = plan({...snapshot, countSlack: 0.05});
  const slack = loose.moves.length;
  print(ours(11, `${what}, 5 % slack`, seen(loose.target, slack), '1.2', slack / bound <= 1.2));
  const problem = instanceOf(snapshot);
  for (const [name, baseline] of baselinesFor(problem)) {
    const own = ownInstance(baseline, cold, snapshot);
    const target = baseline(own);
    print(theirs(11, what, name, seen(target, movesOf(own.current, target))));
  }
  if (python === undefined) return;
  const solved = metaRebalancer(python, problem, 1.1, REBALANCER_SECONDS);
  if (solved === undefined) throw new Error(`${python} has no rebalancer, or it failed`);
  const text = seen(solved.target, movesOf(problem.current, solved.target));
  print(theirs(11, what, REBALANCER, `${text}, ${solved.seconds.toFixed(1)} s`));
}

/** Row 12: how even load is after the first moves of a plan, as many as 1 % of the shards. */
export function budgetRow(n: number, m: number, print: Print): void {
  const {cold, settled, load} = unevenLoads(n, m);
  const snapshot = withLoads(settled, load, 1.1, 1.05);
  const problem = instanceOf(snapshot);
  const budget = n / 100;
  const what = `${n} x ${m}, capped Zipf: most / mean load after ${budget} moves`;
  const before = mostOverMean(problem.current, m, load).toFixed(3);
  const after = (
    current: Int32Array,
    moves: readonly (readonly [shard: number, to: number])[],
  ): number => {
    const target = current.slice();
    for (const [shard, to] of moves.slice(0, budget)) target[shard] = to;
    return mostOverMean(target, m, load);
  };
  const moves = plan(snapshot).moves.map(({shard, to}) => [shard, to] as const);
  const own = after(problem.current, moves);
  print(ours(12, what, `${own.toFixed(3)} (before: ${before})`, '1.10', own <= 1.1));
  for (const [name, baseline] of baselinesFor(problem)) {
    const theirOwn = ownInstance(baseline, cold, snapshot);
    const changes = [...baseline(theirOwn).entries()];
    const moved = changes.filter(([shard, to]) => theirOwn.current[shard] !== to);
    // The largest first: what brings most.
    moved.sort(([a], [b]) => (load[b] ?? 0) - (load[a] ?? 0));
    print(theirs(12, what, name, after(theirOwn.current, moved).toFixed(3)));
  }
}
