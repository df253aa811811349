/** Columns of small numbers take two bytes each: more of them stay in the cache. */
import {MOST_SHORT} from './limits.ts';

/** Numbers that are not negative: up to `most`. */
export type Narrow = Uint16Array | Int32Array;

export function narrow(length: number, most: number): Narrow {
  return most > MOST_SHORT ? new Int32Array(length) : new Uint16Array(length);
}

/** With as many bytes for each number as the column has. */
export function narrowAs(column: Narrow, length: number): Narrow {
  return column instanceof Int32Array ? new Int32Array(length) : new Uint16Array(length);
}
