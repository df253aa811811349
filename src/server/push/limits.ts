/** Limits of containers that speak the push protocol. */

/** How often the gateway looks at what is due. */
export const TICK_MS = 500;

/** Most characters of a container's refusal that are kept. */
export const MESSAGE_LIMIT = 200;

/** Calls at once to one container. */
export const CALLS_PER_CONTAINER = 8;

/** An answer this recent is proof enough that the container can be reached. */
export const REACHED_MS = 10_000;

/**
 * Life of the guard lease: ten years. Longer than any outage of all daemons, so that no shard stops because nobody renewed; not etcd's
 * longest (285 years), so that one that is left behind by a broken removal ends some day.
 */
export const GUARD_TTL_S = 315_360_000;

/** How often the guard lease is looked at and renewed: far below its life. */
export const CHECK_INTERVAL_MS = 10 * 60_000;

/** Pause before a renewal that failed is tried again. */
export const RETRY_MS = 2_000;
