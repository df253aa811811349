import type {Clock} from '../runtime/clock.ts';
import type {Logger} from '../runtime/logger.ts';
import {STORED_RETRY_MS} from './limits.ts';

/** Does the work, again every second while the store does not answer; resolves when it is done, or nobody wants it any more. */
export async function untilStored(
  work: () => Promise<void>,
  {clock, logger, isStopped}: {clock: Clock; logger: Logger; isStopped: () => boolean},
): Promise<void> {
  while (!isStopped()) {
    try {
      return await work();
    } catch (error) {
      logger.warn({error: String(error)}, 'etcd does not answer: trying again');
    }
    await clock.sleep(STORED_RETRY_MS);
  }
}
