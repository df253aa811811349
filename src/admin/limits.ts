/** Limits of the admin client. */

/** Limit of a call from its beginning to the end of the answer, where the caller gives none, ms. */
export const CALL_LIMIT_MS = 30_000;

/** The same of acceptRestore: the daemon waits for the longest T that a container may have, a minute, and its clock's error. */
export const ACCEPT_RESTORE_LIMIT_MS = 90_000;

/** A daemon that has not answered a read for so long is waited for while the next one is asked, ms; a write is made at the next one where no connection is there by then. */
export const PATIENCE_MS = 3_000;

/** Times that a call refused for its rate is made again before the caller hears of it. */
export const LIMITED_WAITS = 5;

/** Longest wait before such a call is made again, whatever the daemon asks for. */
export const LIMITED_WAIT_MAX_S = 5;

/** A proxy that has not opened the way to the daemon by then is given up. */
export const PROXY_ANSWER_MS = 10_000;

/** An idle connection to a daemon is closed after so long, or a second before the daemon closes it, where that says so. */
export const IDLE_MS = 60_000;

/** Longest answer, bytes: the export of an app with 100,000 shards and tasks of 2 KiB fits. */
export const ANSWER_LIMIT_BYTES = 256 * 1_024 * 1_024;

/** Longest event of a stream, characters: the first frame of a live view of 100,000 shards fits. */
export const EVENT_LIMIT_CHARACTERS = 64 * 1_024 * 1_024;

/** A stream that has sent nothing for so long is ended, where the caller says nothing else: longer than three of the signs of life that daemons send every 15 s. */
export const SILENCE_LIMIT_MS = 50_000;
