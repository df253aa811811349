import {JITTER_MIDDLE_SHARE, JITTER_SHARE} from './limits.ts';

/** The interval, ms, up to JITTER_SHARE shorter or longer. `random` is from 0 to 1. */
export function jittered(intervalMs: number, random: number): number {
  return intervalMs * (1 - JITTER_SHARE + 2 * JITTER_SHARE * random);
}

/**
 * Pause, ms, before the next try after so many failures in a row: `minMs` after the first, doubling up to `maxMs`, and then by chance up to JITTER_SHARE shorter or
 * longer. `random` is from 0 to 1. Default: no chance in it.
 */
export function backOff(
  failures: number,
  minMs: number,
  maxMs: number,
  random = JITTER_MIDDLE_SHARE,
): number {
  return jittered(Math.min(maxMs, minMs * 2 ** Math.max(0, failures - 1)), random);
}
