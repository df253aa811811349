/** From counts to shards: who stays, who leaves, and which of those without a place goes where. */
import {targetOf} from './bucket.ts';
import type {Bucket, Shares} from './bucket.ts';
import type {Table} from './table.ts';

/** Writes the container of every free shard into `target`. */
export function assign(table: Table, shares: Shares, target: Int32Array): void {
  const kept = new Int32Array(table.m);
  for (const bucket of shares.buckets)
    if (bucket.shards.length > 0) assignBucket(table, bucket, target, kept);
}

/** `kept` is scratch space of zeros, left as zeros. */
function assignBucket(table: Table, bucket: Bucket, target: Int32Array, kept: Int32Array): void {
  const movers: number[] = [];
  const touched: number[] = [];
  for (const shard of bucket.shards) {
    const current = table.current[shard] ?? -1;
    if (bucket.held.has(current) && (kept[current] ?? 0) < targetOf(table, bucket, current)) {
      if (kept[current] === 0) touched.push(current);
      kept[current] = (kept[current] ?? 0) + 1;
      target[shard] = current;
    } else movers.push(shard);
  }
  if (movers.length > 0) placeMovers(table, bucket, movers, target, kept, touched);
  for (const container of touched) kept[container] = 0;
}

function placeMovers(
  table: Table,
  bucket: Bucket,
  movers: readonly number[],
  target: Int32Array,
  kept: Int32Array,
  touched: number[],
): void {
  const put = (shard: number, container: number): void => {
    if (kept[container] === 0) touched.push(container);
    kept[container] = (kept[container] ?? 0) + 1;
    target[shard] = container;
  };
  const hasRoom = (container: number): boolean =>
    container >= 0 && (kept[container] ?? 0) < targetOf(table, bucket, container);
  const rest = movers.filter((shard) => {
    const wish = table.prefer[shard] ?? -1;
    if (!hasRoom(wish)) return true;
    put(shard, wish);
    return false;
  });
  const takers = takersOf(table, bucket).filter(hasRoom);
  let at = 0;
  for (const [index, shard] of rest.entries()) {
    while (at < takers.length && !hasRoom(takers[at] ?? -1)) at += 1;
    const taker = takers[at];
    if (taker === undefined) return;
    if (table.avoid[shard] === taker)
      swapAway(table, rest, index, takers, at, hasRoom, put, target);
    else put(shard, taker);
  }
}

/** The next taker with room for a shard that would rather not go to the first; the first only when it is the last one left. */
function swapAway(
  table: Table,
  rest: readonly number[],
  index: number,
  takers: readonly number[],
  at: number,
  hasRoom: (container: number) => boolean,
  put: (shard: number, container: number) => void,
  target: Int32Array,
): void {
  const shard = rest[index] ?? 0;
  const avoid = table.avoid[shard] ?? -1;
  const other = takers.slice(at + 1).find((container) => container !== avoid && hasRoom(container));
  if (other !== undefined) return put(shard, other);
  const partner = rest
    .slice(0, index)
    .find(
      (placed) =>
        (target[placed] ?? -1) >= 0 && target[placed] !== avoid && table.avoid[placed] !== avoid,
    );
  put(shard, avoid);
  if (partner === undefined) return;
  const there = target[partner] ?? -1;
  target[partner] = avoid;
  target[shard] = there;
}

/** Containers that may take shards of the bucket: the extras only, while the level is zero. */
function takersOf(table: Table, bucket: Bucket): number[] {
  if (bucket.level > 0) return [...(table.pools[bucket.pool]?.open ?? [])];
  return [...bucket.extraAt].sort(
    (a, b) => (table.containerRank[a] ?? 0) - (table.containerRank[b] ?? 0),
  );
}
