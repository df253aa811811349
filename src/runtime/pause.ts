import {setTimeout} from 'node:timers/promises';

/** Resolves after so many ms, or as soon as the signal is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, signal === undefined ? {} : {signal});
  } catch {
    // Aborted: whoever waits looks at the signal.
  }
}
