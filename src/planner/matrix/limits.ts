/** Limits of the matrix of counts. */

/** Longest path that the weights allow for, in containers: more than one table needs. */
export const LONGEST_PATH = 4_096;
/** Weights stay below it, with a margin for sums of a few: a double holds them exactly. */
export const LARGEST_WEIGHT = 2 ** 46;
/** So many steps of priority are distinguished; the lowest ones count as one. */
export const MOST_PRIORITIES = 32;
/** A share this near to a whole number is one: sums of fractions are not exact. */
export const NEARLY_WHOLE_SHARE = 1e-6;
/** Beyond so many stored cells besides its row, a bucket's cells are found by a hash instead of one after the other. */
export const SCANNED_CELLS = 12;
/** Entries that a hash of pairs has space for at first: a power of two. */
export const FIRST_PAIRS = 64;
