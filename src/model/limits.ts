/** Limits of plain data. */

/** Entries of a map from which on it consists of many small ones. */
export const PARTITION_FROM = 32_768;

/** Small maps that a large one consists of: a power of two. */
export const PARTITIONS = 256;
