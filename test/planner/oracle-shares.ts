/** What the oracle takes for a share: whole parts of a shard. */
import type {PlacementSnapshot} from '../../src/model/placement.ts';

/** A common multiple of all sums of weights up to 18. */
export const DENOMINATOR = 12_252_240;

export function limitsOf({containers, maxShardCount}: PlacementSnapshot): number[] {
  return containers.map(({capacity = 0}) => {
    const given = [capacity, maxShardCount].filter((limit) => limit > 0);
    return given.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...given);
  });
}

export function zonesOf({containers, spreadZones = false}: PlacementSnapshot): number[] {
  const names = [...new Set(containers.map(({zone = ''}) => zone))];
  return containers.map(({zone = ''}) => (spreadZones ? names.indexOf(zone) : 0));
}

/** From the exact shares of the containers. */
export function zoneBounds(
  snapshot: PlacementSnapshot,
  shares: readonly number[],
): {zoneLeast: number[]; zoneMost: number[]} {
  const sums: number[] = [];
  for (const [at, zone] of zonesOf(snapshot).entries())
    sums[zone] = (sums[zone] ?? 0) + (shares[at] ?? 0);
  // One zone is none.
  if (sums.length < 2) return {zoneLeast: [0], zoneMost: [snapshot.shards.length]};
  return {
    zoneLeast: sums.map((sum) => Math.floor(sum / DENOMINATOR)),
    zoneMost: sums.map((sum) => Math.ceil(sum / DENOMINATOR)),
  };
}

/** What each container gets besides its pins, in parts of a shard: who has more than its share by pins gets nothing. */
export function shareOut(
  pins: readonly number[],
  weights: readonly number[],
  eligible: readonly boolean[],
  size: number,
): number[] {
  const sharing = eligible.slice();
  for (;;) {
    const sum = (values: readonly number[]): number =>
      values.reduce((all, value, at) => (sharing[at] === true ? all + value : all), 0);
    const [shared, whole] = [size + sum(pins), sum(weights)];
    const lifted = pins.map(
      (count, at) => sharing[at] === true && count * whole > shared * (weights[at] ?? 0),
    );
    if (!lifted.includes(true))
      return pins.map((count, at) =>
        sharing[at] === true
          ? (DENOMINATOR / whole) * shared * (weights[at] ?? 0) - count * DENOMINATOR
          : 0,
      );
    for (const [at, is] of lifted.entries()) if (is) sharing[at] = false;
  }
}
