/** Limits of the embedded store: where etcd has the same limit, its value. */

/** Bytes of all answers together that callers have not taken yet. Beyond it, answers that are overdue are cut off, and then new large ones are refused with RESOURCE_EXHAUSTED. An answer that is larger than this goes out when it is the only one. */
export const ANSWERS_LIMIT_BYTES = 256 * 1024 * 1024;

/** An answer up to this size is never refused: heartbeats and claims are smaller. */
export const SMALL_ANSWER_BYTES = 64 * 1024;

/** An answer that its caller has not taken after this time, and the time for its bytes, is overdue: it is cut off when others need the memory. */
export const UNTAKEN_MS = 5_000;

/** A caller that takes an answer more slowly than this is overdue in the end. */
export const TAKEN_BYTES_PER_SECOND = 16 * 1024 * 1024;

/** What an answer, or a key and its value, takes beside their texts, about: for the sum of all answers. */
export const ANSWER_ENVELOPE_BYTES = 64;

/** A token ends so long after its last use, as etcd's simple tokens do; its client then logs in again. */
export const TOKEN_TTL_DEFAULT_MS = 300_000;

/** Tokens that are kept. The one that was not used for longest is forgotten first, and its client logs in again. */
export const TOKENS_LIMIT = 10_000;

/** Wrong passwords that another machine may send in a row. Further ones are refused with RESOURCE_EXHAUSTED, right or wrong. */
export const GUESSES_AT_ONCE = 20;

/** From then on it may send one each time that so long has passed. */
export const GUESS_REFILL_MS = 1_000;

/** Addresses whose wrong passwords are counted apart; beyond, the oldest count is forgotten. */
export const ADDRESSES_KNOWN = 1_000;

/** Bytes of the log that one write and one sync of the disk take; what waits beyond goes with the next. */
export const LOG_BATCH_LIMIT_BYTES = 4 * 1024 * 1024;

/** Between two tries of a full disk: one write is let through to see whether there is space again, all others are refused. */
export const DISK_TRY_MS = 1_000;

/** Connections at once, where the system allows as many descriptors. A container takes about four. Beyond it, an idle connection is closed for the new one; where none is idle, the new one is refused and logged. */
export const CONNECTIONS_LIMIT = 4_000;

/** Part of the descriptors of the process that connections to the store may take: the admin API and calls to containers need the others. */
export const CONNECTIONS_SHARE = 0.5;

/** Part of all connections that one other machine may have; beyond it only its own idle connections make room for it. */
export const ADDRESS_SHARE = 0.25;

/** A connection without an accepted call is idle after so long without a byte. */
export const STRANGER_IDLE_MS = 1_000;

/** A connection with accepted calls is idle after so long without a byte: clients with a call under way ask every 7 s whether the store is there. */
export const CALLER_IDLE_MS = 60_000;

/** Refused connections are logged once in so long, with their number. */
export const REPORT_MS = 60_000;

/** Tries to get the lock of a data directory while other processes try the same; then the start fails with CONFLICT. */
export const LOCK_ATTEMPTS = 10;

/** A process that has the lock, and of which only its beat can be seen, is gone when the beat has not changed for so long. */
export const LOCK_TTL_MS = 5_000;

/** How often it changes its beat. */
export const LOCK_BEAT_INTERVAL_MS = LOCK_TTL_MS / 5;

/** After its last beat the owner of the lock answers for so long without asking the directory; a process that takes the lock over has waited longer. */
export const LOCK_TRUSTED_MS = LOCK_TTL_MS * 0.8;

/** The wait for an unchanged beat: longer, for the watcher's clock may be a little fast and its reading early. */
export const LOCK_SILENCE_MS = LOCK_TTL_MS * 1.1;

/** Between two looks at that beat. */
export const LOCK_LOOK_INTERVAL_MS = 100;

/** Longest path of the lock's socket: the system cuts longer ones without an error (108 bytes on Linux, 104 elsewhere). Linux then reaches it by the open directory; elsewhere there is no socket and the beat decides. */
export const SOCKET_PATH_LIMIT_BYTES = 100;

/** A connection to the lock's socket that is not taken for so long counts as taken: a paused process holds its lock. */
export const SOCKET_ANSWER_LIMIT_MS = 2_000;

/** Dropped entries at the front of the list of changes from which on the list is cut: cutting at each would copy it each time. */
export const EVENT_LOG_SLACK = 4_096;

/** Read from a file at once. A larger frame makes the window grow. */
export const READ_WINDOW_BYTES = 1024 * 1024;

/** Size of the state, if the heap is twice as large; else half the heap. Beyond it, writes that grow the store are refused with etcd's alarm NOSPACE. */
export const QUOTA_DEFAULT_BYTES = 2 * 1024 ** 3;

/** Largest message that is received, as etcd: its limit of a request and half a MiB for what surrounds it. A larger one is refused with RESOURCE_EXHAUSTED. */
export const MESSAGE_LIMIT_BYTES = 2 * 1024 * 1024;

/** Calls and watches of one connection at once; further ones wait at the client. A container has a few; etcd has no limit. */
export const STREAMS_LIMIT = 1_000;

/** What a version costs beside key and value, about: object, entries in index and log. */
export const VERSION_OVERHEAD_BYTES = 128;

/** Largest request (etcd's --max-request-bytes); a larger one is refused as "request is too large". */
export const REQUEST_LIMIT_BYTES = 1.5 * 1024 * 1024;

/** What etcd's own envelope adds to a request before it compares it with the limit, about. */
export const REQUEST_ENVELOPE_BYTES = 20;

/** Operations of one transaction (etcd's --max-txn-ops); more are refused as "too many operations". */
export const OPS_PER_TXN_LIMIT = 128;

/** How often leases are looked at for those whose time is over. */
export const LEASE_TICK_MS = 200;

/** Leases that are revoked at one look; the others wait for the next. */
export const LEASES_REVOKED_PER_TICK = 1_000;

/** Pause before a revocation that the log did not take is tried again. */
export const REVOKE_RETRY_MS = 1_000;

/** Shortest TTL of a lease, etcd's with its default election timeout; a shorter one is lengthened to it. */
export const LEASE_TTL_MIN_S = 2;

/** Longest TTL of a lease, etcd's; a longer one is refused as "too large lease TTL". */
export const LEASE_TTL_MAX_S = 9_000_000_000;

/** Random bytes of the password that a new data directory gets. */
export const PASSWORD_BYTES = 32;

/** Keys of one block of the index; a block with more is split, so that an insertion moves few. */
export const INDEX_BLOCK_LIMIT = 512;

/** A snapshot is written when the log has grown by this since the last one, or by the size of the state where that is more. */
export const SNAPSHOT_BYTES = 16 * 1024 * 1024;

/** Keys that a snapshot takes in one turn of the event loop. */
export const SNAPSHOT_KEYS_PER_TURN = 1_000;

/** Bytes that a snapshot collects before it writes them. */
export const SNAPSHOT_CHUNK_BYTES = 256 * 1024;

/** Old versions that a compaction removes in one turn: about a millisecond of work. */
export const VERSIONS_PER_TURN = 2_000;

/** A watcher that asked for fragments gets answers up to about this size. */
export const FRAGMENT_LIMIT_BYTES = 1.5 * 1024 * 1024;

/** What a change takes beside keys and values in an answer to a watcher, about. */
export const EVENT_OVERHEAD_BYTES = 48;

/** A watcher without changes hears the revision this often, as from etcd. */
export const PROGRESS_INTERVAL_MS = 10 * 60_000;

/** Bytes of old changes after which an answer to a watcher that catches up ends, at the end of a revision. */
export const WATCH_BATCH_LIMIT_BYTES = 512 * 1024;

/** The same as a number of changes. */
export const WATCH_BATCH_LIMIT = 1_000;

/** Changes that are looked at for such watchers before other work gets its turn. */
export const WATCH_SCAN_LIMIT = 20_000;

/** How often a store in a thread of its own says what there is, and how long its syncs took. */
export const THREAD_FIGURES_MS = 1_000;

/** Longest that such a store waits for its process to take the file of the password, before it answers anybody. */
export const THREAD_PASSWORD_MS = 5_000;
