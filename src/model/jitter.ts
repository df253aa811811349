import {JITTER_SHARE} from './limits.ts';

/** The interval, ms, up to JITTER_SHARE shorter or longer. `random` is from 0 to 1. */
export function jittered(intervalMs: number, random: number): number {
  return intervalMs * (1 - JITTER_SHARE + 2 * JITTER_SHARE * random);
}
