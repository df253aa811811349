/** What a plan costs and brings: moves against the fewest possible, and how uneven all is before and after. */
import type {MetricFigures, Plan, PlanFigures} from '../model/placement.ts';
import {Utilisation, bandOf} from './load/utilisation.ts';
import type {Band} from './load/utilisation.ts';
import type {Demand} from './matrix/demand.ts';
import {NEARLY_WHOLE_SHARE} from './matrix/limits.ts';
import {MatrixBounds} from './matrix/bounds.ts';
import {extrasOf} from './matrix/extras.ts';
import type {Targets} from './matrix/targets.ts';
import {runsForbidden} from './sorting.ts';
import {DRAINING, OPEN} from './table.ts';
import type {Table} from './table.ts';

/** `targets`: what the plan was made from, as it left them. */
export function figuresOf(table: Table, targets: Targets, {moves, target}: Plan): PlanFigures {
  const forced = moves.filter(
    ({shard, from}) => table.mode[from] === DRAINING || runsForbidden(table, shard),
  );
  const shares = sharesOfPlaced(table, targets, target);
  return {
    moves: moves.length,
    movesAtLeast: forced.length + departuresAtLeast(table, targets, target),
    counts: {
      before: countImbalance(table, shares, table.current),
      after: countImbalance(table, shares, target),
    },
    metrics: metricFigures(table, targets, target),
  };
}

/** So many of the shards that run where they may stay leave at least. */
function departuresAtLeast(table: Table, targets: Targets, target: Int32Array): number {
  const totals = totalsOf(table, target);
  if (new MatrixBounds(targets).unevenness() > 0)
    return Math.max(excessOfBuckets(targets), excessOfTotals(targets, totals));
  let sum = 0;
  for (let bucket = 0; bucket < targets.demand.buckets; bucket += 1)
    sum += departuresOfBucket(targets, bucket);
  return Math.max(sum, departuresOfTotals(targets, totals));
}

interface Totals {
  /** Per container, by rank: shards that run there, may stay, and have a container in the plan. */
  readonly running: Int32Array;
  /** Per container, by rank: shards in the plan. */
  readonly planned: Int32Array;
}

function totalsOf(table: Table, target: Int32Array): Totals {
  const running = new Int32Array(table.m);
  const planned = new Int32Array(table.m);
  for (let shard = 0; shard < table.n; shard += 1) {
    const to = target[shard] ?? -1;
    if (to < 0) continue;
    const end = table.containerRank[to] ?? 0;
    planned[end] = (planned[end] ?? 0) + 1;
    const from = table.current[shard] ?? -1;
    if (from < 0 || table.mode[from] !== OPEN || runsForbidden(table, shard)) continue;
    const start = table.containerRank[from] ?? 0;
    running[start] = (running[start] ?? 0) + 1;
  }
  return {running, planned};
}

/** Counts that cannot all be even: what is above even and above what the plan leaves there. */
function excessOfBuckets({cells}: Targets): number {
  const {now, want, least, spare} = cells;
  let sum = 0;
  for (let cell = 0; cell < cells.count; cell += 1) {
    const most = Math.max(want[cell] ?? 0, (least[cell] ?? 0) + (spare[cell] ?? 0));
    sum += Math.max(0, (now[cell] ?? 0) - most);
  }
  return sum;
}

function excessOfTotals({levels}: Targets, {running, planned}: Totals): number {
  let sum = 0;
  for (const [at, count] of running.entries())
    sum += Math.max(0, count - Math.max(levels.most[at] ?? 0, planned[at] ?? 0));
  return sum;
}

/** Who stays: up to the least that is even everywhere, and as many more as the bucket has extras. */
function departuresOfBucket({demand, levels, cells}: Targets, bucket: number): number {
  const {now, least, spare, row} = cells;
  let leaving = 0;
  let savers = 0;
  const end = row[bucket + 1] ?? 0;
  for (let cell = row[bucket] ?? 0; cell < end; cell += 1) {
    const above = (now[cell] ?? 0) - (least[cell] ?? 0);
    if (above <= 0) continue;
    leaving += above;
    savers += Math.min(above, spare[cell] ?? 0);
  }
  return leaving === 0 ? 0 : leaving - Math.min(savers, extrasOf(demand, levels, cells, bucket));
}

/** The same over all buckets: the totals of containers are bounded, too. */
function departuresOfTotals({levels}: Targets, {running, planned}: Totals): number {
  let extras = 0;
  let leaving = 0;
  let savers = 0;
  for (const [at, count] of running.entries()) {
    const least = levels.least[at] ?? 0;
    extras += (planned[at] ?? 0) - least;
    const above = count - least;
    if (above <= 0) continue;
    leaving += above;
    savers += Math.min(above, (levels.most[at] ?? 0) - least);
  }
  return leaving - Math.min(savers, Math.max(0, extras));
}

/** Per container, by rank: its share of the shards that the plan gives an open container, as `Utilisation` has it of loads. */
function sharesOfPlaced(table: Table, {demand, levels}: Targets, target: Int32Array): Float64Array {
  const shares = levels.shares.slice();
  for (let bucket = 0; bucket < demand.buckets; bucket += 1) {
    let missing = 0;
    const end = demand.start[bucket + 1] ?? 0;
    for (let at = demand.start[bucket] ?? 0; at < end; at += 1) {
      const to = target[demand.shards[at] ?? 0] ?? -1;
      if (to < 0 || table.mode[to] !== OPEN) missing += 1;
    }
    if (missing > 0) takeFromShares(demand, shares, demand.poolOf[bucket] ?? 0, missing);
  }
  return shares;
}

function takeFromShares(
  {pools, weights}: Demand,
  shares: Float64Array,
  pool: number,
  missing: number,
): void {
  const members = pools[pool] ?? [];
  const weightOf = (container: number): number => weights[pool]?.[container] ?? 0;
  let whole = 0;
  for (const container of members) whole += weightOf(container);
  for (const container of members)
    shares[container] = (shares[container] ?? 0) - (missing * weightOf(container)) / whole;
}

function countImbalance(table: Table, shares: Float64Array, where: Int32Array): number {
  const counts = new Int32Array(table.m);
  for (const container of where)
    if (container >= 0) counts[container] = (counts[container] ?? 0) + 1;
  let highest = 0;
  for (const [container, count] of counts.entries()) {
    const share = shares[table.containerRank[container] ?? 0] ?? 0;
    if (table.mode[container] === OPEN && share > NEARLY_WHOLE_SHARE)
      highest = Math.max(highest, count / share);
  }
  return highest === 0 ? 1 : highest;
}

function metricFigures(table: Table, {demand}: Targets, target: Int32Array): MetricFigures[] {
  const {loads} = table;
  if (loads === undefined) return [];
  const utilisationOf = (where: Int32Array): Utilisation => {
    const utilisation = new Utilisation(table, demand, loads, target);
    utilisation.recount(table, where);
    return utilisation;
  };
  const [before, after] = [utilisationOf(table.current), utilisationOf(target)];
  return loads.metrics.map((metric, at) => ({
    name: metric.name,
    before: highestOf(before, at),
    after: highestOf(after, at),
    departuresAtLeast: departuresForLoad(table, before, at, bandOf(metric)),
  }));
}

function highestOf(utilisation: Utilisation, metric: number): number {
  let highest = 0;
  for (const [container, takes] of utilisation.takes.entries())
    if (takes === 1) highest = Math.max(highest, utilisation.of(container, metric));
  return highest === 0 ? 1 : highest;
}

/** Per container above the band's lower end the fewest of its shards, the largest first, without which it is not. */
function departuresForLoad(
  table: Table,
  before: Utilisation,
  metric: number,
  {upper, lower}: Band,
): number {
  if (highestOf(before, metric) <= upper) return 0;
  const loadsOf = new Map<number, number[]>();
  for (const [container, takes] of before.takes.entries())
    if (takes === 1 && before.of(container, metric) > lower) loadsOf.set(container, []);
  for (let shard = 0; shard < table.n; shard += 1) {
    const container = table.current[shard] ?? -1;
    if (container >= 0)
      loadsOf.get(table.containerRank[container] ?? 0)?.push(before.ofShard(shard, metric));
  }
  let sum = 0;
  for (const [container, loads] of loadsOf) {
    const at = container * before.metrics + metric;
    let excess = (before.load[at] ?? 0) - lower * (before.share[at] ?? 0);
    for (const load of loads.sort((a, b) => b - a)) {
      if (excess <= 0) break;
      excess -= load;
      sum += 1;
    }
  }
  return sum;
}
