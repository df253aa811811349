/** Limits of plans: what containers may hold and shards weigh. */

/** No limit, as a number that every count stays below. */
export const UNLIMITED = 2 ** 31 - 1;
/** Weights are counted in thousandths: shares of whole weights are exact. */
export const WEIGHT_PARTS = 1_000;
/** A greater weight counts as this one. */
export const MOST_WEIGHT = 1_000;
/** A greater load counts as this one: sums of it stay finite. */
export const MOST_LOAD = 1e100;
/** So many units of limits at most are a metric's greatest limit: sums of them are exact. */
export const LIMIT_UNITS = 2 ** 30;
/** Parts of a metric's greatest load: sums of the loads of up to eight million shards are exact. */
export const LOAD_PARTS = 2 ** 30;
/** Rows of a plan that are gone through before others may run, where readers ask. */
export const ROWS_PER_STEP = 2_000;
/** Numbers that a list of them has space for at first. */
export const FIRST_NUMBERS = 64;
/** Shards that columns have space for at first where their count is not known. */
export const FIRST_SHARDS = 64;
/** A kept table that knows up to so many names does not look for those that no shard has any more. */
export const NAMES_KEPT = 1_000;
/** Beyond them, it forgets the names of what is gone when it knows more than this for each shard. A shard has at most six. */
export const NAMES_PER_SHARD = 8;
/** Where at most this share of the shards changes, the changes are sorted; more are picked out of all shards, which are in order. */
export const FEW_CHANGES_SHARE = 0.001;
