/** Waiting for what will happen soon: by polling, with a generous limit, and with words for what did not happen. */

const POLL_MS = 20;
const POLL_MAX_MS = 100;
/** A look costs what the asked one spends on its answer: whoever has waited long looks less often, and is late by a tenth at most. */
const WAITED_PER_POLL = 10;

/** Longest wait for what should be soon. Far above what any step takes, with the machine busy. */
export const LONG_MS = 120_000;

/** A process that runs longer hangs, and is killed. */
export const HANG_MS = 120_000;

/**
 * Resolves with the first value of `condition` that is not false, null or undefined; throws when the time is over. A failure that says it is
 * retryable is waited out like a condition that does not hold: on a busy machine a call may take longer than it may.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  timeoutMs: number,
  what: string | (() => string),
): Promise<NonNullable<T>> {
  const startMs = performance.now();
  for (;;) {
    let failure: unknown;
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) return value;
    } catch (error) {
      if (!isRetryable(error)) throw error;
      failure = error;
    }
    const waitedMs = performance.now() - startMs;
    if (waitedMs > timeoutMs) {
      const text = `not within ${timeoutMs} ms: ${typeof what === 'string' ? what : what()}`;
      throw new Error(text, {cause: failure});
    }
    await pause(Math.min(POLL_MAX_MS, Math.max(POLL_MS, waitedMs / WAITED_PER_POLL)));
  }
}

/**
 * Does what a test takes as given, which done twice is as done once: again while it fails in a way that says so. On a busy machine etcd does
 * not always answer in the time that a daemon gives it.
 */
export function patiently<T>(call: () => Promise<T>): Promise<NonNullable<T>> {
  return until(call, LONG_MS, 'a call that is answered');
}

/** Of our own errors; what a daemon answered has the word in its parts. */
function isRetryable(error: unknown): boolean {
  const {retryable, failure} = (error ?? {}) as {
    retryable?: unknown;
    failure?: {retryable?: unknown};
  };
  return retryable === true || failure?.retryable === true;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
