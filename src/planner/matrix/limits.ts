/** Limits of the matrix of counts. */

/** Longest path that the weights allow for, in containers: more than one table needs. */
export const LONGEST_PATH = 4_096;
/** Weights stay below it, with a margin for sums of a few: a double holds them exactly. */
export const LARGEST_WEIGHT = 2 ** 46;
/** So many steps of priority are distinguished; the lowest ones count as one. */
export const MOST_PRIORITIES = 32;
/** Numbers up to this one are kept in two bytes. */
export const MOST_SHORT = 2 ** 16 - 1;
/** Counts of shards up to this one are kept in two bytes, with a sign. */
export const MOST_SHORT_COUNT = 2 ** 15 - 1;
/** With up to so many containers sums of the prices -1, 0 and 1 along paths are exact in four bytes. */
export const MOST_SHORT_PATHS = 2 ** 20;
/** Nodes from which so many arcs lead have space for them at first. */
export const FIRST_ARCS = 64;
/** A shard where its bucket has no share, because of weight 0, counts as so far from even: farther than all others together. */
export const WEIGHTLESS_DISTANCE = 2 ** 30;
/** A share this near to a whole number is one: sums of fractions are not exact. */
export const NEARLY_WHOLE_SHARE = 1e-6;
/** Cells have space for so many times the fewest that there can be. */
export const CELLS_SPACE_FACTOR = 1.125;
/** When that is full, for so many times as many. */
export const CELLS_GROWTH_FACTOR = 1.5;
/** Beyond so many stored cells besides its row, a bucket's cells are found by a hash instead of one after the other. */
export const SCANNED_CELLS = 12;
/** Entries that a hash of pairs has space for at first: a power of two. */
export const FIRST_PAIRS = 64;
/** A hash of pairs that is half full grows by this factor: a power of two. */
export const PAIRS_GROWTH = 4;
/** Takers are sorted where their pool is more than this many times as large; else the pool, which is sorted, is read to the end. */
export const SORTED_FACTOR = 8;
/** Of a table that is kept, up to so many shards whose container has changed are sorted again one by one, else all. */
export const MOST_RESORTED = 512;
