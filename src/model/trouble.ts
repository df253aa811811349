/** How bad a state is: the same order in every list and every view. */

/** Worst first. */
export const CONTAINER_STATES = [
  'lost',
  'unknown',
  'silent',
  'suspect',
  'unreachable',
  'refusing',
  'draining',
  'leaving',
  'cordoned',
  'waiting',
  'ready',
] as const;

/** Worst first. */
export const SHARD_STATES = [
  'quarantined',
  'failed',
  'unplaced',
  'unknown',
  'free',
  'dropping',
  'assigned',
  'owned',
  'ready',
] as const;

/** 0: all is well; the more, the worse. */
export function containerTrouble(state: (typeof CONTAINER_STATES)[number]): number {
  return CONTAINER_STATES.length - 1 - CONTAINER_STATES.indexOf(state);
}

/** The same of a shard. */
export function shardTrouble(state: (typeof SHARD_STATES)[number]): number {
  return SHARD_STATES.length - 1 - SHARD_STATES.indexOf(state);
}
