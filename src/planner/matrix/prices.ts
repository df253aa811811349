/** Columns of prices, and of sums of them along paths. */
import {MOST_SHORT_PATHS} from './limits.ts';

export type Prices = Float32Array | Float64Array;

/** Hard bounds leave 0, what one move costs or saves, and what is forbidden: four bytes hold sums of these exactly, for no path comes to a container twice. */
export function pricesFor(
  {isSoft, containers}: {readonly isSoft: boolean; readonly containers: number},
  length: number,
): Prices {
  return isSoft || containers > MOST_SHORT_PATHS
    ? new Float64Array(length)
    : new Float32Array(length);
}
