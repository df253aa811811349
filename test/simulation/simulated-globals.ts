/**
 * Timers, clocks and turns of the loop as a simulated process finds them: production code that takes them from the machine runs in the
 * world unchanged. Outside of a simulated process everything is the machine's.
 */
import os from 'node:os';
import {syncBuiltinESMExports} from 'node:module';
import {performance} from 'node:perf_hooks';
import timersPromises from 'node:timers/promises';
import type {Timer} from '../../src/runtime/clock.ts';
import type {SimProcess} from './process.ts';

/** os.uptime() has a grain of 10 ms. */
const UPTIME_GRAIN_MS = 10;

class SimulatedTimeout {
  private readonly timer: Timer;

  constructor(timer: Timer) {
    this.timer = timer;
  }

  cancel(): void {
    this.timer.cancel();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }
}

/** `current`: the process that runs now. */
export function patchTime(current: () => SimProcess | undefined): void {
  patchTimers(current);
  const realNow = performance.now.bind(performance);
  performance.now = () => current()?.clock.nowMs() ?? realNow();
  const realDate = Date.now.bind(Date);
  Date.now = () => current()?.clock.wallMs() ?? realDate();
  const realUptime = os.uptime;
  os.uptime = () => {
    const ms = current()?.bootMs();
    if (ms === undefined) return realUptime();
    return (Math.floor(ms / UPTIME_GRAIN_MS) * UPTIME_GRAIN_MS) / 1_000;
  };
  syncBuiltinESMExports();
}

function patchTimers(current: () => SimProcess | undefined): void {
  const realSet = globalThis.setTimeout;
  const realClear = globalThis.clearTimeout;
  const set = (callback: (...all: unknown[]) => void, ms = 0, ...all: unknown[]): unknown => {
    const process = current();
    if (process === undefined) return realSet(callback, ms, ...all);
    return new SimulatedTimeout(process.after(wholeMs(process, ms), () => callback(...all)));
  };
  globalThis.setTimeout = set as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((timeout: unknown) => {
    if (timeout instanceof SimulatedTimeout) timeout.cancel();
    else realClear(timeout as NodeJS.Timeout);
  }) as typeof clearTimeout;
  const realPause = timersPromises.setTimeout;
  const pause = (ms: number, value: unknown, options?: object): Promise<unknown> =>
    current() === undefined
      ? realPause(ms, value, options)
      : new Promise((resolve) => void set(() => resolve(value), ms));
  timersPromises.setTimeout = pause as typeof timersPromises.setTimeout;
  const realTimeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (ms: number): AbortSignal => {
    const process = current();
    return process === undefined ? realTimeout(ms) : abortedAfter(process, ms);
  };
}

/** Node counts whole ms, from the ms that has begun: a timer may fire a little early. */
function wholeMs(process: SimProcess, ms: number): number {
  const nowMs = process.clock.nowMs();
  return Math.floor(nowMs) + Math.max(1, Math.trunc(ms)) - nowMs;
}

/** Node's own holds neither the loop nor the signal: it is not a timer that could be left behind. */
function abortedAfter(process: SimProcess, ms: number): AbortSignal {
  const controller = new AbortController();
  process.deliver(ms, () => {
    controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  });
  return controller.signal;
}
