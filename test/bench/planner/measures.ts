/** How even a placement is, and what it costs. */
import type {Instance} from '../baselines/instance.ts';

/** The highest sum of a container as a multiple of the mean. */
export function mostOverMean(
  target: Int32Array,
  containers: number,
  load: ArrayLike<number> | undefined,
): number {
  const sums = new Float64Array(containers);
  let sum = 0;
  for (const [shard, container] of target.entries()) {
    if (container < 0) continue;
    const own = load === undefined ? 1 : (load[shard] ?? 0);
    sums[container] = (sums[container] ?? 0) + own;
    sum += own;
  }
  return (sums.reduce((most, one) => Math.max(most, one), 0) * containers) / sum;
}

/** Shards that leave a container that is still there. */
export function movesOf(current: Int32Array, target: Int32Array): number {
  let moves = 0;
  for (const [shard, now] of current.entries()) if (now >= 0 && target[shard] !== now) moves += 1;
  return moves;
}

/** Containers whose total is neither the mean rounded down nor up. */
export function isOutsideRounding(target: Int32Array, containers: number): boolean {
  const totals = new Int32Array(containers);
  for (const container of target) totals[container] = (totals[container] ?? 0) + 1;
  const mean = target.length / containers;
  return totals.some((total) => total < Math.floor(mean) || total > Math.ceil(mean));
}

/** Fewest moves that any even plan needs: the larger of what the groups and what the totals demand. */
export function fewestMoves({shards, containers, current, group, groups}: Instance): number {
  const sizes = new Int32Array(groups);
  const held = Array.from({length: groups}, () => new Map<number, number>());
  const totals = new Map<number, number>();
  for (let shard = 0; shard < shards; shard += 1) {
    const own = group[shard] ?? 0;
    sizes[own] = (sizes[own] ?? 0) + 1;
    const container = current[shard] ?? -1;
    if (container < 0) continue;
    held[own]?.set(container, (held[own]?.get(container) ?? 0) + 1);
    totals.set(container, (totals.get(container) ?? 0) + 1);
  }
  const demanded = (size: number, counts: ReadonlyMap<number, number>): number => {
    const level = Math.floor(size / containers);
    const above = [...counts.values()].filter((count) => count > level);
    const surplus = above.reduce((sum, count) => sum + count - level, 0);
    return surplus - Math.min(size % containers, above.length);
  };
  let sum = 0;
  for (const [own, counts] of held.entries()) sum += demanded(sizes[own] ?? 0, counts);
  return Math.max(sum, demanded(shards, totals));
}

/** Nobody can be below it: the mean, or the largest shard with the smallest that even counts put beside it. */
export function leastPossibleMost(load: Float64Array, containers: number): number {
  const sorted = load.toSorted();
  const beside = Math.floor(load.length / containers) - 1;
  let least = sorted.at(-1) ?? 0;
  for (let at = 0; at < beside; at += 1) least += sorted[at] ?? 0;
  return Math.max(load.reduce((sum, one) => sum + one, 0) / containers, least);
}
