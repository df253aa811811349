/** Limits of the store. */

/** Compares, and operations, of one transaction: etcd's --max-txn-ops. */
export const LIST_LIMIT = 128;

/** The same for the store in memory, so that tests meet the limit. */
export const OPERATIONS_LIMIT = 128;

/** Keys of one page of a listing: about 1 MB at 400 bytes each. */
export const PAGE_KEYS = 2_000;

/** A read that failed is tried again after so long, within its time limit. */
export const READ_PAUSE_MS = 50;
