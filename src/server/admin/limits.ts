/** Limits of the admin API: reads, streams, waits and writes. */

/** Homes that `shard why` names. */
export const HOMES_SHOWN = 3;

/** Apps that a restored etcd lacks which its alarm names; all are counted. */
export const MISSING_NAMED = 5;

/** Containers out of question that `shard why` names; all are counted. */
export const EXCLUDED_SHOWN = 20;

/** Shards that a change would leave without a container which its dry run names; all are counted. */
export const LEFT_UNPLACED_NAMED = 5;

/** Newest events of a shard that `shard why` shows. */
export const HISTORY_SHOWN = 50;

/** etcd's quota unless it is set: 2 GiB. */
export const QUOTA_DEFAULT_BYTES = 2 * 1024 ** 3;

/** Share of the quota from which a warning is due. */
export const QUOTA_WARN_SHARE = 0.6;

/** A read of etcd that takes longer is a warning of `sm doctor`. */
export const SLOW_STORE_MS = 200;

/** A mebibyte, for people. */
export const MIB = 1024 ** 2;

/** How long the listing behind a page is kept for the next page, ms. */
export const PAGES_KEPT_MS = 30_000;

/** Listings kept at once. */
export const PAGES_KEPT_LIMIT = 4;

/** Changes kept for watchers that are behind: messages, and rows in them. */
export const RING_MESSAGES = 512;

/** Rows kept in those messages. */
export const RING_ROWS = 20_000;

/** How far back done and failed moves are counted, ms. */
export const RECENT_MS = 600_000;

/** Different queries watched at once. */
export const FEEDS_LIMIT = 50;

/** What nobody watches is kept for so long, for whoever comes back after a broken connection, ms. */
export const FEED_LINGER_MS = 15_000;

/** Changes are gathered for so long at least, ms: a screen shows no more than four frames a second. */
export const GATHER_MS = 250;

/** Looking may take at most this part of the time. */
export const LOOKING_SHARE = 0.15;

/** Ages of heartbeats and ten-minute figures change without any record doing so. */
export const LIVE_TICK_MS = 1_000;

/** A heartbeat this many intervals old is shown as late. */
export const LATE_INTERVALS_FACTOR = 1.5;

/** Below the beat, so that a beat tells of the look before it. */
export const STORE_PROBE_TIMEOUT_MS = 1_500;

/** Events kept for a caller that reads slowly; past this it gets a gap. */
export const BACKLOG_LIMIT = 10_000;

/** Characters of keys and values behind the events that are kept for a caller that reads slowly. Past this, too, it gets a gap. */
export const BACKLOG_LIMIT_CHARACTERS = 8 * 1024 ** 2;

/** Characters of keys and values kept for streams that begin a little behind the newest event. */
export const RING_CHARACTERS = 8 * 1024 ** 2;

/** Judging may take at most this part of the time. */
export const JUDGING_SHARE = 0.2;

/** Least pause between two looks of a wait. */
export const LEAST_PAUSE_MS = 2;

/** A goal that looked met and was not is looked at again after this, ms. */
export const LOOK_PAUSE_MS = 50;

/** Answers that wait at once; further ones are given at once. */
export const WAITS_LIMIT = 200;

/** Of these, those of one token: nobody takes all of them. */
export const WAITS_OF_ONE = 40;

/** Longest text of a request's field that an entry keeps. */
export const DETAIL_MAX_CHARACTERS = 256;

/** Re-reads after a refused write before giving up: others write the same keys all the time. */
export const WRITE_ATTEMPTS_LIMIT = 8;

/** Re-reads of an app whose permissions to stop others keep changing, before giving up. */
export const STOP_ATTEMPTS_LIMIT = 16;

/** With the audit entry 100: below etcd's 128 operations, and its 128 compares with one for the app. */
export const OPERATIONS_PER_WRITE = 99;

/** Below etcd's 1.5 MiB a request. One item alone may be larger than this. */
export const BYTES_PER_WRITE = 256 * 1024;

/** Transactions of one batch at once. */
export const WRITES_IN_FLIGHT = 8;

/** Cancelled moves of one write: two compares each, below etcd's 128. */
export const CANCELLED_PER_WRITE = 50;

/** Roughly what the spec of a shard takes beside its task, with the note of a cancelled move: what one write changes can be undone. */
export const BYTES_PER_CANCELLED = 2_048;

/** Re-reads of one chunk after refused writes before its items are answered `unknown`. */
export const BATCH_ATTEMPTS_LIMIT = 8;

/** Roughly what key and frame of one operation take beside its value. */
export const BYTES_PER_OPERATION = 512;

/** Writes of one transaction that are compared with what was there before, for the audit. */
export const REWRITES_LOOKED_AT = 20;

/** Most changes, before and after, that one audit entry names. */
export const CHANGES_SHOWN = 10;

/** Characters of one value, before or after, that an audit entry keeps. */
export const VALUE_SHOWN_CHARACTERS = 100;

/** A governor's summary counts a write of this daemon at the latest after this, ms, if it is newer than the write: it arrives by watches. */
export const OWN_WRITES_SEEN_MS = 5_000;

/** Apps of which a daemon remembers what it has written of late. */
export const LEDGERS_LIMIT = 2_000;

/** Calls that may come at once beyond a quota of calls a second, in seconds of it. */
export const CALL_BURST_S = 2;

/** The quota of calls of an app is read again after this, ms. */
export const CALL_QUOTA_FRESH_MS = 5_000;

/** A daemon that was lost and does not come back is named for so long, ms. */
export const LOST_DAEMON_NAMED_MS = 24 * 3_600_000;

/** Certificates that end sooner are warned of, ms. */
export const CERTIFICATE_WARN_MS = 30 * 24 * 3_600_000;

/** Most bytes of what was before that one audit entry keeps, so that it can be undone: with the change itself well below etcd's 1.5 MiB. */
export const UNDO_LIMIT_BYTES = 256 * 1024;

/** Items of a batch up to which it waits for no other of its app. */
export const ITEMS_AT_ONCE = 1_000;

/** Part of the quota of etcd from which on doctor fails: then etcd soon refuses all writes. */
export const QUOTA_FAIL_SHARE = 0.95;

/** After a what-if plan the next heavy call of its app waits so many times as long as the plan took: a caller who repeats plans gets a quarter of the time. */
export const REST_PER_PLAN = 3;

/** Entries of the history that cannot be read, and that an answer names; the others are counted. */
export const UNREADABLE_EVENTS_NAMED = 10;

/** Keys with values that cannot be read, of one kind, that a check names; the others are counted. */
export const UNREADABLE_KEYS_NAMED = 5;

/** Apps whose values a check reads at once: one after the other would take long where there are many. */
export const APPS_LOOKED_AT_ONCE = 16;
