/**
 * Runs under the watchdog with 360 ms of the right to act, which nobody renews. `healthy`: the loop goes on, but the end of the
 * right is told late; `blocked`: the loop stands still from the beginning. Ends with 0 unless it is killed.
 */
import {startWatchdog} from '../../src/container/watchdog.ts';

const RIGHT_MS = 360;
const END_MS = 1_500;
const BLOCKED_MS = 50_000;
/** A starved machine may let a healthy loop stand still for a while, and that is not what is asked here. */
const HEALTHY_STANDSTILL_MS = 60_000;
const startMs = performance.now();
/** Exit code. */
const LOST = 3;
const isBlocked = process.argv[2] === 'blocked';
const stop = startWatchdog({
  remainingMs: () => RIGHT_MS - (performance.now() - startMs),
  ...(isBlocked ? {} : {standstillMs: HEALTHY_STANDSTILL_MS}),
  onLost: () => process.exit(LOST),
});
if (isBlocked) while (performance.now() - startMs < BLOCKED_MS);
setTimeout(() => {
  stop();
  process.exit(0);
}, END_MS);
