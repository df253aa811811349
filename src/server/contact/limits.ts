/** Limits of calls from a daemon to a container. */

/** Time to connect to a container. A living one on the same network needs a few ms. */
export const CONNECT_TIMEOUT_MS = 2_000;

/** Time of one call to a container, from the first byte sent to the last received. */
export const CALL_TIMEOUT_MS = 10_000;

/** Most bytes of a container's answer that are read: an answer is a courtesy. */
export const ANSWER_LIMIT_BYTES = 64 * 1024;

/** An answer with its status line, headers, chunk lengths and TLS frames may be so many times as large as its body may be. */
export const FRAMING_FACTOR = 2;

/** Between two looks of a daemon at whether it can be called by the address that it advertises. */
export const SELF_CHECK_EVERY_MS = 5_000;

/** Failed looks in a row that count, once one has succeeded. */
export const SELF_CHECK_FAILURES = 2;

/** Characters that are kept of a cause for which there are no words. */
export const CAUSE_LIMIT_CHARACTERS = 200;

/** How often files of tokens and certificates are looked at, ms: so long a revoked token may go on. */
export const CREDENTIALS_LOOK_MS = 2_000;

/** A key that signs calls to containers is replaced when it is older, ms; the one before stays valid until the next. */
export const CALL_KEY_AGE_MS = 7 * 24 * 3_600_000;

/** Pause before a key that could not be read, or that a container has refused, is looked up again, ms. */
export const CALL_KEYS_RETRY_MS = 1_000;

/** The key of an app is looked up so often, ms. */
export const CALL_KEYS_KEPT_MS = 60_000;

/** Endpoints whose clock is remembered where it differs. */
export const CLOCKS_KNOWN_LIMIT = 10_000;

/** Causes of causes that are looked at for the reason of a failed call. */
export const CAUSE_DEPTH_LIMIT = 5;
