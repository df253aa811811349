/** Ctrl-C and SIGTERM stop what runs here: the waiting, never the work of a daemon. */
import {SmError} from '../model/errors.ts';

/**
 * Runs the work with a signal that Ctrl-C and SIGTERM abort.
 * @throws SmError INTERRUPTED (exit 130) or TERMINATED (143) with `goOn` as the way to go on. `said`: what that leaves behind.
 * `onCut`: called at once, for work that does not stop at once.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  goOn: string,
  said = 'stopped waiting; the operation continues',
  onCut: () => void = () => undefined,
): Promise<T> {
  const stop = new AbortController();
  let cut: 'INTERRUPTED' | 'TERMINATED' | undefined;
  const end = (how: 'INTERRUPTED' | 'TERMINATED'): void => {
    cut = how;
    onCut();
    stop.abort();
  };
  const interrupt = (): void => end('INTERRUPTED');
  const terminate = (): void => end('TERMINATED');
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
  throw new SmError(cut, said, {hint: goOn});
}
