import {LONG_MS} from '../support/until.ts';

/** Polls: a slow machine makes a test late, never wrong. */
const POLL_MS = 20;

/** Waits for a truthy answer. @throws Error with the complaint after the limit. */
export async function until<T>(
  ask: () => T | Promise<T>,
  complaint: string | (() => string),
  limitMs = LONG_MS,
): Promise<NonNullable<T>> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false)
      return answer as NonNullable<T>;
    if (Date.now() > endMs)
      throw new Error(typeof complaint === 'string' ? complaint : complaint());
    await pause(POLL_MS);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
