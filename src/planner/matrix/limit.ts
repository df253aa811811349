/** What changes where a shard limit binds. */
import type {Demand} from './demand.ts';
import type {Levels} from './levels.ts';

/** Whether some container's share is above its limit. Otherwise no plan comes near it. */
export function limitBinds({pools}: Demand, {most}: Levels, caps: Int32Array): boolean {
  return pools.some((pool) =>
    pool.some((container) => (most[container] ?? 0) > (caps[container] ?? 0)),
  );
}

/** The totals of open containers become bounded by their limits. */
export function bindTotals({pools}: Demand, {least, most, even}: Levels, caps: Int32Array): void {
  for (const pool of pools) {
    for (const container of pool) {
      const cap = caps[container] ?? 0;
      least[container] = Math.min(cap, least[container] ?? 0);
      most[container] = Math.min(cap, most[container] ?? 0);
      even[container] = Math.min(cap, even[container] ?? 0);
    }
  }
}

/**
 * Pinned shards that are not there yet may find no room. Those of one container become a bucket of their own, in a pool of
 * that container alone: they are in the totals already, and can be left out. Returns the container of each such bucket.
 */
export function withArrivals(demand: Demand): {
  readonly demand: Demand;
  readonly arrivals: Int32Array;
} {
  const {arriving, pools, buckets} = demand;
  const arrivals = Int32Array.from(arriving.keys()).sort();
  const counts = arrivals.map((container) => arriving.get(container)?.length ?? 0);
  const added = Array.from(arrivals, (container) => arriving.get(container) ?? []).flat();
  let end = demand.shards.length;
  const ends = counts.map((count) => (end += count));
  const alike = new Int32Array(demand.containers).fill(1);
  const members = Array.from(arrivals, (container) => Int32Array.of(container));
  const more = {
    buckets: buckets + arrivals.length,
    pools: [...pools, ...members],
    classes: [
      ...demand.classes,
      ...members.map((own) => [{weight: 1, zone: demand.zones?.[own[0] ?? 0] ?? 0, members: own}]),
    ],
    weights: [...demand.weights, ...members.map(() => alike)],
    poolOf: joined(
      demand.poolOf,
      arrivals.map((_, index) => pools.length + index),
    ),
    shards: joined(demand.shards, Int32Array.from(added)),
    start: joined(demand.start, ends),
    waiting: joined(demand.waiting, counts),
    mayStay: demand.mayStay && joined(demand.mayStay, new Int32Array(arrivals.length)),
  };
  return {demand: {...demand, ...more}, arrivals};
}

function joined(first: Int32Array, second: Int32Array): Int32Array {
  const both = new Int32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
