/** Limits of the command line. */

/** First pause before a lost connection is tried again. */
export const RETRY_MIN_MS = 250;

/** Longest pause before a lost connection is tried again. */
export const RETRY_MAX_MS = 8_000;

/** Longest duration that a flag takes, 500 h: timers of Node end below 25 days. */
export const DURATION_MAX_MS = 500 * 3_600_000;

/** Most files that one apply reads: a folder given by mistake is refused. */
export const FILES_LIMIT = 1_000;

/** Longest that one call of `sm wait` stays open at the daemon. */
export const POLL_MS = 10_000;

/** Least time between two looks, so that counts move. */
export const LOOK_MS = 1_000;

/** A look that takes longer than this makes the next ones rarer. */
export const COST_FREE_MS = 50;

/** Pause before a look that failed is made again. */
export const RETRY_MS = 500;

/** A look without an answer for so long beyond the time it may stay open is given up and made again. */
export const CALL_LIMIT_MS = 30_000;

/** How long commands wait for a goal unless --timeout says otherwise. */
export const WAIT_DEFAULT_MS = 600_000;

/** Most words that a completion offers: a shell shows no more in a useful way. */
export const CANDIDATES_LIMIT = 500;

/** Window of shards for readers of lines, who want all; no screen needs it. */
export const ALL_ROWS = 100_000;

/** Least time between two frames: at most four a second. */
export const FRAME_MS = 250;

/** How often a frame is drawn without news: ages go on. */
export const TICK_MS = 1_000;

/** A filter is typed letter by letter: the daemon is asked when there is a pause of so long. */
export const QUERY_PAUSE_MS = 300;

/** How long the first message of a stream may take: it may need a listing of everything. */
export const FIRST_WORD_MS = 30_000;

/** That a daemon has too many calls is said again after so long at the earliest. */
export const LIMITED_SAID_INTERVAL_MS = 60_000;

/** Width of a terminal that does not say its own. */
export const COLUMNS_DEFAULT = 80;

/** Height of a terminal that does not say its own. */
export const ROWS_DEFAULT = 24;

/** Work that takes less gets no bar. */
export const BAR_FROM_MS = 1_000;

/** Least time between two drawings of a bar. */
export const REDRAW_MS = 250;

/** Width of the bar itself. */
export const BAR_WIDTH_COLUMNS = 20;

/** Width of a line with a bar where the terminal does not say its own. */
export const PROGRESS_COLUMNS_DEFAULT = 80;

/** The marker of an apply is renewed at least so often; it is free after 60 s without. */
export const RENEW_MS = 10_000;

/** Calls of one apply at once. */
export const CALLS_IN_FLIGHT = 8;

/** Shards of one call, at most what a call may hold. */
export const ITEMS_PER_CALL = 10_000;

/** Bytes of one call with shards: below the daemon's limit of 4 MiB. */
export const BYTES_PER_CALL = 3_500_000;

/** Pause between two looks whether a daemon is ready. */
export const DAEMON_LOOK_MS = 500;

/** A recording looks at containers so often: one that falls silent is seen before it is gone. */
export const RECORD_CONTAINERS_EVERY_MS = 2_000;

/** A recording looks at shards and their loads so often; daemons ask containers for them as often. */
export const RECORD_SHARDS_EVERY_MS = 10_000;

/** Where a look at all shards takes long, the pause until the next one is so many times as long. */
export const RECORD_PAUSE_FACTOR = 20;

/** Shards that a recording asks for in one call. */
export const RECORD_PAGE = 1_000;

/** Of a recording: room for its last line. */
export const RECORD_END_BYTES = 64;

/** Findings of `sm audit` that people see; JSON and YAML hold all that were kept. */
export const FINDINGS_SHOWN = 20;

/** Exit code of `sm dev` and `sm canary` when a shard had two owners. */
export const TWO_OWNERS_EXIT = 10;

/** `sm canary` prints its figures this often. */
export const CANARY_REPORT_MS = 10_000;

/** Longest wait for a daemon during shell completion: the user is waiting at a key. */
export const COMPLETION_LIMIT_MS = 1_000;

/** Port of the admin API of `sm dev` when it is free. */
export const DEV_PORT = 8_801;

/** Port of the store of `sm dev` when it is free. */
export const DEV_STORE_PORT = 2_379;

/** Most moves that one call of `sm moves` asks for. */
export const MOVES_LIMIT = 10_000;

/** How long a daemon that ends waits for a reader of its last log lines. */
export const LAST_LINES_MS = 1_000;

/** Rows of the table that `sm shard add` prints; other formats hold all. */
export const ADDED_ROWS_SHOWN = 20;

/** Shards that one call of `sm shard ls` asks for. */
export const SHARDS_PAGE = 10_000;

/** Apps in trouble that `sm status` names; further ones are counted. */
export const APPS_NAMED = 10;

/** Shards that cannot be read which a refused export names; the rest is counted. */
export const SHARDS_NAMED = 10;

/** New shards that a dry run of apply lets the daemon check: one call of usual size. */
export const CHECKED_SHARDS = 1_000;

/** Lines of its stack that the report of an internal error has. */
export const STACK_LINES_SHOWN = 3;

/** Moves that `sm plan` lists unless --limit says otherwise: about one screen. */
export const PLAN_MOVES_DEFAULT = 50;

/** Containers of `sm dev` and `sm canary`: the fewest of which one can be lost and a choice remains. */
export const LOCAL_CONTAINERS_DEFAULT = 3;

/** Most containers of `sm dev` and `sm canary`: each is a process of this machine. */
export const LOCAL_CONTAINERS_LIMIT = 50;

/** Shards of `sm dev` and `sm canary`. */
export const LOCAL_SHARDS_DEFAULT = 12;

/** Fewest containers of a canary: with one nothing is handed over. */
export const CANARY_CONTAINERS_LEAST = 2;

/** Most shards of a canary: every one is acted for all the time. */
export const CANARY_SHARDS_LIMIT = 1_000;

/** Most shards of `sm dev`. */
export const DEV_SHARDS_LIMIT = 10_000;

/** Most containers of a synthetic trace: larger fleets take hours to simulate. */
export const SIMULATED_CONTAINERS_LIMIT = 1_000;

/** A live view that receives nothing for so long connects again: three of the daemon's signs of life (every 2 s) and 1 s more. */
export const SILENCE_MS = 7_000;
