/** Limits of watching and reading an app's keys. */

/** All keys are listed anew this often: a watch may lose events without a word. */
export const RELIST_INTERVAL_MS = 30_000;

/** First pause before a listing that failed is tried again. */
export const RETRY_MIN_MS = 500;

/** Longest such pause: it is a part of the 5 s that I6 leaves. */
export const RETRY_MAX_MS = 2_000;

/** First pause before a watch that is behind what a reader waits for is asked again how far it has come. */
export const BEHIND_PAUSE_MIN_MS = 10;

/** Longest such pause: a part of CATCH_UP_LIMIT_MS. */
export const BEHIND_PAUSE_MAX_MS = 200;

/** Time of one page of a listing. One of a large app may take seconds. */
export const LIST_TIMEOUT_MS = 20_000;

/** All keys are listed anew this often for readers: nothing that they read decides anything. */
export const READERS_RELIST_INTERVAL_MS = 300_000;

/** A view that nobody reads is kept for so long. */
export const LINGER_MS = 15_000;

/** It ends sooner once it has taken so many changes, and as many as it has keys: by then a listing is cheaper than keeping it current. */
export const UNREAD_CHANGES_MIN = 1_000;

/** A view that is behind the store may take so long to catch up before the reader lists for itself. */
export const CATCH_UP_LIMIT_MS = 1_500;

/** Looks for a moment at which all watches of a view are equally far. */
export const LOOKS_LIMIT = 5;

/** Entries that are taken before the clock is looked at. */
export const ENTRIES_BETWEEN_LOOKS = 500;

/** A listing that fails is said at most so often: it is tried again each second or two. */
export const FAILURE_SAID_EVERY_MS = 10_000;
