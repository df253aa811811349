/**
 * Kills the process from a worker thread when it has outlived its right to act: the last fence for an event loop that
 * stands still and then runs I/O callbacks before any timer. It says so on stderr itself: the logger's thread stands still.
 */
import {Worker} from 'node:worker_threads';
import {REFRESH_MS, STANDSTILL_MS} from './limits.ts';

/** Words of the shared memory: the deadline, 0 for none, and the main loop's last tick, ns of the monotonic clock both. */
const DEADLINE = 0;
const TICK = 1;
const WORKER = `
const {workerData} = require('node:worker_threads');
const {write} = require('node:fs');
const words = new BigInt64Array(workerData.shared);
const kill = () => process.kill(process.pid, 'SIGKILL');
let isSaid = false;
setInterval(() => {
  // Where nobody reads stderr, the line must not hold the end up.
  if (isSaid) return kill();
  const at = Atomics.load(words, ${DEADLINE});
  const nowNs = process.hrtime.bigint();
  const stillNs = nowNs - Atomics.load(words, ${TICK});
  if (at === 0n || nowNs <= at || stillNs <= workerData.standstillNs) return;
  isSaid = true;
  const how = 'its event loop has stood still for ' + stillNs / 1000000n + ' ms, and its right to act is over';
  const line = 'sm ERROR the watchdog kills this process: ' + how + ' pid=' + process.pid + ' fix="' + workerData.fix + '"';
  write(2, new Date().toISOString() + ' ' + line + '\\n', kill);
}, 5);
`;

const FIX =
  'see what kept the process from running: a long computation, a synchronous call, a pause of the machine; it may start again at once';

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
    workerData: {shared, standstillNs: BigInt(standstillMs * 1e6), fix: FIX},
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
