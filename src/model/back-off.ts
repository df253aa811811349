import {jittered} from './jitter.ts';
import {JITTER_MIDDLE_SHARE} from './limits.ts';

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
