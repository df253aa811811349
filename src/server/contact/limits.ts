/** Limits of calls from a daemon to a container. */

/** Time to connect to a container. A living one on the same network needs a few ms. */
export const CONNECT_TIMEOUT_MS = 2_000;

/** Time of one call to a container, from the first byte sent to the last received. */
export const CALL_TIMEOUT_MS = 10_000;

/** Most bytes of a container's answer that are read: an answer is a courtesy. */
export const ANSWER_LIMIT_BYTES = 64 * 1024;
