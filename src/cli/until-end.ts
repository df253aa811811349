import {onFirstSignal} from '../runtime/first-signal.ts';
import {EXIT_OF_SIGNAL} from './surroundings.ts';

/** A signal, a closed terminal, or the end of the time. A second signal, of whichever kind, ends the process at once; its children follow. */
export function untilEnd(limitMs: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    onFirstSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], () => {
      for (const [signal, exit] of Object.entries(EXIT_OF_SIGNAL))
        process.once(signal, () => process.exit(exit));
      resolve();
    });
    if (limitMs !== undefined) setTimeout(resolve, limitMs).unref();
  });
}
