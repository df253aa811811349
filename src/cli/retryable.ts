/** Faults of a connection that may pass, and the time until the next attempt. */
import {backOff, jittered} from '../model/back-off.ts';
import {SmError} from '../model/errors.ts';
import {RemoteError} from '../admin/remote-error.ts';
import {RETRY_MAX_MS, RETRY_MIN_MS} from './limits.ts';

/** Whether trying again may help. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof RemoteError) return error.failure.retryable;
  return error instanceof SmError
    ? error.retryable
    : (error as NodeJS.ErrnoException).code !== undefined;
}

/** Before the attempt after `failures` others, ms; by chance, for all who follow a daemon lose it at once. */
export function retryWaitMs(failures: number): number {
  return Math.round(backOff(failures + 1, RETRY_MIN_MS, RETRY_MAX_MS, Math.random()));
}

/** Of a pause between looks that many make, ms: as `retryWaitMs`. */
export function lookPauseMs(intervalMs: number): number {
  return jittered(intervalMs, Math.random());
}
