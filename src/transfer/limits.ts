/** Limits of commands that work on a store itself. */

/** How often an import or export looks whether anybody still sends heartbeats. */
export const LOOK_EVERY_MS = 1_000;

/** Answers about progress in a row without a change: some versions of etcd say too early that all was sent. */
export const QUIET_ENOUGH = 2;

/** The same while what was sent does not lead to what the store holds: about ten seconds. */
export const QUIET_LONGEST = 60;

/** Changes after which the audit says how far it has come. */
export const SAY_EVERY = 50_000;

/** Keys that an import writes in one transaction: etcd allows 128 operations. */
export const ITEMS_PER_TRANSACTION = 100;

/** Bytes that an import writes in one transaction: etcd allows 1.5 MiB a request. */
export const BYTES_PER_TRANSACTION = 512 * 1024;

/** Living processes that a refused transfer names. */
export const LIVING_NAMED = 5;
