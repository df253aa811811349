/** Limits of governors. */

/** Shards that a governor looks at in one turn: the event loop is free for others in between. */
export const SHARDS_PER_TURN = 2_000;

/** Listed changes that are taken in before others may run. */
export const CHANGES_PER_STEP = 500;

/** Records that are looked at in one turn for what may have been overlooked. */
export const SWEPT_PER_TURN = 10_000;
