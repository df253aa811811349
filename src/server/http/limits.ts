/** Limits of the daemon's HTTP side. */

/** A stream sends a comment at least this often, so that both ends notice a dead connection. */
export const STREAM_KEEP_ALIVE_MS = 15_000;

/** Texts of events kept for further callers, bytes. */
export const WRITTEN_KEPT_BYTES = 8 * 1024 ** 2;

/** Streams open at once in one daemon: each holds a connection and what its reader has not read. */
export const STREAMS_LIMIT = 200;

/** Of these, those of one token: nobody takes all of them, nor all live views that differ. */
export const STREAMS_OF_ONE = 40;

/** Lines of a token file: one for each person and program that calls. */
export const TOKENS_LIMIT = 200;

/** Largest token file, bytes. */
export const TOKEN_FILE_LIMIT_BYTES = 256 * 1024;

/** Lines of one name: two, so that a token can be replaced while the other is in use. */
export const TOKENS_PER_NAME_LIMIT = 2;

/** Hashes of tokens that are computed or wait for it at once: each takes 50 ms of a thread, and whoever is refused calls again. */
export const LOGINS_AT_ONCE = 8;

/** Logins that have succeeded and are remembered, so that no further hash is computed for them. */
export const LOGINS_KNOWN_LIMIT = 1_000;

/** Logins that may fail in a row from one address. */
export const FAILED_LOGINS_AT_ONCE = 20;

/** From then on one login is tried in so long, ms. */
export const FAILED_LOGIN_REFILL_MS = 3_000;

/** Refused calls are logged and audited as counts, so often at most, ms. */
export const REFUSALS_REPORT_INTERVAL_MS = 60_000;

/** Callers whose refused calls are counted apart; those of the others are counted together. */
export const REFUSED_CALLERS_LIMIT = 100;

/** Time to receive the headers of a request: slower callers would hold connections. */
export const HEADERS_TIMEOUT_MS = 10_000;

/** Time to receive a whole request; an answer may take longer. */
export const REQUEST_TIMEOUT_MS = 30_000;

/**
 * An idle connection is closed after so long. Load balancers keep one for 60 s as a rule: they must close it first, for a call that is sent while the daemon
 * closes its connection is reset.
 */
export const KEEP_ALIVE_MS = 65_000;

/** Connections at once, where the system allows as many descriptors. */
export const CONNECTIONS_LIMIT = 1_000;

/** Part of the descriptors of the process that connections to the admin API may take, where that is fewer. */
export const CONNECTIONS_SHARE = 0.25;

/** How often Node looks for connections beyond the two limits on receiving. */
export const CONNECTION_CHECK_MS = 5_000;

/** Closing waits for answers that are under way, for so long at most: a caller that does not read must not keep the daemon. */
export const CLOSE_LIMIT_MS = 5_000;

/** Most problems of one body that an answer names. */
export const ISSUES_SHOWN = 3;

/** Most characters of a caller's text that an answer quotes. */
export const QUOTED_MAX_CHARACTERS = 64;

/** Calls that a caller may make at once. A batch of 10,000 shards, or a stream however long, is one call. */
export const CALLS_AT_ONCE = 100;

/** Calls a second that a caller may make in the long run. */
export const CALLS_PER_SECOND = 50;

/** Callers whose rate is remembered; beyond, the oldest is forgotten. */
export const CALLERS_LIMIT = 5_000;

/** Items of a list that are checked in one piece of work. */
export const ITEMS_PER_PIECE = 1_000;

/** After a piece of work with a large body the next one waits so many times as long as it took: together they take a fifth of the time. */
export const REST_PER_HEAVY_PIECE = 4;

/** Calls with bodies of more than 64 KiB that one caller may have under way. */
export const HEAVY_CALLS_OF_ONE = 8;

/** Of these, those whose bodies are read and worked on. */
export const HEAVY_CALLS_WORKED_ON = 2;
