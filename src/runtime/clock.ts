import {uptime} from 'node:os';
import {performance} from 'node:perf_hooks';
import {TIMER_LIMIT_MS} from '../model/limits.ts';
import {
  ATTENTION_LIMIT_MS,
  ATTENTION_TICK_MS,
  BOOT_GRAIN_MS,
  BOOT_READ_INTERVAL_MS,
  CLOCK_READ_GAP_MS,
  CLOCK_READ_TRIES,
  COARSE_BOOT_GRAIN_MS,
  WALL_JUMP_MS,
} from './limits.ts';

export interface Timer {
  cancel(): void;
}

/** Time as the shells see it; the pure rooms get numbers. */
export interface Clock {
  /** Monotonic ms; stands still while the machine is suspended. */
  nowMs(): number;
  /** Unix time, ms. May step. */
  wallMs(): number;
  /**
   * Ms for whoever must stop in time: goes on by the largest step of the monotonic clock, of boot time (which counts
   * suspension) and of a wall clock that jumps forward.
   */
  ownerMs(): number;
  /** Calls back once after at least so many ms. */
  after(delayMs: number, callback: () => void): Timer;
  sleep(delayMs: number): Promise<void>;
}

/** Readings that an owner clock is made of, ms each. */
export interface ClockReadings {
  readonly monotonicMs: number;
  readonly bootMs: number;
  readonly wallMs: number;
}

/** The clocks themselves, ms each: monotonic, since boot with suspension, and Unix time. */
export interface ClockSources {
  monotonicMs(): number;
  bootMs(): number;
  wallMs(): number;
}

const MACHINE: ClockSources = {
  monotonicMs: () => performance.now(),
  bootMs: () => uptime() * 1000,
  wallMs: () => Date.now(),
};

/**
 * Readings of one moment. A process that does not run between two of the reads would count that time twice: once by the later clock, as if
 * the machine had been suspended, and once more by the monotonic clock. So such readings are read again. Where every try is interrupted, the
 * last one counts as it is: an owner clock may run ahead, never behind.
 */
function readTogether(sources: ClockSources): ClockReadings {
  for (let tries = 1; ; tries += 1) {
    const monotonicMs = sources.monotonicMs();
    const readings = {monotonicMs, wallMs: sources.wallMs(), bootMs: sources.bootMs()};
    if (tries >= CLOCK_READ_TRIES) return readings;
    if (sources.monotonicMs() - monotonicMs <= CLOCK_READ_GAP_MS) return readings;
  }
}

/** By how much boot time may lag or lead without meaning anything, ms. */
interface BootGrain {
  readonly lagMs: number;
  readonly leadMs: number;
}

const FINE_BOOT_GRAIN: BootGrain = {lagMs: BOOT_GRAIN_MS, leadMs: BOOT_GRAIN_MS};

/**
 * Where boot time tells whole seconds only. A coarse clock is late, never early: a lead of it counts, otherwise short suspensions would go unseen.
 * But how late it was at the start is learned bit by bit, and small steps of an owner clock would look like another rate: so only jumps count.
 */
const COARSE_BOOT_GRAIN: BootGrain = {lagMs: COARSE_BOOT_GRAIN_MS, leadMs: WALL_JUMP_MS};

/** Adds up the largest believable step of three clocks. */
export class OwnerClock {
  private last: ClockReadings;
  private totalMs = 0;
  private bootLeadMs = 0;

  constructor(first: ClockReadings) {
    this.last = first;
  }

  /** Owner ms at these readings; never goes back. */
  advance(now: ClockReadings, bootGrain = FINE_BOOT_GRAIN): number {
    const monotonic = Math.max(0, now.monotonicMs - this.last.monotonicMs);
    const boot = now.bootMs - this.last.bootMs;
    const wall = now.wallMs - this.last.wallMs;
    // Boot time is compared over all the readings, else many small steps below its grain would add up to a lead.
    this.bootLeadMs += boot - monotonic;
    let step = monotonic;
    if (this.bootLeadMs > bootGrain.leadMs) {
      step += this.bootLeadMs;
      this.bootLeadMs = 0;
    } else if (this.bootLeadMs < -bootGrain.lagMs) this.bootLeadMs = -bootGrain.lagMs;
    if (wall - monotonic > WALL_JUMP_MS) step = Math.max(step, wall);
    this.last = now;
    this.totalMs += step;
    return this.totalMs;
  }
}

/**
 * Monotonic time in which a watcher was awake: a loop that stalled has seen nothing meanwhile, and must not take its own absence for
 * the silence of others. Time only gets shorter by it, so whoever waits for safety waits longer, never less.
 */
export class AttentiveClock {
  private readonly limitMs: number;
  private lastMs: number | undefined;
  private missedMs = 0;

  /** Between two readings at most `limitMs` count; read it at least so often. */
  constructor(limitMs: number) {
    this.limitMs = limitMs;
  }

  /** Attentive ms at this monotonic time; never goes back. */
  at(monotonicMs: number): number {
    if (this.lastMs !== undefined)
      this.missedMs += Math.max(0, monotonicMs - this.lastMs - this.limitMs);
    this.lastMs = Math.max(monotonicMs, this.lastMs ?? monotonicMs);
    return this.lastMs - this.missedMs;
  }
}

/** `clock`, whose monotonic time leaves out what this process slept or stalled through. It ticks until closed. */
export function watchingClock(clock: Clock): Clock & {close(): void} {
  const attentive = new AttentiveClock(ATTENTION_LIMIT_MS);
  const nowMs = (): number => attentive.at(clock.nowMs());
  let timer: Timer | undefined;
  const tick = (): void => {
    nowMs();
    timer = clock.after(ATTENTION_TICK_MS, tick);
  };
  tick();
  return {
    nowMs,
    wallMs: () => clock.wallMs(),
    ownerMs: () => clock.ownerMs(),
    after: (delayMs, callback) => clock.after(delayMs, callback),
    sleep: (delayMs) => clock.sleep(delayMs),
    close: () => timer?.cancel(),
  };
}

let shared: Clock | undefined;

/** The machine's clocks. One owner clock a process. */
export function systemClock(): Clock {
  shared ??= createSystemClock();
  return shared;
}

/** Clocks of the machine with an owner clock of their own; a process has one, see `systemClock`. */
export function createSystemClock(sources: ClockSources = MACHINE): Clock {
  const readings = new CachedReadings(sources);
  const owner = new OwnerClock(readings.now());
  const after = (delayMs: number, callback: () => void): Timer => {
    const timer = setTimeout(callback, Math.min(delayMs, TIMER_LIMIT_MS));
    return {cancel: () => clearTimeout(timer)};
  };
  return {
    nowMs: () => sources.monotonicMs(),
    wallMs: () => sources.wallMs(),
    ownerMs: () => owner.advance(readings.now(), readings.bootGrain),
    after,
    sleep: (delayMs) => new Promise((resolve) => void after(delayMs, resolve)),
  };
}

/**
 * The three clocks. Boot time costs a system call that opens a file, and the guard of every effect asks: it is read only when
 * the monotonic or the wall clock has moved. Nothing is missed: a suspension moves the wall clock, which is read every time.
 */
class CachedReadings {
  /** Of boot time: coarse until a reading shows that it is not, for a system does not say it. */
  bootGrain = COARSE_BOOT_GRAIN;
  private readonly sources: ClockSources;
  private last: ClockReadings;

  constructor(sources: ClockSources) {
    this.sources = sources;
    this.last = this.read();
  }

  now(): ClockReadings {
    const {last, sources} = this;
    const monotonicMs = sources.monotonicMs();
    const wallMs = sources.wallMs();
    const moved =
      monotonicMs - last.monotonicMs >= BOOT_READ_INTERVAL_MS ||
      Math.abs(wallMs - last.wallMs) >= BOOT_READ_INTERVAL_MS;
    if (!moved) return {monotonicMs, wallMs, bootMs: last.bootMs + monotonicMs - last.monotonicMs};
    return (this.last = this.read());
  }

  private read(): ClockReadings {
    const readings = readTogether(this.sources);
    if (readings.bootMs % 1_000 !== 0) this.bootGrain = FINE_BOOT_GRAIN;
    return readings;
  }
}
