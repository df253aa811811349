/** Slow, obvious counterparts of the planner: they try everything. */
import type {
  PlacementContainer,
  PlacementShard,
  PlacementSnapshot,
} from '../../src/model/placement.ts';

export function allows(
  snapshot: PlacementSnapshot,
  shard: PlacementShard,
  container: PlacementContainer,
): boolean {
  if (shard.pin !== '' && shard.pin !== container.id) return false;
  return (
    shard.workerGroup === '' || snapshot.pools.get(shard.workerGroup)?.has(container.id) === true
  );
}

/** Whether the shard may be on the container after planning. */
export function mayEndOn(
  snapshot: PlacementSnapshot,
  shard: PlacementShard,
  container: PlacementContainer,
): boolean {
  if (!allows(snapshot, shard, container)) return false;
  return container.mode === 'open' || shard.current === container.id;
}

/** The most shards that can be placed: augmenting paths over single slots, what runs on its right place keeps it. */
export function mostPlaced(snapshot: PlacementSnapshot): number {
  const {shards, containers} = snapshot;
  const limit = snapshot.maxShardCount === 0 ? shards.length : snapshot.maxShardCount;
  const running = (container: PlacementContainer): number =>
    shards.filter((shard) => shard.current === container.id && mayEndOn(snapshot, shard, container))
      .length;
  const slots = new Map(
    containers.map((container) => [container.id, Math.max(limit, running(container))]),
  );
  const holders = new Map<string, PlacementShard[]>(containers.map(({id}) => [id, []]));
  const place = (shard: PlacementShard, seen: Set<string>): boolean => {
    for (const container of containers) {
      if (!mayEndOn(snapshot, shard, container) || seen.has(container.id)) continue;
      seen.add(container.id);
      const here = holders.get(container.id) ?? [];
      if (here.length < (slots.get(container.id) ?? 0)) {
        here.push(shard);
        return true;
      }
      for (const [index, other] of here.entries()) {
        if (!place(other, seen)) continue;
        here[index] = shard;
        return true;
      }
    }
    return false;
  };
  return shards.filter((shard) => place(shard, new Set())).length;
}

/** Score of a plan: squares of the totals, then moves. Lower is better, the first decides. */
export interface Score {
  readonly squares: number;
  readonly moves: number;
}

/** The best score over every way to give floor or ceil of each group to each container; no pins, pools, caps, all open. */
export function bestScore({shards, containers}: PlacementSnapshot): Score {
  const m = containers.length;
  const groups = [...new Set(shards.map(({group}) => group))].map((group) =>
    shards.filter((shard) => shard.group === group),
  );
  const held = groups.map((members) =>
    containers.map(({id}) => members.filter(({current}) => current === id).length),
  );
  let best: Score = {squares: Number.POSITIVE_INFINITY, moves: 0};
  const visit = (index: number, totals: readonly number[], moves: number): void => {
    const members = groups[index];
    if (members === undefined) {
      const squares = totals.reduce((sum, total) => sum + total * total, 0);
      if (squares < best.squares || (squares === best.squares && moves < best.moves))
        best = {squares, moves};
      return;
    }
    const level = Math.floor(members.length / m);
    for (const chosen of subsets(m, members.length - level * m)) {
      const counts = containers.map((_, at) => level + (chosen.has(at) ? 1 : 0));
      const leaving = counts.reduce(
        (sum, count, at) => sum + Math.max(0, (held[index]?.[at] ?? 0) - count),
        0,
      );
      visit(
        index + 1,
        totals.map((total, at) => total + (counts[at] ?? 0)),
        moves + leaving,
      );
    }
  };
  visit(
    0,
    containers.map(() => 0),
    0,
  );
  return best;
}

function* subsets(size: number, count: number, from = 0): Generator<Set<number>> {
  if (count === 0) {
    yield new Set();
    return;
  }
  for (let first = from; first <= size - count; first += 1) {
    for (const rest of subsets(size, count - 1, first + 1)) yield new Set([first, ...rest]);
  }
}
