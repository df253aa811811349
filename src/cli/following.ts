/** Following a stream for ever: reconnects by itself and says so. */
import {SmError} from '../model/errors.ts';
import {RemoteError} from './failure-report.ts';

const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 8_000;

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
  const stop = new AbortController();
  const cut = (): void => stop.abort();
  process.once('SIGINT', cut);
  const timer = limitMs === undefined ? undefined : setTimeout(cut, limitMs);
  try {
    await follow(open, show, say, stop.signal);
  } finally {
    clearTimeout(timer);
    process.removeListener('SIGINT', cut);
  }
}

async function follow<Event extends {readonly revision: string}>(
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
      if (after === undefined || !isPassing(error)) throw error;
    }
    if (signal.aborted) return;
    const waitMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** failures);
    say(`connection lost: trying again in ${waitMs} ms`);
    await pause(waitMs, signal);
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof RemoteError) return error.failure.retryable;
  return error instanceof SmError
    ? error.retryable
    : (error as NodeJS.ErrnoException).code !== undefined;
}

function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, waitMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
