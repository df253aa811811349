/**
 * Loaded into a daemon before its program: a timer of 5 ms on the event loop that notes what keeps it waiting. `take` by IPC answers with what it saw since the
 * last one, and begins anew.
 */
import {readFileSync} from 'node:fs';
import {PerformanceObserver} from 'node:perf_hooks';

const TICK_MS = 5;
const NOTED_FROM_MS = 20;

/** @returns ms that the main thread has run, and ms that it was ready to run while others had the processors. */
function ran() {
  const [run, waited] = readFileSync('/proc/self/schedstat', 'utf8').split(' ').map(Number);
  return {runMs: run / 1e6, waitedMs: waited / 1e6};
}

let blocks = [];
let collections = [];
let last = performance.now();
let before = ran();
setInterval(() => {
  const now = performance.now();
  const after = ran();
  const wallMs = now - last - TICK_MS;
  if (wallMs >= NOTED_FROM_MS) {
    const runMs = after.runMs - before.runMs;
    const waitedMs = after.waitedMs - before.waitedMs;
    blocks.push({atMs: performance.timeOrigin + last, wallMs, runMs, waitedMs});
  }
  last = now;
  before = after;
}, TICK_MS).unref();

new PerformanceObserver((list) => {
  for (const {duration} of list.getEntries()) collections.push(duration);
}).observe({entryTypes: ['gc']});

process.on('message', (message) => {
  if (message !== 'take') return;
  const gcMs = Math.max(0, ...collections);
  process.send({blocks, gcMs, heapMb: process.memoryUsage().heapUsed / 2 ** 20});
  blocks = [];
  collections = [];
});
process.channel?.unref();
