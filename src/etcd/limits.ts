/** Limits of the etcd client. */

/** Time of one attempt at one endpoint. An endpoint that hangs must leave time for another one within a heartbeat. */
export const ATTEMPT_LIMIT_MS = 2_000;

/** With several endpoints each gets at least so long for its connection to be opened, before the next one is tried. */
export const CONNECT_SHARE_MIN_MS = 500;

/** An endpoint that could not be connected to is passed over for so long: gRPC's own longest pause between two tries. */
export const REST_MS = 1_000;

/** First pause before a lost watch is opened again. */
export const RECONNECT_MIN_MS = 50;

/** Longest pause before a lost watch is opened again: I6 counts from the moment etcd is back. */
export const RECONNECT_MAX_MS = 1_000;

/** A stream that has watched for so long before it ended had worked, also where nothing came: the next one is opened after the first pause. */
export const STREAM_LASTS_MS = 10_000;

/** Between two questions how far a stream of history has come. */
export const PROGRESS_EVERY_MS = 150;

/** Between two streams of history after a failure. */
export const RETRY_MS = 300;

/** Failures in a row before a reader of history gives up. */
export const RETRIES_LIMIT = 20;

/** Keys that the error of a denied call names; all are counted. */
export const KEYS_NAMED = 3;

/** So much of each of them. */
export const KEY_SHOWN_CHARACTERS = 200;

/** Keys of one page when a store is copied, values and all. */
export const PAGE_KEYS = 1_000;

/** Time of one page or transaction when a store is copied. Large values take their time. */
export const CALL_LIMIT_MS = 10_000;

/** A watch that does not say how far it has come is asked again after so long. */
export const ASK_AGAIN_MIN_MS = 50;

/** The pause doubles each time, up to this one: a store that does not answer is busy enough. */
export const ASK_AGAIN_MAX_MS = 1_000;

/** A new watcher has caught up with its past after so long: etcd looks every 100 ms. */
export const CATCH_UP_MS = 250;

/** A page of a listing with fewer keys than this share of what it may have is followed by a wider one. */
export const PAGE_FULL_SHARE = 0.25;

/** A note whose password is refused is not tried again for so long. */
export const REFUSED_LOGIN_MS = 1_000;

/** A call whose login is older than the users and roles of etcd is made with a new login, so many times in all. */
export const LOGIN_TRIES = 4;

/** Time of a login: where many clients log in at once etcd compares their passwords side by side, and answers all of them late. */
export const LOGIN_LIMIT_MS = 30_000;

/** After a login that was refused the next one is made so much later, at first. */
export const LOGIN_PAUSE_MIN_MS = 1_000;

/** The longest such pause, give or take some by chance. */
export const LOGIN_PAUSE_MAX_MS = 8_000;

/** Calls without an answer end the login of their client at most so often. */
export const LOGIN_KEPT_MS = 10_000;

/** Of etcd's metrics no more is read: they have 150 kB. */
export const METRICS_LIMIT_BYTES = 4 * 1024 ** 2;

/** Connections whose secrets have changed stay open so long for calls under way: longer than any call may last. */
export const RENEWED_CLOSE_MS = 30_000;

/** A connection with a call under way is tested with a ping so often. etcd closes connections with pings less than 5000 apart (a stalled event loop sends two close together), and 3.4 also those that ping without a call. */
export const KEEPALIVE_MS = 7_000;

/** A connection that does not answer a ping by then is closed, and its calls fail. */
export const KEEPALIVE_ANSWER_MS = 2_000;

/** A watch response with at most so many events is taken at once, unless earlier responses wait. Longer ones are taken in slices. */
export const EVENTS_AT_ONCE = 20;

/** Events of a long response that are taken before other work may run. A transaction of sm has at most about as many. */
export const EVENTS_PER_STEP = 100;

/**
 * A connection over which nothing has come for so long is given up when a call on it is late. gRPC's own pings find a dead connection after up to 9 s; a member that can
 * be reached again needs a new connection sooner.
 */
export const SILENT_CONNECTION_MS = 2_000;

/** A connection that is being opened is not given up for so long, even when calls on it are late: a busy etcd takes longer to open one. */
export const CONNECTING_LIMIT_MS = 3_000;
