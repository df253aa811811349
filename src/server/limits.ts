/** Limits of a daemon. */

/** First pause of a daemon that starts while etcd is away. */
export const START_RETRY_MIN_MS = 250;

/** Longest such pause. I6 counts from the moment etcd is back: whoever waits must not sleep through it. */
export const START_RETRY_MAX_MS = 1_000;

/** Tries to start that are logged: the first ones, then ever fewer, then each of so many. */
export const START_RETRIES_PER_LINE = 16;

/** Hooks of a daemon only start and stop a governor. */
export const HOOK_TIMEOUT_MS = 10_000;

/** Between two looks at a heartbeat, where a daemon checks that its loopback address is its own. */
export const LOOPBACK_LOOK_MS = 500;

/** Pause before a write that has to be stored is tried again. */
export const STORED_RETRY_MS = 1_000;

/** Memory that the planner thread may take, in MiB. An app of a million shards takes about 500. */
export const PLANNER_HEAP_MB = 4_096;

/** Ends of the planner thread in a row, without a plan in between, after which it is not begun again: governors and readers plan within the event loop then. */
export const PLANNER_LOSSES_ALLOWED = 3;

/** Shards that are compared, and those of them that have changed sent to the thread, at a time for a reader. */
export const ROWS_PER_UPDATE = 500;

/** The thread keeps the shards of an app so long after a reader's plan, ms: as long as a view is kept that nobody reads. */
export const READER_TABLE_KEPT_MS = 15_000;

/** Apps whose shards the thread of readers has at once; more only while as many are asked for at once. */
export const READER_TABLES = 4;

/** A planner thread stands behind the event loop by this much (nice): where processors are short its plans wait, and heartbeats do not. */
export const PLANNER_NICE = 5;

/** The thread that plans for readers is kept for so long when nobody asks. */
export const READERS_THREAD_LINGER_MS = 30_000;

/** Heavy calls under way at once, of different apps. */
export const HEAVY_CALLS_AT_ONCE = 4;

/** Batches of more than 1,000 items under way at once, of different apps. */
export const LARGE_BATCHES_AT_ONCE = 16;

/** Heavy calls of one app that may wait for the one that is under way. */
export const HEAVY_CALLS_WAITING = 16;

/** The longest rest of an app between two heavy calls, ms. */
export const HEAVY_CALL_REST_MAX_MS = 2_000;
