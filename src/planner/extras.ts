/** Who gets the extras: first where they save a move, then the containers with the lowest totals. */
import {saving, takesPart} from './bucket.ts';
import type {Bucket, Shares} from './bucket.ts';
import type {Table} from './table.ts';
import {TotalQueue} from './total-queue.ts';

/** Buckets whose extras are contested wait until the uncontested ones have shaped the totals. */
export function giveExtras(table: Table, shares: Shares): void {
  const contested: number[] = [];
  const open: number[] = [];
  for (const [index, bucket] of shares.buckets.entries()) {
    if (bucket.extras === 0) continue;
    const savers = saversOf(table, bucket);
    if (savers.length > bucket.extras) contested.push(index);
    else {
      for (const container of savers) give(shares, index, container);
      if (savers.length < bucket.extras) open.push(index);
    }
  }
  for (const index of contested) giveToLowest(table, shares, index);
  if (open.length > 0) spread(table, shares, open);
}

/** Containers where an extra of this bucket saves a move, in tie-break order. */
function saversOf(table: Table, bucket: Bucket): number[] {
  const savers: number[] = [];
  for (const container of bucket.held.keys()) {
    if (takesPart(table, bucket, container) && saving(bucket, container) === 1)
      savers.push(container);
  }
  return savers.sort((a, b) => (table.containerRank[a] ?? 0) - (table.containerRank[b] ?? 0));
}

function giveToLowest(table: Table, shares: Shares, index: number): void {
  const bucket = shares.buckets[index];
  if (bucket === undefined) return;
  const total = (container: number): number => shares.totals[container] ?? 0;
  const savers = saversOf(table, bucket).sort(
    (a, b) => total(a) - total(b) || (table.containerRank[a] ?? 0) - (table.containerRank[b] ?? 0),
  );
  for (const container of savers.slice(0, bucket.extras)) give(shares, index, container);
}

/** The rest goes to the lowest totals of each bucket's pool. */
function spread(table: Table, shares: Shares, indexes: readonly number[]): void {
  const queues = new Map<number, TotalQueue>();
  for (const index of indexes) {
    const bucket = shares.buckets[index];
    if (bucket === undefined) continue;
    let queue = queues.get(bucket.pool);
    if (queue === undefined || queues.size > 1) {
      // With several pools a container's total changes behind another queue's back: the queue is made anew.
      queue = new TotalQueue(
        table.pools[bucket.pool]?.open ?? [],
        shares.totals,
        table.containerRank,
      );
      queues.set(bucket.pool, queue);
    }
    spreadOne(table, shares, index, bucket, queue);
  }
}

function spreadOne(
  table: Table,
  shares: Shares,
  index: number,
  bucket: Bucket,
  queue: TotalQueue,
): void {
  const passed: number[] = [];
  const second: number[] = [];
  while (bucket.extraAt.size < bucket.extras) {
    const container = queue.pop();
    if (container === undefined) break;
    passed.push(container);
    if (!takesPart(table, bucket, container) || bucket.extraAt.has(container)) continue;
    const next = queue.peek();
    const tied =
      next !== undefined && (shares.totals[next] ?? 0) === (shares.totals[container] ?? 0);
    // Somebody who just failed to add the shard comes last among equals.
    if (bucket.avoided.has(container) && tied) second.push(container);
    else give(shares, index, container);
  }
  for (const container of second)
    if (bucket.extraAt.size < bucket.extras) give(shares, index, container);
  for (const container of passed) queue.push(container);
}

function give(shares: Shares, index: number, container: number): void {
  shares.buckets[index]?.extraAt.add(container);
  shares.extrasOf[container]?.add(index);
  shares.totals[container] = (shares.totals[container] ?? 0) + 1;
}
