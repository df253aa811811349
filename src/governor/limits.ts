/** Limits of governors. */

/** Shards that a governor looks at in one turn: the event loop is free for others in between. */
export const SHARDS_PER_TURN = 1_000;

/** Listed changes that are taken in before others may run. */
export const CHANGES_PER_STEP = 500;

/** Records that are looked at in one turn for what may have been overlooked. */
export const SWEPT_PER_TURN = 10_000;

/**
 * Most records assigned to one container and not yet claimed. 200 for each of 100 containers, without the limit for the app, were a
 * queue of 7 to 10 s in a cold start of 100,000 shards: slow containers counted as unreachable, and nothing moved for up to 24 s.
 */
export const UNCLAIMED_PER_CONTAINER = 200;

/** Most for all containers of an app together, but for the few that keep each one busy: that cold start took 50 to 72 s with it, 46 to 120 s without. */
export const UNCLAIMED_PER_APP = 6_000;

/** However many containers share what an app may wait for, each one may have so many records that wait for its claims. */
export const UNCLAIMED_AT_LEAST = 10;

/** An event is written when nothing has been added to it for so long, ... */
export const CHRONICLE_QUIET_MS = 2_000;

/** ... or so long after it began. */
export const CHRONICLE_LONGEST_MS = 10_000;

/** A container that claims nothing of what waits for it for so long counts as unreachable until a call to it succeeds. */
export const UNCLAIMED_LIMIT_MS = 5_000;

/** Between two calls, from the start of one to the start of the next: doubling. */
export const CALL_MIN_MS = 1_000;

/** Below the 5 s that I6 leaves, so that a call falls into them. */
export const CALL_MAX_MS = 4_000;

/** One that was called with success and claims nothing all the same is called at the longest interval. */
export const CALLS_SKIPPED = 2;

/** So many shards failing for the first time, and none becoming ready in between, are the container's fault and not theirs. */
export const FAILURES_TO_REFUSE = 2;

/** Between two trials after n failed ones: doubling. */
export const TRIAL_WAIT_MIN_MS = 1_000;

/** Longest pause between two trials of a container that refuses. */
export const TRIAL_WAIT_MAX_MS = 60_000;

/** So many containers may be lost within one window without suspicion ... */
export const LOSSES_ALLOWED = 2;

/** ... or this share of all, whichever is more. */
export const LOSSES_ALLOWED_SHARE = 0.3;

/** First pause before an eviction that the store has not confirmed is tried again. */
export const EVICTION_RETRY_MIN_MS = 500;

/** Longest such pause: it is a part of the 5 s that I6 leaves. */
export const EVICTION_RETRY_MAX_MS = 2_000;

/** Most hints that one call to a container brings. */
export const HINTS_PER_CALL = 100;

/** Shortest pause before a hint is repeated; it doubles from there. */
export const REPEAT_MIN_MS = 500;

/** Longest pause before a hint is repeated. */
export const REPEAT_MAX_MS = 5_000;

/** So many repeats are the longest interval. */
export const REMINDED = 4;

/** A hint to claim is not repeated to a container that has claimed something so lately: it is busy, and hints reach it. In a cold start of 100,000 shards calls fell from 10,399 to 4,637 by it ... */
export const CLAIMED_LATELY_MS = 2_000;

/** ... but it is repeated after this time, because it may have been lost. */
export const BUSY_LIMIT_MS = 5_000;

/** Repeats are looked for this often, not at every event: 100,000 open hints must not cost a scan each time. */
export const SCAN_INTERVAL_MS = 50;

/** Comparisons in a row without any difference that restore trust. */
export const AGREEING_TO_TRUST = 2;

/** Questions in a row for its shards that a container leaves without an answer before an alarm names it: one may fall into a pause of it or of the network. */
export const FAILURES_TO_ALARM = 3;

/** Differences kept of one comparison. */
export const DIFFERENCES_LIMIT = 1_000;

/** What `perMinute` counts over. */
export const MINUTE_MS = 60_000;

/** Most shards at once that leaving containers give away: their time to leave is limited. */
export const DEPARTURES_PER_APP = 100;

/** Most moves of one round. */
export const MOVES_PER_ROUND = 100;

/** A round is written when nothing moves any more, when it is full, or at the latest after this time. */
export const ROUND_LIMIT_MS = 2_000;

/** In quiet time a container may have this many times its planned count before it gives away. */
export const QUIET_EXCESS = 2;

/** Shards a plan covers per ms of pause before the next one: keeps planning below a twentieth of the time. */
export const SHARDS_PER_PAUSE_MS = 20;

/** The same while a shard without a home waits for it: a fifth of the time at most, so that those that come one by one are planned for together. */
export const SHARDS_PER_HURRIED_PAUSE_MS = 80;

/** After taking over, or after the first join into an empty app, so long without a join before the first plan ... */
export const QUIET_BEFORE_FIRST_MS = 500;

/** ... but never longer than this. */
export const LONGEST_BEFORE_FIRST_MS = 3_000;

/** A container that joins within this time of one that left replaces it. */
export const REPLACEMENT_WINDOW_MS = 600_000;

/** Leaves of one id within one quiet time that begin it anew: one that flaps must not keep the app from balance for ever. */
export const LEAVES_OF_ONE_ID = 2;

/** A step of a removal that the store has not confirmed is tried again after so long. */
export const REMOVAL_RETRY_MS = 500;

/** A write whose guard failed is looked at again after this time. */
export const REFUSED_RETRY_MS = 200;

/** Pause after the first failed add of a shard; it doubles from there. */
export const FAILED_MIN_MS = 1_000;

/** Longest pause after a failed add of a shard. */
export const FAILED_MAX_MS = 60_000;

/** Containers named in one sentence. */
export const CLOSED_NAMED = 3;

/** Kept for who takes them late; the newest beyond that are not counted. */
export const MEASUREMENTS_KEPT = 100_000;

/** A summary is written at most so often. */
export const STATUS_INTERVAL_MS = 1_000;

/** Shards without a home that a summary names. */
export const UNPLACED_SHOWN = 500;

/** Failed shards, and values that cannot be read, that a summary names. */
export const FAILED_SHOWN = 100;

/** Alarms that a summary has. */
export const ALARMS_SHOWN = 100;

/** Values that cannot be read that one alarm names. */
export const QUARANTINED_NAMED = 5;

/** Most bytes of a summary as it is stored (etcd-layout.md, "Run time"). */
export const STATUS_LIMIT_BYTES = 64 * 1024;

/** Characters of a foreign text that are kept: error messages, problems, alarms. */
export const TEXT_SHOWN_CHARACTERS = 300;

/** For the alarm that tells of the cut, and for the counts of what is left out. */
export const CUT_NOTE_BYTES = 600;

/** Objects that one objection names; the rest is counted. */
export const OBJECTS_NAMED = 10;

/** Shards of an app that may be on trial at once: so many, or the share below of all, whichever is more. */
export const TRIALS_AT_ONCE = 1;

/** Share of the shards that may be on trial at once. */
export const TRIALS_AT_ONCE_SHARE = 0.01;

/** A trial that takes longer than this keeps no other host from its own. */
export const TRIAL_BLOCKS_MS = 10_000;

/** A shard that failed on trial, and that another container adds, keeps the next trial waiting for no longer than this: an add that takes longer is stuck. */
export const UNSERVED_BLOCKS_MS = 60_000;

/** So many hosts with unproved containers, or this share of all, are a start of the app: no single bad container is behind it. */
export const JOINERS_SUSPECTED = 2;

/** Share of the containers that have to fail before an app, not a container, is suspected. */
export const JOINERS_SUSPECTED_SHARE = 0.3;

/** Ends count for so long. */
export const UNCLEAN_WINDOW_MS = 600_000;

/** One that had proved itself and ran for this long did not end for what it met at its start. */
export const SHORT_LIFE_MS = 120_000;

/** How often old ends are looked for. */
export const EXPIRE_INTERVAL_MS = 1_000;

/** So many ends, and what comes back counts as refusing. */
export const ENDS_TO_REFUSE = 2;

/** How long what moves wait for stays in the summary after it was last seen. */
export const WAITS_KEPT_MS = 10_000;

/** Most budgets that a summary names for which moves wait. */
export const WAITS_SHOWN = 10;

/** Pauses before the next plan of a large app that a summary names. */
export const PLAN_PAUSE_SHOWN_MS = 2_000;

/** Queued moves that are looked at in one turn. */
export const MOVES_PER_TURN = 1_000;

/** Pause before the next of a long queue are looked at, where nothing else brings a turn. */
export const NEXT_MOVES_MS = 50;

/** Shards up to which a plan is made within a turn, for a governor or a reader. Larger apps are planned for in a thread, and answered later. */
export const SHARDS_PLANNED_INLINE = 2_000;

/** Rows that are sent in one turn to whoever plans for a large app. */
export const ROWS_PER_TURN = 1_000;

/** A plan for a large app comes so many times its own time after the last one ... */
export const PAUSE_PER_PLAN = 20;

/** ... but no later than this. */
export const LARGE_PLAN_PAUSE_MAX_MS = 10_000;

/** Home keys that a row feed remembers before it sends every shard again: keys of containers that are gone are among them. */
export const HOMES_KEPT = 50_000;

/** Shards that are put into a snapshot for the planner before others may run, where readers ask. */
export const SHARDS_PER_STEP = 500;

/** Bytes of the status summary that alarms get at least; what the lists leave over goes to the first that need more. */
export const ALARMS_AT_LEAST_BYTES = 14 * 1024;

/** The same for containers. */
export const CONTAINERS_AT_LEAST_BYTES = 24 * 1024;

/** The same for unreadable records. */
export const QUARANTINED_AT_LEAST_BYTES = 4 * 1024;

/** The same for failed shards. */
export const FAILED_AT_LEAST_BYTES = 8 * 1024;

/** The same for shards without a container. */
export const UNPLACED_AT_LEAST_BYTES = 8 * 1024;

/** Specs that a removal deletes in one turn of the governor. */
export const SPECS_PER_TURN = 1_000;

/** Shards that an objection to a stop names. */
export const STRANDED_NAMED = 3;

/** No plan is made for so long after a container has left whose successor waits for its id: the successor tries every second, and needs two writes. */
export const SUCCESSOR_WAIT_MS = 5_000;
