/** How much there is on the far side of `npm run bench:views`, and how fast it changes. */
export const CONTAINERS = 1_000;
export const SHARDS = 100_000;
/** A container writes its heartbeat this often, as with the default TTL. */
export const HEARTBEAT_MS = 3_333;
/** Each is three writes of the shard's record. */
export const MOVES_PER_SECOND = 10;
