/** Seeds that once failed. 923: a stale read after a claim of unknown outcome was the last word; 3205: one brought back a deleted record. */
export const ONCE_FAILED = [923, 3205];
