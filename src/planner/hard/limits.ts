/** Limits of the searches that keep hard constraints. All are counts, not times: the same snapshot gives the same plan everywhere. */

/** Partners that are tried to swap with a shard that may not be where the counts put it. */
export const SWAP_PARTNERS = 256;
/** Shards that are looked at to make room for one by moving others. */
export const FREEING_SEARCH = 4_096;
/** So many shards at most make way one after the other for one: the search is recursive, and the stack has an end. */
export const FREEING_DEPTH = 256;
/** Where shards are refused for limits, tables of up to so many shards are planned with them in other orders, too. */
export const REORDERED_SHARDS = 20_000;
