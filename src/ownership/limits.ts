/** Limits of the machines of containers, leadership and silence. */

/** Stretches that are remembered, each about T long. */
export const CLOCK_STRETCHES = 6;

/** A difference this far below what is expected is not a delay that has ended but a step of a clock, or a watcher that was not awake, ms. */
export const CLOCK_STEP_MS = 50;

/** What is expected changes by the rate that is known, give or take this share of the time; by the second where none is known yet. */
export const CLOCK_STEP_SHARE = 0.05;

/** The same while the rate of the clock is not known yet. */
export const CLOCK_STEP_UNKNOWN_SHARE = 0.25;

/** A rate needs a stretch of so many T between its ends: what is left of the delays must not count for a rate. */
export const BASELINE_TTLS = 2;

/** Beyond this the number is not believed: W would outgrow 2T, which is what the promises about time are made of. */
export const CLOCK_EXCESS_MOST_SHARE = 0.9;

/** Longest wait for one attempt, ms. */
export const HEARTBEAT_ATTEMPT_LIMIT_MS = 2_000;

/** An attempt without an answer is followed by the next one so long after its send, ms; the step doubles with each that fails. */
export const RETRY_STEP_MS = 50;

/** Of T: the longest step while the right to act can still be saved. After it has ended the steps grow to the usual interval. */
export const RETRY_STEP_SHARE = 1 / 20;

/**
 * An attempt that repeats one without an answer waits so many times what answers took of late, for what a member has sent to a leader
 * that is dead is never answered, and another member may know a living one. At least this share of T, at most the whole limit.
 */
export const RETRY_LIMIT_ROUND_TRIPS = 4;

/** Of T: the least that such an attempt waits for its answer. */
export const RETRY_LIMIT_SHARE = 1 / 20;

/** Of the attempts in a row without an answer each fourth waits the whole limit: a store that has become slow must still be heard. */
export const PATIENT_ATTEMPT_EVERY = 4;

/** A slow answer counts for less with each that follows. */
export const ROUND_TRIP_DECAY_FACTOR = 0.8;

/** Nonces of attempts without an answer that are remembered: in an outage that lasts longer, further attempts repeat the newest one. */
export const UNANSWERED_LIMIT = 1_000;

/** An action that came to nothing is tried again after this, ms. */
export const ELECTION_RETRY_MS = 300;

/**
 * With nobody leading for so long, one that still waits for its id leads, ms: where all wait for ids of dead incarnations,
 * only a leader can evict those, and nobody else will ever come.
 */
export const STANDBY_LEADS_AFTER_MS = 1_000;

/** Heartbeats come about every 3 s; a session without any for so long is taken for dead though its key lives. */
export const BEAT_LIMIT_MS = 15_000;

/** First pause before a call to a push container that failed is made again. */
export const PUSH_RETRY_MIN_MS = 500;

/** Longest pause before such a call is made again. */
export const PUSH_RETRY_MAX_MS = 8_000;

/** An accepted call that shows no effect is repeated after so long. */
export const PUSH_REPEAT_MS = 5_000;

/** Heartbeats kept to count how many came after an answer. */
export const BEATS_KEPT = 4;

/** A heartbeat that was being made when a call was answered tells nothing of it; the second one does. */
export const BEATS_TO_BELIEVE = 2;

/** So many heartbeats without a shard that was accepted or running: the container gets the hint again. */
export const BEATS_TO_MISS = 3;

/** A drop that was accepted and shows no effect for so long raises an alarm. */
export const IGNORED_DROP_MS = 15_000;

/** An add that shows no effect for so long raises an alarm, whether it was accepted or is not answered. */
export const SLOW_ADD_MS = 60_000;

/** So many adds of different shards without an answer, and none answered in between: a push container gets nothing new. One alone may be the shard's fault. */
export const UNANSWERED_ADDS_TO_CLOSE = 2;

/** A push container that has answered no add yet gets nothing new when its first one takes so long: before what it was given besides counts as unclaimed. */
export const FIRST_ANSWER_MS = 3_000;

/** A push container that answers no call for so long raises an alarm. */
export const UNREACHABLE_MS = 60_000;

/** Names remembered as listed before, besides those of the newest heartbeat. */
export const EVER_LISTED_LIMIT = 20_000;

/** The alarm of a shard that was listed where it is not recorded stays for so long. */
export const STRAY_SHOWN_MS = 60_000;

/** When a shard's record has to be read next, and how long to wait after a read that failed. Pure. */
export const READ_RETRY_MIN_MS = 100;

/** Longest pause before a read of a record is sent again. */
export const READ_RETRY_MAX_MS = 5_000;

/** Reconciliation reads every record that is owned or pending this often, +-20 %. */
export const RECONCILE_INTERVAL_MS = 30_000;

/** Longest pause between two tries to take the container id: a governor keeps the shards of the last holder for its successor, but not for long. */
export const LONGEST_ID_PAUSE_MS = 1_000;

/** The wait for a taken id is logged this often. */
export const WAITING_NOTICE_MS = 10_000;

/** Longest pause before a drop that threw is called again. */
export const DROP_RETRY_MAX_MS = 5_000;

/** The pause before a drop that threw is called again begins at twice this, and doubles. */
export const DROP_RETRY_MIN_MS = 500;

/** A record that is mine without a spec is looked at again after this time. */
export const SPEC_RETRY_MS = 1_000;

/** High-water marks kept of shards that are not here any more. */
export const MARKS_LIMIT = 100_000;

/**
 * Shards that somebody has asked for and that are not owned. A governor leaves at most 200 unclaimed to a container; anybody may ask for
 * any, and while the store is away nobody gets the answer that there is no such shard.
 */
export const ASKED_LIMIT = 2_000;

/** Heartbeats' worth of time without a committed write after which the count of a silence starts again: the store may have been away. */
export const PROBE_GAP_HEARTBEATS = 2;
