/**
 * Runs under the watchdog with 360 ms of the right to act, which nobody renews. `healthy`: the loop goes on, but the end of the
 * right is told late; `blocked`: the loop stands still from 150 ms on. Ends with 0 unless it is killed.
 */
import {startWatchdog} from '../../src/container/watchdog.ts';

const RIGHT_MS = 360;
const END_MS = 1_500;
const startMs = performance.now();
const stop = startWatchdog(() => RIGHT_MS - (performance.now() - startMs));
if (process.argv[2] === 'blocked') {
  setTimeout(() => {
    while (performance.now() - startMs < 20_000);
  }, 150);
}
setTimeout(() => {
  stop();
  process.exit(0);
}, END_MS);
