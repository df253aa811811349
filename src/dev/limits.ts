/** Limits of sm dev and sm canary. */

/** Without an effect for longer a shard stands still; owners act every 20 ms where they have few shards. */
export const STANDING_MS = 1_000;

/** An order may lie so far before the gap that it caused: a drained container lets its shards go one after another. */
export const FAULT_BEFORE_MS = 5_000;

/** Gaps of each kind kept for the percentiles, the newest. */
export const GAPS_KEPT = 10_000;

/** Terms remembered for each shard: reports come late by seconds, not by a hundred owners. */
export const TERMS_KEPT = 100;

/** Breaches remembered in words; all are counted. */
export const BREACHES_KEPT = 20;

/** Pause before a container that gave up is started again. */
export const RESTART_MS = 1_000;

/** Shards named in one line; the rest is counted. */
export const SHARDS_NAMED = 8;

/** T of the demo containers: the shortest there is, so that a lost one is missed within seconds. */
export const DEMO_TTL_MS = 3_000;

/** Shards of one call, at most what a call may hold. */
export const SHARDS_PER_CALL = 10_000;

/** How long a demo waits for a daemon that answers. */
export const PATIENCE_MS = 60_000;

/** Pause before a demo asks the daemon again. */
export const RETRY_MS = 500;

/** Moves that end within so long are one line. */
export const GATHER_MS = 300;

/** Pause before a lost stream of moves is opened again. */
export const STREAM_RETRY_MS = 500;

/** A drained container that is not empty by then is let go on. */
export const DRAIN_LIMIT_MS = 15_000;

/** How often chaos looks whether a drained container is empty. */
export const DRAIN_LOOK_MS = 200;

/** How often chaos says whether a shard had two owners. */
export const VERDICT_EVERY_MS = 5_000;

/** A demo container acts for its shards this often. */
export const EFFECTS_EVERY_MS = 20;

/** Effects of one round; with more shards each has its turn later. */
export const EFFECTS_PER_ROUND = 50;

/** How long a canary waits for its containers to leave in order. */
export const LEAVE_LIMIT_MS = 15_000;

/** How long a canary that ends tries to remove its shards. */
export const REMOVE_LIMIT_MS = 10_000;

/** Ports tried by a store or a daemon of sm dev, as each may be taken between the choice and the listening. */
export const PORT_TRIES = 5;

/** Shortest time between two faults of chaos. */
export const CHAOS_EVERY_MIN_MS = 1_000;

/** Longest time between two faults of chaos. */
export const CHAOS_EVERY_MAX_MS = 3_000;

/** Shortest pause of a container by chaos, in T: nothing is lost. */
export const CHAOS_PAUSE_MIN_FACTOR = 0.3;

/** Longest pause, in T: the container loses its shards. */
export const CHAOS_PAUSE_MAX_FACTOR = 2;

/** A killed container starts again after this time at the earliest. */
export const CHAOS_RESTART_MIN_MS = 500;

/** A killed container starts again after this time at the latest. */
export const CHAOS_RESTART_MAX_MS = 2_000;
