/** Limits of a daemon. */

/** Memory that the planner thread may take, in MiB. An app of a million shards takes about 500. */
export const PLANNER_HEAP_MB = 4_096;
