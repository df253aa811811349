/**
 * Kills the process from a worker thread when it has outlived its right to act: the last fence for an event loop that
 * stands still and then runs I/O callbacks before any timer.
 */
import {Worker} from 'node:worker_threads';
import {REFRESH_MS, STANDSTILL_MS} from './limits.ts';

/** Words of the shared memory: the deadline, 0 for none, and the main loop's last tick, ns of the monotonic clock both. */
const DEADLINE = 0;
const TICK = 1;
const WORKER = `
const {workerData} = require('node:worker_threads');
const words = new BigInt64Array(workerData.shared);
setInterval(() => {
  const at = Atomics.load(words, ${DEADLINE});
  const nowNs = process.hrtime.bigint();
  const still = nowNs - Atomics.load(words, ${TICK}) > workerData.standstillNs;
  if (at !== 0n && nowNs > at && still) process.kill(process.pid, 'SIGKILL');
}, 5);
`;

export interface WatchdogOptions {
  /** What is left of the right to act, ms; while it is not positive nothing is armed. */
  readonly remainingMs: () => number;
  /** Default: see there. */
  readonly standstillMs?: number;
  /** Nothing watches any more. */
  readonly onLost: (error: Error) => void;
}

/** Returns a function that ends the watchdog. */
export function startWatchdog(options: WatchdogOptions): () => void {
  const {remainingMs, standstillMs = STANDSTILL_MS, onLost} = options;
  const shared = new SharedArrayBuffer(16);
  const words = new BigInt64Array(shared);
  const worker = new Worker(WORKER, {
    eval: true,
    // What the application loads before its program, as for tracing, is not for this thread: it costs time, and may throw here.
    execArgv: [],
    env: {},
    workerData: {shared, standstillNs: BigInt(standstillMs * 1e6)},
  });
  worker.unref();
  // Without a listener it would end the process.
  worker.on('error', onLost);
  const arm = (): void => {
    const leftMs = remainingMs();
    const nowNs = process.hrtime.bigint();
    const at = leftMs > 0 ? nowNs + BigInt(Math.ceil(leftMs * 1e6)) : 0n;
    Atomics.store(words, TICK, nowNs);
    Atomics.store(words, DEADLINE, at);
  };
  arm();
  const timer = setInterval(arm, REFRESH_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    Atomics.store(words, DEADLINE, 0n);
    void worker.terminate();
  };
}
