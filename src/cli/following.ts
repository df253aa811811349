/** Following a stream for ever: reconnects by itself and says so. */
import {pause} from '../runtime/pause.ts';
import {endWithReader} from './lost-output.ts';
import {isRetryable, retryWaitMs} from './retryable.ts';

/**
 * Shows every event, resuming behind the last one after a lost connection, until Ctrl-C or for `limitMs`.
 * @throws whatever the first connection throws: what never stood is not waited for.
 */
export async function followStream<Event extends {readonly revision: string}>(
  open: (after: string | undefined, signal: AbortSignal) => AsyncIterable<Event>,
  show: (event: Event) => void,
  say: (text: string) => void,
  limitMs: number | undefined,
): Promise<void> {
  await endWithReader();
  const stop = new AbortController();
  const cut = (): void => stop.abort();
  process.once('SIGINT', cut);
  const timer = limitMs === undefined ? undefined : setTimeout(cut, limitMs);
  try {
    await followUntil(open, show, say, stop.signal);
  } finally {
    clearTimeout(timer);
    process.removeListener('SIGINT', cut);
  }
}

/** As `followStream`, until the signal is aborted. */
export async function followUntil<Event extends {readonly revision: string}>(
  open: (after: string | undefined, signal: AbortSignal) => AsyncIterable<Event>,
  show: (event: Event) => void,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let after: string | undefined;
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      for await (const event of open(after, signal)) {
        after = event.revision;
        failures = 0;
        show(event);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (after === undefined || !isRetryable(error)) throw error;
    }
    if (signal.aborted) return;
    const waitMs = retryWaitMs(failures);
    say(`connection lost: trying again in ${waitMs} ms`);
    await pause(waitMs, signal);
  }
}
