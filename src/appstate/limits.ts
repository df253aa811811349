/** Limits of what is known of an app. */

/** Rows that are looked at for what a listing has not shown, before others may run. */
export const ROWS_BETWEEN_PAUSES = 10_000;

/** Shards that are copied before others may run. */
export const COPIED_PER_STEP = 500;
