/** How many shards of an app its planned moves may take out of service at once. */
import {MOVING_LEAST, MOVING_MOST, MOVING_SHARE} from './limits.ts';

/** @param maxMoving what the app's spec says; 0 or undefined: a tenth of its shards, at least 4 and at most 100. */
export function movingLimit(maxMoving: number | undefined, shards: number): number {
  if (maxMoving !== undefined && maxMoving > 0) return maxMoving;
  return Math.min(MOVING_MOST, Math.max(MOVING_LEAST, Math.ceil(shards * MOVING_SHARE)));
}
