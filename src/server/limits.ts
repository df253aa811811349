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
