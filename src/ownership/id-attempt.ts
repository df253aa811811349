import {jittered} from '../model/back-off.ts';
import {heartbeatIntervalMs} from '../model/container.ts';
import {LONGEST_ID_PAUSE_MS} from './limits.ts';

/** One try to take the container id: whether it is under way, when the next is due, and the id key as last seen. */
export interface IdAttempt {
  inFlight: boolean;
  /** Owner-clock ms. */
  atMs: number;
  /** Mod revision of the id key; 0: it was absent. */
  idMod: number;
  /** Incarnation in the id key; '': none. */
  holder: string;
}

export function freshIdAttempt(): IdAttempt {
  return {inFlight: false, atMs: Number.NEGATIVE_INFINITY, idMod: 0, holder: ''};
}

/** Ms until the next try of a container with this T: a tenth of T, but no longer than a governor keeps shards for it. `random`: from 0 to 1. */
export function idPauseMs(ttlMs: number, random: number): number {
  return jittered(Math.min(heartbeatIntervalMs(ttlMs) / 2, LONGEST_ID_PAUSE_MS), random);
}
