/**
 * Kills the process from a worker thread when it has outlived its right to act: the last fence for an event loop that
 * stands still and then runs I/O callbacks before any timer.
 */
import {Worker} from 'node:worker_threads';

const REFRESH_MS = 100;
const WORKER = `
const {workerData} = require('node:worker_threads');
const deadline = new BigInt64Array(workerData);
setInterval(() => {
  const at = Atomics.load(deadline, 0);
  if (at !== 0n && process.hrtime.bigint() > at) process.kill(process.pid, 'SIGKILL');
}, 5);
`;

/** `remainingMs`: what is left of the right to act; while it is not positive nothing is armed. Returns a function that ends the watchdog. */
export function startWatchdog(remainingMs: () => number): () => void {
  const shared = new SharedArrayBuffer(8);
  const deadline = new BigInt64Array(shared);
  const worker = new Worker(WORKER, {eval: true, workerData: shared});
  worker.unref();
  const arm = (): void => {
    const leftMs = remainingMs();
    const at = leftMs > 0 ? process.hrtime.bigint() + BigInt(Math.ceil(leftMs * 1e6)) : 0n;
    Atomics.store(deadline, 0, at);
  };
  const timer = setInterval(arm, REFRESH_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    Atomics.store(deadline, 0, 0n);
    void worker.terminate();
  };
}
