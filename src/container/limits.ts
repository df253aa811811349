/** Limits of the SDK. */

/** How often a container that waits for its app looks for it. */
export const APP_POLL_MS = 500;

/** First pause before the app's spec is read again, after a read that failed or a watch that was lost. */
export const REWATCH_MIN_MS = 1_000;

/** Longest such pause: no shorter than between two reads that succeed. */
export const REWATCH_MAX_MS = 30_000;

/** The spec of the app is read again this often, +-20 %, ms: a watch may lose its removal without a word. 1,000 containers make 33 small reads a second. */
export const SPEC_READ_INTERVAL_MS = 30_000;

/** Records and specs read in one call; two keys each, etcd allows 128. */
export const READS_PER_CALL = 60;

/** Such calls of one container at once: what it owns is read every 30 s, and may be 10,000 shards. */
export const READ_CALLS_AT_ONCE = 4;

/** So often, +-20 %, a container whose store was restored looks whether that was accepted. */
export const LOOK_EVERY_MS = 1_000;

/** Longest pause after looks that got no answer: it is a part of the 5 s that I6 leaves. */
export const LOOK_RETRY_MAX_MS = 2_000;

/** How often the main loop tells the watchdog that it runs. */
export const REFRESH_MS = 25;

/** A main loop that has not ticked for so long stands still: it cannot see that its time is over. */
export const STANDSTILL_MS = 4 * REFRESH_MS;

/** Between two looks of a leaving container at whether it is fenced and idle. */
export const FENCED_LOOK_MS = 100;

/** A leaving container that is fenced and idle goes after T/5 and this time, so that one attempt of its heartbeat begins after the fence: a store that is there again learns of it. */
export const FENCED_LINGER_MS = 1_000;

/** How finely the delay of the event loop is measured once somebody scrapes: each look is a timer. */
export const EVENT_LOOP_RESOLUTION_MS = 20;

/** A container that nobody has called asks for its governor's word for the first time so long after it was ready. */
export const REACH_FIRST_MS = 10_000;

/** Between two looks at whether anybody has called. */
export const REACH_LOOK_MS = 10_000;

/** Without a call for so long its governor's word is read: daemons ask once in 36 s at most what it holds. */
export const REACH_QUIET_MS = 40_000;

/** Most notes on single shards in one answer of readiness. */
export const NOTES_SHOWN = 10;

/** CPU and event loop of the process are measured over at least so long, however often somebody asks. */
export const OWN_FIGURES_WINDOW_MS = 5_000;

/** Between two looks at files and functions with certificates and passwords of etcd. */
export const SECRETS_LOOK_MS = 10_000;

/** A function that gives a secret has so long for it; then it counts as failed, and is asked again with the next look. */
export const SECRET_ANSWER_MS = 30_000;

/** What the store refuses a container is said at most so often: it tries again each second, and for each shard. */
export const FAULT_SAID_EVERY_MS = 10_000;

/** Keys of the app are read again for a signature of an unknown one, so often at most, ms. */
export const KEYS_REREAD_MS = 2_000;

/** Hints without a signature are taken again when no signed call has come for so long, ms: daemons sign at least each 36 s, so only older ones are about. */
export const UNSIGNED_AFTER_MS = 120_000;

/** Calls without a valid signature that one address may make at once. */
export const UNSIGNED_CALLS_AT_ONCE = 500;

/** Calls a second without a valid signature that one address may make in the long run. */
export const UNSIGNED_CALLS_PER_SECOND = 200;

/** Shards in hints without a signature that are looked at at once: each could cost a read of the store. */
export const UNSIGNED_SHARDS_AT_ONCE = 2_000;

/** Such shards a second in the long run. */
export const UNSIGNED_SHARDS_PER_SECOND = 500;

/** Addresses whose unsigned calls are counted apart. */
export const ADDRESSES_KNOWN_LIMIT = 1_000;

/** Signed calls that are remembered so that none is taken twice. */
export const CALLS_REMEMBERED_LIMIT = 20_000;

/** An `add` that takes longer is reported as stuck, unless the application says otherwise. */
export const ADD_TIMEOUT_DEFAULT_MS = 60_000;

/** The same of the `drop` hook. */
export const DROP_TIMEOUT_DEFAULT_MS = 30_000;

/** `leave` waits for the drop of all shards for so long, unless the application says otherwise. */
export const LEAVE_TIMEOUT_DEFAULT_MS = 30_000;

/** So much of it, its end, is for shards that nobody has moved away: they are dropped and freed without being asked for. */
export const LEAVE_RELEASE_SHARE = 1 / 3;

/** Longest of these three times: one day. */
export const HOOK_TIMEOUT_LIMIT_MS = 86_400_000;

/** Time to receive the headers of a hint: slower callers would keep connections busy. */
export const HEADERS_TIMEOUT_MS = 10_000;

/** Time to receive a whole hint. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** Connections to the hint receiver at once: every daemon has a few. */
export const CONNECTIONS_LIMIT = 1_000;

/** An idle connection of a daemon stays open for so long: longer than any pause between two of its calls. */
export const KEEP_ALIVE_MS = 65_000;
