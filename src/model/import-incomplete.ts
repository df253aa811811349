/** A store into which `sm store import` has not written everything yet: the same in daemon and SDK. */
import {SmError} from './errors.ts';
import type {ClusterRecord} from './status.ts';

/** What is to be thrown; undefined: no import is under way. `retryable`: who gets it should try again. */
export function importIncomplete(record: ClusterRecord, retryable: boolean): SmError | undefined {
  if (record['importing'] !== true) return undefined;
  return new SmError('CONFLICT', 'an import into this prefix is not complete', {
    hint: 'wait until sm store import ends; if it was interrupted, run it again with --force',
    retryable,
  });
}
