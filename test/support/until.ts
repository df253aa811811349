/** Waiting for what will happen soon: by polling, with a generous limit, and with words for what did not happen. */

const POLL_MS = 20;

/** Far above what any step takes, with the machine busy: only a hang may reach it. */
export const LONG_MS = 120_000;

/**
 * Resolves with the first value of `condition` that is not false, null or undefined; throws when the time is over. A failure that says it is
 * retryable is waited out like a condition that does not hold: on a busy machine a call may take longer than it may.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  timeoutMs: number,
  what: string | (() => string),
): Promise<NonNullable<T>> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) return value;
    } catch (error) {
      if ((error as {retryable?: unknown} | undefined)?.retryable !== true) throw error;
      failure = error;
    }
    if (performance.now() > endMs) {
      const text = `not within ${timeoutMs} ms: ${typeof what === 'string' ? what : what()}`;
      throw new Error(text, {cause: failure});
    }
    await pause(POLL_MS);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
