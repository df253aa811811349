/** What this process takes of its machine: one of them, for whoever asks, and nothing is measured before somebody does. */
import {availableParallelism} from 'node:os';
import {monitorEventLoopDelay} from 'node:perf_hooks';
import type {IntervalHistogram} from 'node:perf_hooks';
import type {OwnFigures} from '../load/own-figures.ts';
import {EVENT_LOOP_RESOLUTION_MS, OWN_FIGURES_WINDOW_MS} from './limits.ts';

const NANOSECONDS_PER_MS = 1e6;
const MICROSECONDS_PER_MS = 1e3;

interface Mark {
  readonly atMs: number;
  readonly cpuMs: number;
}

export class ProcessFigures {
  private readonly cores = availableParallelism();
  private readonly nowMs: () => number;
  private older: Mark | undefined;
  private newer: Mark | undefined;
  private delay: IntervalHistogram | undefined;
  private lastDelayMs = 0;

  constructor(nowMs: () => number = () => performance.now()) {
    this.nowMs = nowMs;
  }

  /** CPU and delay are those of the last `OWN_FIGURES_WINDOW_MS` or more; the first call has only the memory. */
  sample(): OwnFigures {
    const now: Mark = {atMs: this.nowMs(), cpuMs: cpuMs()};
    const delay = this.measuredDelay();
    this.newer ??= now;
    this.older ??= now;
    const longestMs = Math.max(this.lastDelayMs, delay.max / NANOSECONDS_PER_MS);
    if (now.atMs - this.newer.atMs >= OWN_FIGURES_WINDOW_MS) {
      this.older = this.newer;
      this.newer = now;
      this.lastDelayMs = delay.max / NANOSECONDS_PER_MS;
      delay.reset();
    }
    const memoryBytes = process.memoryUsage.rss();
    const passedMs = now.atMs - this.older.atMs;
    if (passedMs <= 0) return {memoryBytes};
    const cpu = (now.cpuMs - this.older.cpuMs) / passedMs / this.cores;
    return {cpu, memoryBytes, eventLoopDelayMs: Math.max(0, longestMs - EVENT_LOOP_RESOLUTION_MS)};
  }

  /** Nobody asks any more. */
  stop(): void {
    this.delay?.disable();
    this.delay = this.older = this.newer = undefined;
    this.lastDelayMs = 0;
  }

  private measuredDelay(): IntervalHistogram {
    if (this.delay !== undefined) return this.delay;
    this.delay = monitorEventLoopDelay({resolution: EVENT_LOOP_RESOLUTION_MS});
    this.delay.enable();
    return this.delay;
  }
}

function cpuMs(): number {
  const {user, system} = process.cpuUsage();
  return (user + system) / MICROSECONDS_PER_MS;
}

/** Of all containers of this process. */
export const processFigures = new ProcessFigures();
