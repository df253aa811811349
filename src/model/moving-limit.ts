/** How many shards of an app its planned moves may take out of service at once. */

/** Part of an app's shards that may move at once unless the app says otherwise. */
const MOVING_SHARE = 0.1;
/** At least so many, or small apps would move one shard at a time. */
const MOVING_LEAST = 4;
/** At most so many by default. */
const MOVING_MOST = 100;
/** Highest `maxMoving` that can be asked for. */
export const MAX_MOVING_LIMIT = 10_000;

/** @param maxMoving what the app's spec says; 0 or undefined: a tenth of its shards, at least 4 and at most 100. */
export function movingLimit(maxMoving: number | undefined, shards: number): number {
  if (maxMoving !== undefined && maxMoving > 0) return maxMoving;
  return Math.min(MOVING_MOST, Math.max(MOVING_LEAST, Math.ceil(shards * MOVING_SHARE)));
}
