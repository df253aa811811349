/** Limits of files of settings and of apps. */

/** Largest file, bytes. */
export const APPS_FILE_LIMIT_BYTES = 32 * 1024 * 1024;

/** Most shards of one app. */
export const SHARDS_LIMIT = 1_000_000;

/** Faults of one file that are listed; all are counted. */
export const FAULTS_SHOWN = 20;

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

/** Less than this is full before it is of use. */
export const QUOTA_LEAST_BYTES = 1024 * 1024;

/** Least characters of a token: 256 bits in base64. */
export const TOKEN_MIN_CHARACTERS = 43;

/** Random bytes of a token that is made here. */
export const TOKEN_BYTES = 32;

/** Random bytes beside a token's hash, so that two hashes of one token differ. */
export const TOKEN_SALT_BYTES = 16;

/** Cost of a token's hash, as its binary logarithm: about 50 ms and 16 MiB. */
export const SCRYPT_COST_LOG2 = 14;

/** Highest cost that a token file may ask for: beyond, each login would take more than 256 MiB. */
export const SCRYPT_COST_LOG2_LIMIT = 18;

/** Block size of the hash, as its authors name it. */
export const SCRYPT_BLOCK_SIZE = 8;

/** Bytes of a token's hash. */
export const SCRYPT_HASH_BYTES = 32;

/** A daemon that stops waits for the end of its transactions for so long, unless its configuration says otherwise. */
export const SHUTDOWN_DEFAULT_MS = 15_000;

/** Longest shutdownTimeoutMs. */
export const SHUTDOWN_LIMIT_MS = 600_000;

/** Memory that scrypt may take, as a multiple of cost and block size: it needs 128 of them, and Node allows slightly less than the usual cost takes. */
export const SCRYPT_MEMORY_FACTOR = 256;
