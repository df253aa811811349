/** Limits of the store. */

/** Compares, and operations, of one transaction: etcd's --max-txn-ops. */
export const LIST_LIMIT = 128;

/** Keys of one read or transaction where there are many: room is left below LIST_LIMIT for what goes with them. */
export const KEYS_PER_TRANSACTION = 100;

/** Keys of one page of a listing: about 1 MB at 400 bytes each. */
export const PAGE_KEYS = 2_000;

/** Prefixes of one listing whose first pages are read at once: a listing of all apps has thousands. */
export const PREFIXES_READ_AT_ONCE = 32;

/** First pause before a call that failed is made again, within its time limit: a read, or a write that etcd has refused undone. */
export const TRY_PAUSE_MIN_MS = 50;

/** Longest such pause. */
export const TRY_PAUSE_MAX_MS = 400;

/** Sent members at the head of a queue from which on they are cut off: cutting at each would copy the rest each time. */
export const QUEUE_COMPACTED_FROM = 1_000;

/** Operations of a merged transaction: etcd takes 128. */
export const BATCH_OPERATIONS = 100;

/** Bytes of a merged transaction: a large one delays every heartbeat behind it. */
export const BATCH_BYTES = 262_144;

/** Merged transactions at once. */
export const BATCHES_IN_FLIGHT = 8;

/** A watch that was open for so long before it was lost had worked: the next one is opened at once. */
export const WATCH_LASTS_MS = 10_000;

/** First pause before the next one where it was lost sooner. */
export const WATCH_LOSS_PAUSE_MIN_MS = 250;

/** Longest such pause: a part of the 5 s that I6 leaves. */
export const WATCH_LOSS_PAUSE_MAX_MS = 2_000;
