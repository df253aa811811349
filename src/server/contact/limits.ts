/** Limits of calls from a daemon to a container. */

/** Time to connect to a container. A living one on the same network needs a few ms. */
export const CONNECT_TIMEOUT_MS = 2_000;

/** Time of one call to a container, from the first byte sent to the last received. */
export const CALL_TIMEOUT_MS = 10_000;

/** Most bytes of a container's answer that are read: an answer is a courtesy. */
export const ANSWER_LIMIT_BYTES = 64 * 1024;

/** Between two looks of a daemon at whether it can be called by the address that it advertises. */
export const SELF_CHECK_EVERY_MS = 5_000;

/** Failed looks in a row that count, once one has succeeded. */
export const SELF_CHECK_FAILURES = 2;

/** Characters that are kept of a cause for which there are no words. */
export const CAUSE_LIMIT_CHARACTERS = 200;

/** How often files of tokens and certificates are looked at, ms: so long a revoked token may go on. */
export const CREDENTIALS_LOOK_MS = 2_000;
