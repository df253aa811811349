/** Limits of watching an app's keys. */

/** All keys are listed anew this often: a watch may lose events without a word. */
export const RELIST_INTERVAL_MS = 30_000;

/** Pause before a listing or a watch that failed is tried again. */
export const RETRY_MS = 500;

/** Time of one listing. One of a large app may take seconds. */
export const LIST_TIMEOUT_MS = 20_000;
