/** Limits of governors, leadership and upkeep. */

/** Tries of one change of the record against others who change it. */
export const CLUSTER_WRITE_ATTEMPTS_LIMIT = 10;

/** Tries to put an alarm of a governor that has stopped into a summary that others change meanwhile. */
export const ALARM_WRITE_ATTEMPTS_LIMIT = 5;

/** Most events of one round; a summary that tells of more has lost its details. */
export const EVENTS_PER_ROUND = 200;

/** First pause before a governor that broke begins anew. */
export const RESTART_MIN_MS = 1_000;

/** Longest pause before a governor that broke begins anew. */
export const RESTART_MAX_MS = 60_000;

/** A governor that has gone on for so long is well again: its alarm ends, and the next pause is the shortest. */
export const WELL_AFTER_MS = 5 * 60_000;

/** First pause before the takeover of an app from another shard manager is tried again. The guard lease that it left ends within seconds. */
export const TAKE_OVER_RETRY_MIN_MS = 500;

/** Longest such pause: it is a part of the 5 s that I6 leaves. */
export const TAKE_OVER_RETRY_MAX_MS = 2_000;

/** A governor takes a turn at least so often, whatever it waits for. */
export const GOVERNOR_SLEEP_MAX_MS = 10_000;

/** First pause before records that could not be read, or were read from the past, are read again. */
export const REREAD_RETRY_MIN_MS = 200;

/** Longest such pause: it is a part of the 5 s that I6 leaves. */
export const REREAD_RETRY_MAX_MS = 2_000;

/** One for hints, one for calls that only ask whether somebody is there. */
export const CONNECTIONS_PER_CONTAINER = 2;

/** Of one call with hints: what hangs when a network comes back must not hold up the next one beyond I6's 5 s. */
export const HINT_LIMIT_MS = 4_000;

/** Of one call that only asks whether somebody is there. */
export const CALL_LIMIT_MS = 2_000;

/** Every container is asked once in this time +-20 %. */
export const AUDIT_INTERVAL_MS = 30_000;

/** So often +-20 % where loads are asked for as well. */
export const LOAD_INTERVAL_MS = 10_000;

/** A container that is doubted is asked again after this time: two agreeing answers open it within the 5 s that I6 leaves. */
export const RECHECK_MS = 2_000;

/** Calls of one app at once: whoever is slow holds up the round, never memory. */
export const CALLS_AT_ONCE = 4;

/** A container of which more records speak is asked for its shards in parts of about so many. */
export const SHARDS_PER_ANSWER = 5_000;

/** Far more than the names and loads of SHARDS_PER_ANSWER shards take. */
export const ANSWER_LIMIT_BYTES = 4 * 1024 * 1024;

/** Refused writes of status or history before one is given up: the spec has changed each time. */
export const SPEC_LOOKS_LIMIT = 4;

/** Who stands for election takes a turn at least so often. */
export const LEADERSHIP_SLEEP_MAX_MS = 5_000;

/** Newest items of a history that are kept, in whole rounds: a night of single events is as long as one of many at once. */
export const ITEMS_KEPT = 1_000;

/** Old rounds deleted with a new one. */
export const DROPS_PER_ROUND = 50;

/** Operations of a history that go in one transaction: those that may not have been carried out go again with the next round. Below the 128 that etcd takes. */
export const UNWRITTEN_OPERATIONS_MAX = 100;

/** Characters of them. Beyond either limit the oldest rounds are lost. */
export const UNWRITTEN_CHARACTERS_MAX = 262_144;

/** How often the leader compacts etcd: else heartbeats fill it. */
export const COMPACTION_INTERVAL_MS = 5 * 60_000;

/** History kept, in intervals: compaction goes to the revision of 10 minutes ago. */
export const COMPACTION_INTERVALS_KEPT = 2;

/** Audit entries that are kept of one token and one day, before the oldest day goes as a whole. */
export const AUDIT_GROUP_LEAST = 5;

/** How often the leader counts what all apps take. */
export const USAGE_INTERVAL_MS = 5_000;

/** What is over, as a pause, and could not be taken back is looked at again after this, ms. */
export const EXPIRY_RETRY_MS = 5_000;

/** Longest sleep until the next pause, pin or permission ends, ms: wall clocks are set, and timers of Node end below 25 days. So often it is looked whether the process of a drain has ended. */
export const EXPIRY_SLEEP_MAX_MS = 60_000;

/** A drain of one process is deleted so long after it was said, ms, or when that process ends later: until then a script may still take it back. */
export const ENDED_DRAIN_KEPT_MS = 3_600_000;

/** Names of keys of shards that are not spelled as here, of one app, that its governor keeps. */
export const FOREIGN_NAMES_KEPT = 1_000;

/** Of them: named in the alarm. */
export const FOREIGN_NAMES_SHOWN = 5;

/** A governor that has not been able to read its app for so long raises an alarm: until then etcd may only be slow. */
export const UNREAD_LIMIT_MS = 60_000;
