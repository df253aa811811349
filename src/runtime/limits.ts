/** Limits of clocks and of the engine. */

/** os.uptime() has a grain of 10 ms: a smaller lead of boot time over the monotonic clock means nothing. */
export const BOOT_GRAIN_MS = 20;

/** Where os.uptime() tells whole seconds only, as on macOS, boot time may lag by so much, ms: that means nothing. */
export const COARSE_BOOT_GRAIN_MS = 1_020;

/** A wall clock that is being slewed runs a little fast; only a jump beyond this is time that has passed unseen. */
export const WALL_JUMP_MS = 250;

/** Between two readings of an attentive clock at most so much counts: with the shortest T, one heartbeat and this are well below 2T/5, from which on a container is suspect. */
export const ATTENTION_LIMIT_MS = 250;

/** How often an attentive clock reads itself. */
export const ATTENTION_TICK_MS = 100;

/** Boot time is read again only when another clock has moved by so much: a system call at each guard cost more than the rest of it. A suspension moves the wall clock, so it is seen. */
export const BOOT_READ_INTERVAL_MS = 2;

/** Between two attempts with new certificates or a new password that were refused, ms: a new password is often in its file before etcd has it. */
export const RENEWAL_RETRY_MS = 2_000;

/** A collection begins when the heap has grown by this much over what the last one left alive. In a loop that only allocates the peak fell from 358 to 204 MB, and no time was lost. */
export const HEAP_GROWTH_PERCENT = 100;

/** Bytecode that may be compiled into one function along with it. V8's own limit is 920. The work of a daemon just started, with 10,000 shards, fell by 12 %. */
export const INLINED_BYTECODE = 250;

/** Work in parts may keep the event loop for so long in one turn, however many there are who work so. */
export const SLICE_MS = 5;

/** Least time of one part in one turn, so that each makes progress however many there are. New work leaves at least so much of a turn's budget to work that waits. */
export const LEAST_SLICE_MS = 1;

/** Heavy work rests as long as it took, but no longer than this: the process may have been stopped for part of that time. */
export const REST_MAX_MS = 20;

/** While other apps use the process, a piece of bulk work begins when the event loop has rested for this share of the time that it has worked since the last piece. */
export const BULK_REST_SHARE = 1;

/** Least time between two pieces of bulk work then: in less the use of the event loop is not known. */
export const BULK_GAP_MS = 5;

/** A piece of bulk work begins after so long however busy the event loop is. */
export const BULK_WAIT_MAX_MS = 250;

/** An app is alone when no other has asked for anything for so long. */
export const BULK_ALONE_MS = 1_000;

/** How often the use of the event loop is looked at while bulk work waits. */
export const BULK_LOOK_MS = 2;

/** Least wait of a timer for a machine's turn: events that come within it are taken together. */
export const TURN_MS = 1;

/** After a shorter turn a machine does not rest. */
export const HEAVY_TURN_MS = 2;

/** Lines that the audit file has not taken yet; what comes beyond is lost. */
export const AUDIT_FILE_BACKLOG_BYTES = 1024 * 1024;

/** Characters of the log that wait for a slow reader; what comes beyond is lost. */
export const LOG_BACKLOG_CHARACTERS = 1024 * 1024;

/** That lines of the log, or of the audit file, are lost is said again at most so often. */
export const LOSS_WARNING_INTERVAL_MS = 60_000;

/** Between two looks at what of the log still waits to be written. */
export const LOG_DRAIN_LOOK_MS = 20;

/** Descriptors of a process where its system does not say how many it may have. */
export const DESCRIPTORS_ASSUMED = 1_024;

/** Descriptors that no server takes: files, the program itself, calls that are being opened. */
export const DESCRIPTORS_RESERVED = 128;

/** Largest file of a certificate or its key, bytes. */
export const CERTIFICATE_FILE_LIMIT_BYTES = 1_048_576;

/** Largest file of a password, and of a note of an embedded store, bytes. */
export const PASSWORD_FILE_LIMIT_BYTES = 4_096;

/** Clocks are read together when the monotonic one has gone on by no more than this meanwhile, ms: with the grain of os.uptime() it is below BOOT_GRAIN_MS. */
export const CLOCK_READ_GAP_MS = 5;

/** Readings that are further apart are read again, up to so many times in all. */
export const CLOCK_READ_TRIES = 4;
