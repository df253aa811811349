/**
 * The objectives as weights of one sum: each outweighs all that the lower ones can bring along one path of the network.
 * All are whole numbers that a double holds exactly.
 */

/** Longest path the weights allow for, in containers: more than one table needs. */
const LONGEST_PATH = 4_096;
/** Weights stay below it, with a margin for sums of a few. */
const LARGEST = 2 ** 46;

export interface Costs {
  /** A shard that a container runs now and shall not keep: 1. The unit. */
  readonly move: 1;
  /** One total outside rounding by one. */
  readonly total: number;
  /** One bucket uneven on one container by one. */
  readonly cell: number;
  /** A shard that has to stay on a draining container. */
  readonly stranded: number;
  /** A shard without a container. */
  readonly unplaced: number;
  /** A container above the shard limit by one. */
  readonly overfull: number;
  /** Distances from even weigh more and more up to so many, from there on all alike. */
  readonly steps: number;
}

export function costsFor(containers: number, shards: number): Costs {
  const path = Math.min(containers, LONGEST_PATH) + 1;
  const total = 2 * path + 4;
  const steps = Math.max(1, Math.min(shards + 1, Math.floor(Math.sqrt(LARGEST / (total * path)))));
  const cell = total * (2 * steps + 2);
  const stranded = cell * (2 * steps * path + 2);
  return {
    move: 1,
    total,
    cell,
    stranded,
    unplaced: 4 * stranded,
    overfull: 16 * stranded,
    steps,
  };
}
