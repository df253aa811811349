/**
 * Evens the totals by passing extras from container to container, and then saves moves along paths that keep the totals
 * even. Small tables get the exact optimum (paths and cycles over all containers); large ones direct exchanges, whose
 * greedy start leaves little to mend.
 */
import {TotalQueue} from './total-queue.ts';
import {moveExtra, saving, takesPart} from './bucket.ts';
import type {Shares} from './bucket.ts';
import type {Table} from './table.ts';

/** Up to so many open containers and extras the exact search is affordable: its cost is containers^3 a step. */
const EXACT_CONTAINERS = 40;
const EXACT_EXTRAS = 4_000;
/** A direct exchange looks at so many receivers, lowest first, before it gives up on a container. */
const RECEIVERS_TRIED = 8;
/** Stop for the unforeseen: every round lowers the spread. */
const ROUNDS_PER_CONTAINER = 64;

export function evenTotals(table: Table, shares: Shares): void {
  const open = [...table.containerOrder].filter((container) => table.mode[container] === 0);
  if (open.length < 2) return;
  const extras = open.reduce((sum, container) => sum + (shares.extrasOf[container]?.size ?? 0), 0);
  if (extras === 0) return;
  const spread = open.map((container) => shares.totals[container] ?? 0);
  const single = shares.buckets.filter((bucket) => bucket.extras > 0).length === 1;
  if (single && Math.max(...spread) - Math.min(...spread) <= 1) return;
  directly(table, shares, open);
  if (open.length <= EXACT_CONTAINERS && extras <= EXACT_EXTRAS) exactly(table, shares, open);
}

interface Passing {
  readonly bucket: number;
  /** +1: costs a move, -1: saves one. */
  readonly cost: number;
}

/** The cheapest extra that `from` may pass to `to`. */
function cheapestPassing(
  table: Table,
  shares: Shares,
  from: number,
  to: number,
): Passing | undefined {
  let best: Passing | undefined;
  for (const index of shares.extrasOf[from] ?? []) {
    const bucket = shares.buckets[index];
    if (bucket === undefined || bucket.extraAt.has(to) || !takesPart(table, bucket, to)) continue;
    const cost = saving(bucket, from) - saving(bucket, to);
    if (best === undefined || cost < best.cost || (cost === best.cost && index < best.bucket))
      best = {bucket: index, cost};
    if (best.cost === -1) break;
  }
  return best;
}

function directly(table: Table, shares: Shares, open: readonly number[]): void {
  const {totals} = shares;
  // Receivers rise while they wait in this queue; they stay below whoever gives, so who gives next is not disturbed.
  const givers = new TotalQueue(open, totals, table.containerRank, 'highest');
  for (let rounds = 0; rounds < open.length * ROUNDS_PER_CONTAINER; rounds += 1) {
    const from = givers.pop();
    if (from === undefined) return;
    const receivers = lowestTotals(open, totals, table.containerRank, (totals[from] ?? 0) - 2);
    if (receivers.length === 0) return;
    const to = passOne(table, shares, from, receivers);
    if (to === undefined) continue;
    givers.push(from);
  }
}

/** Containers with the lowest totals, up to `most`, lowest first, in one pass over all. */
function lowestTotals(
  open: readonly number[],
  totals: Int32Array,
  rank: Int32Array,
  most: number,
): number[] {
  let least = Number.POSITIVE_INFINITY;
  for (const container of open) least = Math.min(least, totals[container] ?? 0);
  if (least > most) return [];
  const found: number[] = [];
  for (let level = least; level <= most && found.length < RECEIVERS_TRIED; level += 1) {
    for (const container of open)
      if ((totals[container] ?? 0) === level && found.length < RECEIVERS_TRIED)
        found.push(container);
    if (found.length > 0 && level > least + 1) break;
  }
  return found.sort(
    (a, b) => (totals[a] ?? 0) - (totals[b] ?? 0) || (rank[a] ?? 0) - (rank[b] ?? 0),
  );
}

function passOne(
  table: Table,
  shares: Shares,
  from: number,
  receivers: readonly number[],
): number | undefined {
  let best: {to: number; passing: Passing} | undefined;
  for (const to of receivers) {
    const passing = cheapestPassing(table, shares, from, to);
    if (passing === undefined || (best !== undefined && passing.cost >= best.passing.cost))
      continue;
    best = {to, passing};
    if (passing.cost <= 0) break;
  }
  if (best === undefined) return undefined;
  moveExtra(shares, best.passing.bucket, from, best.to);
  return best.to;
}

/** Shortest paths from high to low totals while any are two apart, then negative cycles: a min-cost flow by augmentation. */
function exactly(table: Table, shares: Shares, open: readonly number[]): void {
  for (let steps = 0; steps < EXACT_EXTRAS; steps += 1) {
    const graph = new PassingGraph(table, shares, open);
    if (!graph.levelOnce() && !graph.saveOnce()) return;
  }
}

const NONE = -1;
const FAR = 1e9;

/** All passings between open containers, with the shortest paths over them (Floyd-Warshall; no negative cycle survives a step). */
class PassingGraph {
  private readonly shares: Shares;
  private readonly open: readonly number[];
  private readonly size: number;
  private readonly cost: Float64Array;
  private readonly via: Int32Array;
  private readonly direct: Int32Array;

  constructor(table: Table, shares: Shares, open: readonly number[]) {
    this.shares = shares;
    this.open = open;
    this.size = open.length;
    const cells = this.size * this.size;
    this.cost = new Float64Array(cells).fill(FAR);
    this.via = new Int32Array(cells).fill(NONE);
    this.direct = new Int32Array(cells).fill(NONE);
    for (let from = 0; from < this.size; from += 1) {
      for (let to = 0; to < this.size; to += 1) this.connect(table, from, to);
    }
  }

  /** Passes one extra along the cheapest path between totals two or more apart. False when there is none. */
  levelOnce(): boolean {
    const path = this.cheapest((from, to) => from - to >= 2, FAR);
    if (path === undefined) return false;
    this.pass(path);
    return true;
  }

  /** Saves a move along a path between a higher and a lower total, or along a cycle. False when nothing can be saved. */
  saveOnce(): boolean {
    const cycle = this.negativeCycle();
    const path = cycle ?? this.cheapest((from, to) => from - to === 1, 0);
    if (path === undefined) return false;
    this.pass(path);
    return true;
  }

  private connect(table: Table, from: number, to: number): void {
    if (from === to) return;
    const passing = cheapestPassing(table, this.shares, this.open[from] ?? 0, this.open[to] ?? 0);
    if (passing === undefined) return;
    this.cost[from * this.size + to] = passing.cost;
    this.direct[from * this.size + to] = passing.bucket;
  }

  /** Bellman-Ford from each container: exact for walks of up to `size` passings. */
  private cheapest(
    apart: (from: number, to: number) => boolean,
    below: number,
  ): number[] | undefined {
    let best: {cost: number; path: number[]} | undefined;
    for (let source = 0; source < this.size; source += 1) {
      const {distance, before} = this.paths(source);
      for (let to = 0; to < this.size; to += 1) {
        const cost = distance[to] ?? FAR;
        if (
          to === source ||
          cost >= (best?.cost ?? below) ||
          !apart(this.totalOf(source), this.totalOf(to))
        )
          continue;
        const path = trace(before, source, to, this.size);
        if (path !== undefined) best = {cost, path};
      }
    }
    return best?.path;
  }

  private paths(source: number): {distance: Float64Array; before: Int32Array} {
    const {size} = this;
    const distance = new Float64Array(size).fill(FAR);
    const before = new Int32Array(size).fill(NONE);
    distance[source] = 0;
    for (let round = 1; round < size; round += 1) {
      let changed = false;
      for (let from = 0; from < size; from += 1) {
        const so = distance[from] ?? FAR;
        if (so >= FAR) continue;
        for (let to = 0; to < size; to += 1) {
          const step = this.cost[from * size + to] ?? FAR;
          if (to === source || so + step >= (distance[to] ?? FAR) || step >= FAR) continue;
          distance[to] = so + step;
          before[to] = from;
          changed = true;
        }
      }
      if (!changed) break;
    }
    return {distance, before};
  }

  private negativeCycle(): number[] | undefined {
    for (let source = 0; source < this.size; source += 1) {
      const {distance, before} = this.paths(source);
      for (let last = 0; last < this.size; last += 1) {
        const back = this.cost[last * this.size + source] ?? FAR;
        if (last === source || (distance[last] ?? FAR) + back >= 0) continue;
        const path = trace(before, source, last, this.size);
        if (path !== undefined) return [...path, source];
      }
    }
    return undefined;
  }

  /** Passes along the path, one extra of a bucket each time; a bucket may serve only one step of it. */
  private pass(path: readonly number[]): void {
    for (let step = 0; step + 1 < path.length; step += 1) {
      const from = path[step] ?? 0;
      const to = path[step + 1] ?? 0;
      const bucket = this.direct[from * this.size + to] ?? NONE;
      const entry = this.shares.buckets[bucket];
      const giver = this.open[from] ?? 0;
      const taker = this.open[to] ?? 0;
      if (entry === undefined || !entry.extraAt.has(giver) || entry.extraAt.has(taker)) return;
      moveExtra(this.shares, bucket, giver, taker);
    }
  }

  private totalOf(at: number): number {
    return this.shares.totals[this.open[at] ?? 0] ?? 0;
  }
}

function trace(
  before: Int32Array,
  source: number,
  to: number,
  limit: number,
): number[] | undefined {
  const path = [to];
  for (let at = to; at !== source;) {
    at = before[at] ?? NONE;
    if (at === NONE || path.length > limit) return undefined;
    path.push(at);
  }
  return path.reverse();
}
