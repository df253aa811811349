/** Limits of containers that speak the push protocol. */

/** How often the gateway looks at what is due. */
export const TICK_MS = 500;

/** Most characters of a container's refusal that are kept. */
export const MESSAGE_LIMIT = 200;

/** Calls at once to one container. */
export const CALLS_PER_CONTAINER = 8;

/** Shards that a container may have claimed while it has answered no add and listed no shard: it may hang in all of them. */
export const FIRST_CLAIMS = 2;

/** An answer this recent is proof enough that the container can be reached. */
export const REACHED_MS = 10_000;

/**
 * Life of the guard lease: ten years. Longer than any outage of all daemons, so that no shard stops because nobody renewed; not etcd's
 * longest (285 years), so that one that is left behind by a broken removal ends some day.
 */
export const GUARD_TTL_S = 315_360_000;

/**
 * A guard lease granted for no longer is one of the Go project, which gives it 15 s and renews it: it would end with the first outage
 * of all daemons.
 */
export const SHORT_GUARD_LIMIT_S = 3_600;

/** Life of the lease between two guards: far longer than a handover takes. */
export const BRIDGE_TTL_S = 600;

/** Until each container has moved its shards to the bridge: it looks at them every 300 ms. */
export const BRIDGE_WAIT_MS = 2_000;

/** Until each container has moved its shards to the new guard. */
export const GUARD_WAIT_MS = 3_000;

/** How often the guard lease of an app without push containers is looked at and renewed: far below its life. */
export const CHECK_INTERVAL_MS = 10 * 60_000;

/** The same with push containers: a lost guard is noticed within 30 s. */
export const WATCHED_CHECK_INTERVAL_MS = 20_000;

/** For so long the loss of a guard lease is shown after a new one has taken its place. */
export const LOSS_SHOWN_MS = 5 * 60_000;

/** Pause before a renewal that failed is tried again. */
export const RETRY_MS = 2_000;

/** The alarm of a second process with the id of a container stays for so long after it was last seen. */
export const DOUBLED_SHOWN_MS = 60_000;

/**
 * What a container that is gone keeps in the store is deleted so long before its shards may run elsewhere: longer than one that starts needs
 * from reading it to showing its session, and the look at what is due.
 */
export const STORED_DELETED_BEFORE_MS = 1_500;

/**
 * At a take-over: so long for the first heartbeat of a container that has a session and nothing else yet. It runs what it has kept already; one
 * that waits for its id has it at the latest when the session before it has ended, which is after 5 s.
 */
export const WAITING_LIMIT_MS = 6_000;

/** How often it is looked for. */
export const WAITING_LOOK_MS = 500;

/** Push containers that an alarm names; the others are counted, roughly. */
export const SESSIONS_NAMED = 3;

/** Sessions without a proxy heartbeat that one look goes through: each has its turn. Anybody may write any number of them. */
export const TURNS_PER_TICK = 250;

/** Sessions with news that are looked at before others have a turn of the event loop. */
export const HEARD_PER_TURN = 250;

/** So many shards in their heartbeats end that turn as well; one session is always looked at. */
export const LISTED_PER_TURN = 5_000;

/** Calls at once to all containers of an app that are not registered: anybody may write any number of sessions, each with an address of its choice. */
export const CALLS_TO_UNREGISTERED = 32;
