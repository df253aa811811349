/** Who gets the extras at first: where they save a move, then the containers with the lowest totals. */
import type {Cells} from './cells.ts';
import type {Demand} from './demand.ts';
import {LevelQueue} from './level-queue.ts';
import type {Levels} from './levels.ts';
import type {Wishes} from './wishes.ts';

const NONE = -1;

/** Gives all extras; every bucket is then as cheap in moves as it can be. Returns per bucket: 1 when more extras would save moves. */
export function giveExtras(
  demand: Demand,
  levels: Levels,
  cells: Cells,
  wishes: Wishes,
): Uint8Array {
  const contested = new Uint8Array(demand.buckets);
  const open: number[] = [];
  for (let bucket = 0; bucket < demand.buckets; bucket += 1) {
    const extras = levels.extras[bucket] ?? 0;
    if (extras === 0) continue;
    const savers = saversOf(cells, bucket);
    if (savers.length > extras) contested[bucket] = 1;
    else {
      for (const cell of savers) give(cells, levels, cell);
      if (savers.length < extras) open.push(bucket, extras - savers.length);
    }
  }
  for (let bucket = 0; bucket < demand.buckets; bucket += 1)
    if (contested[bucket] === 1) giveToLowest(demand, levels, cells, bucket);
  spread(demand, levels, cells, wishes, open);
  return contested;
}

function give(cells: Cells, levels: Levels, cell: number): void {
  const container = cells.container[cell] ?? 0;
  cells.want[cell] = (cells.want[cell] ?? 0) + 1;
  levels.totals[container] = (levels.totals[container] ?? 0) + 1;
}

/** Cells where an extra saves a move. */
function saversOf(cells: Cells, bucket: number): number[] {
  const savers: number[] = [];
  const end = cells.row[bucket + 1] ?? 0;
  for (let cell = cells.row[bucket] ?? 0; cell < end; cell += 1)
    if (cells.spare[cell] === 1 && (cells.held[cell] ?? 0) > (cells.least[cell] ?? 0))
      savers.push(cell);
  return savers;
}

/**
 * More containers would save a move than there are extras. Among equal totals those keep theirs whose shards have moved last:
 * it is not always the same shards that leave.
 */
function giveToLowest(demand: Demand, levels: Levels, cells: Cells, bucket: number): void {
  const height = (cell: number): number => {
    const container = cells.container[cell] ?? 0;
    return (levels.totals[container] ?? 0) - (levels.least[container] ?? 0);
  };
  const oldest = oldestOf(demand, cells, bucket);
  const savers = saversOf(cells, bucket).sort(
    (a, b) => height(a) - height(b) || (oldest.get(b) ?? 0) - (oldest.get(a) ?? 0) || a - b,
  );
  for (const cell of savers.slice(0, levels.extras[bucket])) give(cells, levels, cell);
}

/** Per cell of the bucket: when the shard moved that has been there longest. */
function oldestOf(
  {shards, start, waiting, movedAt}: Demand,
  cells: Cells,
  bucket: number,
): Map<number, number> {
  const oldest = new Map<number, number>();
  if (movedAt === undefined) return oldest;
  let at = (start[bucket] ?? 0) + (waiting[bucket] ?? 0);
  for (let cell = cells.row[bucket] ?? 0; cell < (cells.row[bucket + 1] ?? 0); cell += 1) {
    let least = Number.POSITIVE_INFINITY;
    for (const end = at + (cells.held[cell] ?? 0); at < end; at += 1)
      least = Math.min(least, movedAt[shards[at] ?? 0] ?? 0);
    oldest.set(cell, least);
  }
  return oldest;
}

/** `open`: buckets with extras left, each followed by how many. */
function spread(
  demand: Demand,
  levels: Levels,
  cells: Cells,
  wishes: Wishes,
  open: readonly number[],
): void {
  const queues = new Map<number, LevelQueue>();
  for (let at = 0; at < open.length; at += 2) {
    const bucket = open[at] ?? 0;
    const left = open[at + 1] ?? 0;
    const pool = demand.poolOf[bucket] ?? 0;
    const containers = demand.pools[pool] ?? new Int32Array();
    const wished = wishes.get(bucket);
    if (wished !== undefined) {
      giveByWish(levels, cells, bucket, left, containers, wished);
      continue;
    }
    let queue = queues.get(pool);
    if (queue === undefined) {
      queue = new LevelQueue(containers, levels.totals, levels.least);
      queues.set(pool, queue);
    }
    giveFromQueue(levels, cells, bucket, left, queue);
  }
}

function giveFromQueue(
  levels: Levels,
  cells: Cells,
  bucket: number,
  left: number,
  queue: LevelQueue,
): void {
  const popped: number[] = [];
  for (let rest = left; rest > 0;) {
    const container = queue.pop();
    if (container === undefined) break;
    popped.push(container);
    if (giveTo(levels, cells, bucket, container)) rest -= 1;
  }
  for (const container of popped) queue.push(container);
}

/** Among equal totals whom the homeless shards wish for comes first, and whom they avoid last. */
function giveByWish(
  levels: Levels,
  cells: Cells,
  bucket: number,
  left: number,
  containers: Int32Array,
  wished: ReadonlyMap<number, number>,
): void {
  const height = (container: number): number =>
    (levels.totals[container] ?? 0) - (levels.least[container] ?? 0);
  const order = [...containers].sort(
    (a, b) => height(a) - height(b) || (wished.get(a) ?? 0) - (wished.get(b) ?? 0) || a - b,
  );
  let rest = left;
  for (const container of order)
    if (rest > 0 && giveTo(levels, cells, bucket, container)) rest -= 1;
}

/** False when the container has an extra of the bucket already, or takes no part. */
function giveTo(levels: Levels, cells: Cells, bucket: number, container: number): boolean {
  const known = cells.find(bucket, container);
  if (known === NONE) give(cells, levels, cells.add(bucket, container));
  else if (cells.spare[known] === 0 || (cells.want[known] ?? 0) > (cells.least[known] ?? 0))
    return false;
  else give(cells, levels, known);
  return true;
}
