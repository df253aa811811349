/**
 * Seeds that once failed. 923: a stale read after a claim of unknown outcome was the last word; 3205: one brought back a deleted record;
 * 3487800109: the bound of recovery left out the time of the circuit breaker, as the eviction of a copied container did not count.
 */
export const ONCE_FAILED = [923, 3205, 3_487_800_109];
