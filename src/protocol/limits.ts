/** Limits of records and of the HTTP interfaces, as both ends know them. */

/** Largest body of an ordinary request. None needs more, and a caller who is nobody yet cannot make the daemon hold more. */
export const BODY_LIMIT_BYTES = 64 * 1024;

/** Largest body of a request that may hold a task: 64 Ki characters of up to four bytes, and the rest. */
export const TASK_BODY_LIMIT_BYTES = 4 * BODY_LIMIT_BYTES + BODY_LIMIT_BYTES;

/** Largest body of a batch. Its text is parsed in one go, and nothing else runs meanwhile. */
export const BATCH_BODY_LIMIT_BYTES = 4 * 1024 * 1024;

/** Most characters of a reason given by an operator. Each audit entry keeps it. */
export const REASON_MAX_CHARACTERS = 1024;

/** Most items of one add-shards or del-shards call: its answer names each of them. */
export const BATCH_ITEMS_LIMIT = 10_000;

/** Shards on a page of get-shards unless the caller says otherwise. */
export const SHARD_PAGE_DEFAULT = 1_000;

/** Most shards on a page of get-shards: a page is printed in one go. */
export const SHARD_PAGE_LIMIT = 10_000;

/** Most containers that a what-if may add. It bounds the work of one call. */
export const PLAN_ADD_LIMIT = 10_000;

/** Rows of each list of moves unless the caller says otherwise. */
export const MOVES_DEFAULT = 1_000;

/** Most rows of each list of moves: an answer is printed in one go. */
export const MOVES_LIMIT = 10_000;

/** Events of one answer unless the caller says otherwise: the newest. */
export const EVENTS_DEFAULT = 100;

/** Most events of one answer: as many audit entries as are kept. */
export const EVENTS_LIMIT = 10_000;

/** Longest wait of one wait-check call. Below the 30 s after which proxies and clients give a silent call up. */
export const WAIT_TIMEOUT_LIMIT_MS = 25_000;

/** Most entries of `missing` in an answer of wait-check; the rest is counted. */
export const MISSING_LIMIT = 20;

/** A marker whose holder has said nothing for so long may be taken by another file. The holder renews it every 10 s. */
export const APPLY_MARKER_TTL_MS = 60_000;

/** Rows of one message of a live view, so that no message is long. */
export const LIVE_PART_ROWS = 500;

/** Shards in the window of a live view unless the caller says otherwise: more than a screen shows. */
export const LIVE_SHARDS_DEFAULT = 500;

/** Most shards in the window of a live view: all of a large app, for readers of lines. */
export const LIVE_SHARDS_LIMIT = 100_000;

/** Most rows of containers in a live view, those in trouble first. */
export const LIVE_CONTAINERS_LIMIT = 5_000;

/** Most rows of apps in a live view, those in trouble first. */
export const LIVE_APPS_LIMIT = 1_000;

/** Most rows of running moves in a live view. */
export const LIVE_MOVES_LIMIT = 500;

/** Most rows of finished moves in a live view, the newest. */
export const LIVE_FINISHED_LIMIT = 100;

/** Most alarms in the figures of a live view; the rest is counted. */
export const LIVE_ALARMS_LIMIT = 20;

/** Longest filter of a live view: no id is longer. */
export const FILTER_MAX_CHARACTERS = 200;

/** A live stream says something at least this often. A client that hears nothing for three of them has lost it. */
export const LIVE_BEAT_MS = 2_000;

/** Most items of one hints call. More go in further calls. */
export const HINTS_LIMIT = 100;

/** Longest text of a record that a hint brings along. A longer one is left out, and read from etcd. */
export const HINT_RECORD_LIMIT_BYTES = 512;

/** Most bytes of the headers of a request: Node's own default. */
export const HEADER_LIMIT_BYTES = 16 * 1024;

/** Deepest nesting of arrays and objects that is read; ours need four. Deeper texts cannot be written again: JSON.stringify recurses. */
export const JSON_DEPTH_LIMIT = 32;

/** Most shards that one container may list: as many as an app may have. */
export const LISTED_LIMIT = 100_000;

/** Most containers of one question whether they may be stopped: a deploy stops a few at a time. */
export const STOP_CONTAINERS_LIMIT = 1_000;

/** Longest pause or pin that ends by itself: 500 h, as long as any duration of the command line. */
export const LASTING_LIMIT_MS = 500 * 3_600_000;

/** Bytes of a key that signs calls between daemons and containers. */
export const CALL_KEY_BYTES = 32;

/** A signed call is taken while its time differs by at most so much from the clock of who is called, ms. */
export const CALL_WINDOW_MS = 30_000;

/** Latest time that a record may name, Unix ms: the year 9999. */
export const INSTANT_MOST_MS = 253_402_300_799_000;

/** Most characters of an id or name that a request filters or waits for. */
export const KEY_MAX_CHARACTERS = 256;

/** Most characters of the cursor of a page. */
export const CURSOR_MAX_CHARACTERS = 1_024;

/** Most moves that one call cancels. */
export const CANCELLED_LIMIT = 10_000;

/** Most containers that a trial plan leaves out. */
export const PLAN_WITHOUT_LIMIT = 10_000;

/** Entries of each list of a plan, unless the request says otherwise. */
export const PLAN_MOVES_DEFAULT = 1_000;

/** Most entries of each list of a plan. */
export const PLAN_MOVES_LIMIT = 100_000;

/** Shortest time for which an order or a permission may last. */
export const LASTING_MIN_MS = 1_000;

/** Most unserved shards that a permission to stop may accept. */
export const UNSERVED_LIMIT = 1_000_000;

/** Texts that records have in common and that are kept once, at most. */
export const SHARED_TEXTS = 20_000;

/** A longer text is hardly one that many records have. */
export const SHARED_TEXT_CHARACTERS = 128;
