/**
 * The objectives as weights of one sum: each outweighs all that the lower ones can bring along one path of the network.
 * All are whole numbers that a double holds exactly.
 */
import {LARGEST_WEIGHT, LONGEST_PATH} from './limits.ts';

export interface Costs {
  /** A shard that a container runs now and shall not keep: 1. The unit. */
  readonly move: 1;
  /** One total outside rounding by one. */
  readonly total: number;
  /** One bucket uneven on one container by one. */
  readonly cell: number;
  /** One bucket uneven in one zone by one. */
  readonly zone: number;
  /** A shard on a container that has no share of its bucket, because of weight 0: as far from even as can be, so all other room comes first. */
  readonly weightless: number;
  /** A shard that has to stay on a draining container. */
  readonly stranded: number;
  /** A shard without a container. */
  readonly unplaced: number;
  /** What each step of priority adds to it. */
  readonly priority: number;
  /** A container above the shard limit by one. */
  readonly overfull: number;
  /** Distances from even weigh more and more up to so many, from there on all alike. */
  readonly steps: number;
}

/** `priorities`: how many steps of priority there are. */
export function costsFor(
  containers: number,
  shards: number,
  zones: boolean,
  priorities: number,
): Costs {
  const path = Math.min(containers, LONGEST_PATH) + 1;
  const total = 2 * path + 4;
  const room = LARGEST_WEIGHT / priorities / (total * path);
  const most = zones ? Math.cbrt(room / (4 * path)) : Math.sqrt(room);
  const steps = Math.max(1, Math.min(shards + 1, Math.floor(most)));
  const cell = total * (2 * steps + 2);
  const along = 2 * steps * path + 2;
  const zone = zones ? cell * along : cell;
  // A shard that goes elsewhere may leave two zones farther from even.
  const weightless = zones ? 2 * steps * zone : steps * cell;
  const stranded = zone * along;
  const priority = 2 * stranded;
  const unplaced = 4 * stranded * priorities;
  const overfull = 4 * unplaced;
  return {move: 1, total, cell, zone, weightless, stranded, unplaced, priority, overfull, steps};
}
