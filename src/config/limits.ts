/** Limits of files of settings and of apps. */

/** Largest file, bytes. */
export const APPS_FILE_LIMIT_BYTES = 32 * 1024 * 1024;

/** Most shards of one app. */
export const SHARDS_LIMIT = 1_000_000;

/** Faults of one file that are listed; all are counted. */
export const FAULTS_SHOWN = 20;

/** Longest task in a file: what the admin API takes. */
export const TASK_MAX_CHARACTERS = 64 * 1024;

/** Largest maxShardCount that a file may name. */
export const SHARD_COUNT_LIMIT = 1_000_000;

/** Most shards of one range. */
export const RANGE_LIMIT = 100_000;

/** etcd's own, so that whatever looks for an etcd on this machine finds the store. */
export const EMBEDDED_PORT = 2379;

/** Largest configuration file, bytes. */
export const CONFIG_LIMIT_BYTES = 1024 * 1024;

/** Aliases of one document: a file that unfolds without end is refused. */
export const ALIASES_LIMIT = 100;

/** Deepest nesting of settings: no setting is deeper. */
export const DEPTH_LIMIT = 8;

/** Highest TCP port. */
export const PORT_LIMIT = 65_535;

/** Less than this is full before it is of use. */
export const QUOTA_LEAST_BYTES = 1024 * 1024;
