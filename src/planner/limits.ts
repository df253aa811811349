/** Limits of plans: what containers may hold and shards weigh. */

/** No limit, as a number that every count stays below. */
export const UNLIMITED = 2 ** 31 - 1;
/** Weights are counted in thousandths: shares of whole weights are exact. */
export const WEIGHT_PARTS = 1_000;
/** A greater weight counts as this one. */
export const MOST_WEIGHT = 1_000;
/** A greater load counts as this one: sums of it stay finite. */
export const MOST_LOAD = 1e100;
/** Units of a metric's greatest limit: sums of them are exact. */
export const LIMIT_UNITS = 2 ** 30;
/** Rows of a plan that are gone through before others may run, where readers ask. */
export const ROWS_PER_STEP = 2_000;
