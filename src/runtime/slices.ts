/** Long work in parts: the event loop is free for others in between. */
import {setImmediate} from 'node:timers/promises';
import {SLICE_MS} from './limits.ts';

/** Runs the steps to their end, for `sliceMs` at a time. Default: a hundredth of a second. Returns what they return. */
export async function runInSlices<T>(steps: Iterator<unknown, T>, sliceMs = SLICE_MS): Promise<T> {
  let sinceMs = performance.now();
  for (;;) {
    const {done, value} = steps.next();
    if (done === true) return value;
    if (performance.now() - sinceMs < sliceMs) continue;
    await setImmediate();
    sinceMs = performance.now();
  }
}
