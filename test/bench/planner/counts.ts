/** Rows 7 to 9: moves against the bound and against the exact oracle, and totals, on small random snapshots. */
import type {PlacementSnapshot} from '../../../src/model/placement.ts';
import {plan} from '../../../src/planner/index.ts';
import {compare} from '../../planner/against-oracle.ts';
import {isCheapest} from '../../planner/cheapest.ts';
import {applied, instance, mixedInstance, policyInstance, seeded} from '../../planner/instances.ts';
import {baselinesFor, ownInstance} from '../baselines/index.ts';
import {instanceOf} from '../baselines/instance.ts';
import type {Instance} from '../baselines/instance.ts';
import {fewestMoves, isOutsideRounding, movesOf} from './measures.ts';
import {PLANNER, ours, theirs} from './report.ts';
import type {Print} from './report.ts';
import {coldSnapshot, withTenth, withoutOne} from './snapshots.ts';

const CASES = 2_000;
/** Shards and containers of the larger snapshots, and their groups. */
const [SHARDS, CONTAINERS] = [10_000, 100];
const GROUPS = [10, 100, 1_000, SHARDS];

interface Tally {
  moves: number;
  bound: number;
  outside: number;
  /** Plans for which it is proved that no even one needs fewer moves. */
  cheapest: number;
}

/** Row 7 and, of all containers open, row 9. */
export function boundRows(print: Print): void {
  const small = Array.from({length: CASES}, (_, at) =>
    instance(at + 1, {containers: 12, groups: 1, shards: 100, constraints: false}),
  );
  boundRow(`${CASES} random snapshots of one group`, small.map(asIs), 1, print);
  const size = `${SHARDS} x ${CONTAINERS}, ${GROUPS.join(', ')} groups`;
  boundRow(`${size}: a container lost, 10 % more`, GROUPS.flatMap(changed), 1.002, print);
  boundRow(`${size}: from random places`, GROUPS.map(scattered).map(asIs), 1.002, print);
}

interface Case {
  readonly snapshot: PlacementSnapshot;
  /** What baselines have placed before themselves; undefined: they begin as the planner does. */
  readonly before: PlacementSnapshot | undefined;
}

function asIs(snapshot: PlacementSnapshot): Case {
  return {snapshot, before: undefined};
}

function changed(groups: number): Case[] {
  const before = coldSnapshot(SHARDS, CONTAINERS, groups);
  const settled = applied(before, plan(before));
  return [withoutOne(settled), withTenth(settled)].map((snapshot) => ({snapshot, before}));
}

function scattered(groups: number): PlacementSnapshot {
  const cold = coldSnapshot(SHARDS, CONTAINERS, groups);
  const next = seeded(groups);
  const shards = cold.shards.map((shard) => ({...shard, current: `c${next(CONTAINERS)}`}));
  return {...cold, shards};
}

function boundRow(what: string, cases: readonly Case[], aim: number, print: Print): void {
  const tallies = new Map<string, Tally>();
  for (const one of cases) tally(one, tallies);
  const title = `${what}: moves / bound; snapshots with totals outside rounding`;
  for (const [way, {moves, bound, outside, cheapest}] of tallies) {
    const ratio = moves / bound;
    const seen = `${ratio.toFixed(4)}; ${outside} of ${cases.length}`;
    if (way !== PLANNER) {
      print(theirs(7, title, way, seen));
      continue;
    }
    const proved = `${seen}; ${cheapest} with the fewest moves that are possible`;
    const isMet = outside === 0 && (ratio <= aim || cheapest === cases.length);
    print(ours(7, title, proved, `${aim.toFixed(3)} or the fewest possible; 0`, isMet));
  }
}

function tally({snapshot, before}: Case, tallies: Map<string, Tally>): void {
  const problem = instanceOf(snapshot);
  const count = (way: string, own: Instance, target: Int32Array): void => {
    const known = tallies.get(way) ?? {moves: 0, bound: 0, outside: 0, cheapest: 0};
    known.moves += movesOf(own.current, target);
    known.bound += fewestMoves(problem);
    if (isOutsideRounding(target, problem.containers)) known.outside += 1;
    else if (way === PLANNER && isCheapest(problem, target)) known.cheapest += 1;
    tallies.set(way, known);
  };
  count(PLANNER, problem, plan(snapshot).target);
  for (const [name, baseline] of baselinesFor(problem)) {
    const own = before === undefined ? problem : ownInstance(baseline, before, snapshot);
    count(name, own, baseline(own));
  }
}

/** Rows 8 and 9: with pools that overlap, pins, modes, limits, weights and zones. The baselines know nothing of these. */
export function oracleRows(print: Print): void {
  let [moves, best, exact, compared, outside] = [0, 0, 0, 0, 0];
  for (let seed = 1; seed <= CASES; seed += 1) {
    const found = compare(seed % 2 === 0 ? mixedInstance(seed) : policyInstance(seed));
    if (found.best.overfull > 0) continue;
    compared += 1;
    moves += found.planned.moves;
    best += found.best.moves;
    if (found.agree) exact += 1;
    if (found.planned.outside > found.best.outside) outside += 1;
  }
  const ratio = moves / best;
  const share = exact / compared;
  const seen = `${ratio.toFixed(4)}, ${(100 * share).toFixed(2)} % exact`;
  const what = `${compared} snapshots against the exact oracle`;
  print(ours(8, `${what}: moves`, seen, '1.001, 99 %', ratio <= 1.001 && share >= 0.99));
  print(ours(9, `${what}: totals outside rounding`, String(outside), '0', outside === 0));
}
