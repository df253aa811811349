/** What changes where the shard limit binds. */
import type {Demand} from './demand.ts';
import type {Levels} from './levels.ts';

/** Whether some container's share is above the limit. Otherwise no plan comes near it. */
export function limitBinds({pools}: Demand, {most}: Levels, limit: number): boolean {
  return pools.some((pool) => pool.some((container) => (most[container] ?? 0) > limit));
}

/** The levels with the totals of open containers bounded by the limit. */
export function withinLimit({pools}: Demand, levels: Levels, limit: number): Levels {
  const least = levels.least.slice();
  const most = levels.most.slice();
  for (const pool of pools) {
    for (const container of pool) {
      least[container] = Math.min(limit, least[container] ?? 0);
      most[container] = Math.min(limit, most[container] ?? 0);
    }
  }
  return {...levels, least, most};
}

/**
 * Pinned shards that are not there yet may find no room. Those of one container become a bucket of their own, in a pool of
 * that container alone: they are in the totals already, and can be left out.
 */
export function withArrivals(
  demand: Demand,
  levels: Levels,
): {readonly demand: Demand; readonly levels: Levels; readonly arrivals: Int32Array} {
  const {arriving, pools, buckets, shards} = demand;
  const arrivals = Int32Array.from(arriving.keys()).filter((at) => (arriving[at] ?? 0) > 0);
  const counts = arrivals.map((at) => arriving[at] ?? 0);
  const zeros = new Int32Array(arrivals.length);
  const more = {
    buckets: buckets + arrivals.length,
    pools: [...pools, ...Array.from(arrivals, (container) => Int32Array.of(container))],
    poolOf: joined(
      demand.poolOf,
      zeros.map((_, index) => pools.length + index),
    ),
    start: joined(
      demand.start,
      zeros.map(() => shards.length),
    ),
    waiting: joined(demand.waiting, counts),
    mayStay: joined(demand.mayStay, zeros),
  };
  return {
    demand: {...demand, ...more},
    levels: {
      ...levels,
      level: joined(levels.level, counts),
      extras: joined(levels.extras, zeros),
    },
    arrivals,
  };
}

function joined(first: Int32Array, second: Int32Array): Int32Array {
  const both = new Int32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
