/** Ctrl-C and SIGTERM stop the waiting, never the work. */
import {SmError} from '../model/errors.ts';

/**
 * Runs the work with a signal that Ctrl-C and SIGTERM abort.
 * @throws SmError INTERRUPTED (exit 130) or TERMINATED (143) with `goOn` as the way to go on.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  goOn: string,
): Promise<T> {
  const stop = new AbortController();
  let cut: 'INTERRUPTED' | 'TERMINATED' | undefined;
  const interrupt = (): void => {
    cut = 'INTERRUPTED';
    stop.abort();
  };
  const terminate = (): void => {
    cut = 'TERMINATED';
    stop.abort();
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', terminate);
  try {
    const result = await work(stop.signal);
    if (cut === undefined) return result;
  } catch (error) {
    if (cut === undefined) throw error;
  } finally {
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', terminate);
  }
  throw new SmError(cut, 'stopped waiting; the operation continues', {hint: goOn});
}
