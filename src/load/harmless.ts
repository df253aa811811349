import type {LoadFault} from './load-faults.ts';
import {LOAD_LIMIT} from '../model/limits.ts';

/** The load that `value` counts as; undefined when it counts as not reported. `onFault` is given what is wrong with it. */
export function harmless(value: unknown, onFault: (fault: LoadFault) => void): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    onFault('notNumber');
    return undefined;
  }
  if (value < 0) {
    onFault('negative');
    return undefined;
  }
  if (value <= LOAD_LIMIT) return value;
  onFault('huge');
  return LOAD_LIMIT;
}
