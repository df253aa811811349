/** Calls of a wait: however long may be waited, a daemon whose machine is gone answers none of it. */
import {SmError} from '../model/errors.ts';

/** @throws SmError TIMEOUT where the call takes longer; the reason of the signal where that is aborted; what the call throws. */
export async function unlessSilent<T>(
  call: (signal: AbortSignal) => Promise<T>,
  limitMs: number,
  signal: AbortSignal,
): Promise<T> {
  const silent = new AbortController();
  // By this reason the client asks another daemon the next time.
  const reason = new SmError('TIMEOUT', 'the daemon does not answer', {retryable: true});
  const timer = setTimeout(() => silent.abort(reason), limitMs);
  try {
    return await call(AbortSignal.any([signal, silent.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/** Of a watch whose time is over before any daemon has said a word: nothing was seen. */
export function neverHeard(limitMs: number): SmError {
  return new SmError('TIMEOUT', `no daemon has answered within ${limitMs} ms`, {
    hint: 'sm status shows whether a daemon answers; or pass a longer --timeout',
    retryable: true,
  });
}
