/** The clock of whoever must stop in time: it may run ahead, never behind. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {
  AttentiveClock,
  OwnerClock,
  createSystemClock,
  systemClock,
  watchingClock,
} from '../../src/runtime/clock.ts';
import type {Clock, ClockReadings, ClockSources, Timer} from '../../src/runtime/clock.ts';
import {WALL_JUMP_MS} from '../../src/runtime/limits.ts';
import {LONG_MS, until} from '../support/until.ts';

const START: ClockReadings = {monotonicMs: 1_000, bootMs: 50_000, wallMs: 1_700_000_000_000};

/** Lets the three clocks go on by so much and reads the owner clock. */
class Machine {
  private readings = START;
  private readonly clock = new OwnerClock(START);

  pass(monotonicMs: number, bootMs = monotonicMs, wallMs = bootMs): number {
    const {readings} = this;
    this.readings = {
      monotonicMs: readings.monotonicMs + monotonicMs,
      bootMs: readings.bootMs + bootMs,
      wallMs: readings.wallMs + wallMs,
    };
    return this.clock.advance(this.readings);
  }
}

describe('the owner clock', () => {
  it('goes with the monotonic clock while all agree', () => {
    const machine = new Machine();
    expect(machine.pass(100)).toBe(100);
    expect(machine.pass(0)).toBe(100);
    expect(machine.pass(250)).toBe(350);
  });

  it('counts a suspension, in which the monotonic clock stands', () => {
    const machine = new Machine();
    machine.pass(100);
    expect(machine.pass(5, 60_005)).toBeGreaterThanOrEqual(60_105);
    expect(machine.pass(100)).toBeLessThan(61_000);
  });

  it('counts many short suspensions, each below the grain of boot time', () => {
    const machine = new Machine();
    let last = 0;
    for (let nap = 0; nap < 100; nap += 1) last = machine.pass(10, 25, 10);
    expect(last).toBeGreaterThanOrEqual(100 * 25 - 20);
  });

  it('is not led on by the grain of boot time', () => {
    const machine = new Machine();
    let last = 0;
    for (let step = 0; step < 1_000; step += 1) last = machine.pass(3, step % 3 === 0 ? 10 : 0, 3);
    expect(last).toBeLessThanOrEqual(3_000 + 1_020);
    const calm = new Machine();
    for (let step = 0; step < 999; step += 1) last = calm.pass(10, step % 3 === 0 ? 30 : 0, 10);
    expect(last).toBeLessThanOrEqual(9_990 + 40);
  });

  it('counts a jump forward of the wall clock as time that has passed', () => {
    expect(new Machine().pass(100, 100, 30_000)).toBe(30_000);
  });

  it('takes no notice of a wall clock that is slewed, or stepped back', () => {
    const machine = new Machine();
    expect(machine.pass(1_000, 1_000, 1_005)).toBe(1_000);
    expect(machine.pass(1_000, 1_000, -3_600_000)).toBe(2_000);
    expect(machine.pass(1_000, 1_000, 1_000)).toBe(3_000);
  });

  it('does not count a wall clock that only returns from a step back twice over', () => {
    const machine = new Machine();
    machine.pass(100, 100, -10_000);
    // It cannot know that this is a return: running ahead is the safe side.
    expect(machine.pass(100, 100, 10_100)).toBeGreaterThanOrEqual(200);
  });

  it('never goes back and never falls behind the monotonic clock, whatever the others do', () => {
    const step = fc.tuple(
      fc.integer({min: -50, max: 10_000}),
      fc.integer({min: -10_000, max: 100_000}),
      fc.integer({min: -1_000_000, max: 1_000_000}),
    );
    fc.assert(
      fc.property(fc.array(step, {maxLength: 50}), (steps) => {
        const machine = new Machine();
        let last = 0;
        let monotonic = 0;
        for (const [mono, boot, wall] of steps) {
          const now = machine.pass(mono, boot, wall);
          monotonic += Math.max(0, mono);
          expect(now).toBeGreaterThanOrEqual(last);
          expect(now).toBeGreaterThanOrEqual(monotonic);
          last = now;
        }
      }),
    );
  });
});

/** A machine on which the process may lose the processor before any read of a clock, and that may be suspended. */
class BusyMachine implements ClockSources {
  private now: ClockReadings = START;
  private readonly lostMs: () => number;
  private readonly bootGrainMs: number;
  readonly clock: Clock;

  /** `lostMs`: for how long the processor is lost before the next read. `bootGrainMs`: that of os.uptime(). */
  constructor(lostMs: () => number = () => 0, bootGrainMs = 10) {
    this.lostMs = lostMs;
    this.bootGrainMs = bootGrainMs;
    this.clock = createSystemClock(this);
  }

  /** `steppedMs`: by how much the wall clock was set as well. */
  pass(monotonicMs: number, suspendedMs = 0, steppedMs = 0): void {
    const {now} = this;
    this.now = {
      monotonicMs: now.monotonicMs + monotonicMs,
      bootMs: now.bootMs + monotonicMs + suspendedMs,
      wallMs: now.wallMs + monotonicMs + suspendedMs + steppedMs,
    };
  }

  monotonicMs = (): number => this.read('monotonicMs');
  wallMs = (): number => this.read('wallMs');
  bootMs = (): number => Math.floor(this.read('bootMs') / this.bootGrainMs) * this.bootGrainMs;

  private read(clock: keyof ClockReadings): number {
    this.pass(this.lostMs());
    return this.now[clock];
  }
}

/** Whose os.uptime() tells whole seconds only, and which is so far into one of them. */
function coarseMachine(phaseMs: number): BusyMachine {
  let reads = 0;
  return new BusyMachine(() => ((reads += 1) === 1 ? phaseMs : 0), 1_000);
}

describe('the owner clock where boot time tells whole seconds only', () => {
  it.each([0, 300, 990])('goes with the monotonic clock, at %i ms of a second', (phaseMs) => {
    const machine = coarseMachine(phaseMs);
    let last = machine.clock.ownerMs();
    let aheadMs = 0;
    for (let step = 0; step < 1_200; step += 1) {
      machine.pass(50);
      const now = machine.clock.ownerMs();
      aheadMs += now - last - 50;
      last = now;
    }
    // It cannot know at the start how much of a second boot time has left out.
    expect([aheadMs >= 0, aheadMs <= 1_000]).toEqual([true, true]);
  });

  it('catches up in steps that nobody takes for another rate, however rarely it is read', () => {
    const pauses = fc.array(fc.integer({min: 10, max: 900}), {minLength: 50, maxLength: 50});
    fc.assert(
      fc.property(fc.nat(999), pauses, (phaseMs, steps) => {
        const machine = coarseMachine(phaseMs);
        let last = machine.clock.ownerMs();
        const aheads = steps.map((pauseMs) => {
          machine.pass(pauseMs);
          const now = machine.clock.ownerMs();
          const aheadMs = now - last - pauseMs;
          last = now;
          return aheadMs;
        });
        expect(aheads.filter((aheadMs) => aheadMs > 0 && aheadMs <= WALL_JUMP_MS)).toEqual([]);
      }),
    );
  });

  it('is behind by little once a second has passed, however short the suspensions are', () => {
    const naps = fc.array(fc.tuple(fc.integer({min: 0, max: 500}), fc.integer({min: 0, max: 250})));
    fc.assert(
      fc.property(fc.nat(999), naps, (phaseMs, steps) => {
        const machine = coarseMachine(phaseMs);
        let realMs = machine.clock.ownerMs();
        const pass = (monotonicMs: number, napMs: number): void => {
          machine.pass(monotonicMs, napMs);
          realMs += monotonicMs + napMs;
          machine.clock.ownerMs();
        };
        for (const [monotonicMs, napMs] of steps) pass(monotonicMs, napMs);
        for (let step = 0; step < 100; step += 1) pass(10, 0);
        expect(machine.clock.ownerMs()).toBeGreaterThanOrEqual(realMs - WALL_JUMP_MS - 20);
      }),
    );
  });

  it('counts a suspension, though the wall clock does not show it', () => {
    const machine = coarseMachine(0);
    const startMs = machine.clock.ownerMs();
    machine.pass(50, 30_000, -30_000);
    expect(machine.clock.ownerMs() - startMs).toBe(30_000);
  });
});

describe('the owner clock of a process that loses the processor', () => {
  const often = fc.infiniteStream(
    fc.oneof({weight: 6, arbitrary: fc.constant(0)}, fc.integer({min: 0, max: 3_000})),
  );

  it.each([40, 400])('for %i ms before any one read goes with the monotonic clock', (lostMs) => {
    for (let interrupted = 1; interrupted <= 6; interrupted += 1) {
      let reads = 0;
      const machine = new BusyMachine(() => ((reads += 1) === interrupted ? lostMs : 0));
      const startMs = machine.clock.nowMs() - machine.clock.ownerMs();
      for (let round = 0; round < 100; round += 1) {
        machine.pass(100);
        reads = 0;
        machine.clock.ownerMs();
      }
      machine.pass(100);
      reads = interrupted;
      const aheadMs = machine.clock.ownerMs() - (machine.clock.nowMs() - startMs);
      expect([interrupted, Math.abs(aheadMs) <= 20]).toEqual([interrupted, true]);
    }
  });

  it('is behind by no more than the grain, whatever it loses and however often the machine is suspended', () => {
    const naps = fc.array(fc.tuple(fc.integer({min: 0, max: 500}), fc.integer({min: 0, max: 500})));
    fc.assert(
      fc.property(naps, often, (steps, lost) => {
        let busy = false;
        const machine = new BusyMachine(() => (busy ? (lost.next().value ?? 0) : 0));
        let awakeMs = -machine.clock.nowMs();
        let suspendedMs = 0;
        for (const [monotonicMs, napMs] of steps) {
          machine.pass(monotonicMs, napMs);
          suspendedMs += napMs;
          busy = true;
          machine.clock.ownerMs();
          busy = false;
        }
        machine.pass(10);
        awakeMs += machine.clock.nowMs();
        expect(machine.clock.ownerMs()).toBeGreaterThanOrEqual(awakeMs + suspendedMs - 2 * 20);
      }),
    );
  });
});

describe('the clock of the machine', () => {
  it('is one for the process, so that every deadline is checked alike', () => {
    expect(systemClock()).toBe(systemClock());
  });

  it('goes forward in all three senses', async () => {
    const clock = systemClock();
    const before = [clock.nowMs(), clock.ownerMs(), clock.wallMs()] as const;
    await clock.sleep(30);
    expect(clock.nowMs()).toBeGreaterThan(before[0]);
    expect(clock.ownerMs()).toBeGreaterThan(before[1]);
    expect(clock.wallMs()).toBeGreaterThanOrEqual(before[2]);
  });

  it('calls back once, and not after cancel', async () => {
    const clock = systemClock();
    let calls = 0;
    clock.after(5, () => (calls += 1));
    clock.after(5, () => (calls += 100)).cancel();
    await until(() => calls > 0, LONG_MS, 'a call');
    await clock.sleep(30);
    expect(calls).toBe(1);
  });

  it('waits for delays beyond what a timer holds instead of calling at once', async () => {
    const clock = systemClock();
    let called = false;
    const timer = clock.after(2 ** 40, () => (called = true));
    await clock.sleep(20);
    timer.cancel();
    expect(called).toBe(false);
  });
});

describe('the clock of a watcher', () => {
  it('looks at the time by itself, so that quiet hours count, until it is closed', () => {
    let nowMs = 0;
    const timers = new Set<{readonly atMs: number; readonly callback: () => void}>();
    const after = (delayMs: number, callback: () => void): Timer => {
      const timer = {atMs: nowMs + delayMs, callback};
      timers.add(timer);
      return {cancel: () => void timers.delete(timer)};
    };
    const clock = watchingClock({...systemClock(), nowMs: () => nowMs, after});
    while (nowMs < 10_000) {
      nowMs += 10;
      for (const timer of [...timers])
        if (timer.atMs <= nowMs && timers.delete(timer)) timer.callback();
    }
    expect(clock.nowMs()).toBe(10_000);
    clock.close();
    expect(timers.size).toBe(0);
  });

  it('counts what it was awake for, and no more than its limit of what it slept through', () => {
    const clock = new AttentiveClock(1_000);
    const start = clock.at(5_000);
    expect(clock.at(5_400) - start).toBe(400);
    expect(clock.at(12_400) - start).toBe(1_400);
    expect(clock.at(12_900) - start).toBe(1_900);
  });

  it('never goes back and never runs ahead of the time that passed', () => {
    fc.assert(
      fc.property(fc.array(fc.double({min: 0, max: 20_000, noNaN: true})), (steps) => {
        const clock = new AttentiveClock(1_000);
        let nowMs = 100;
        let last = clock.at(nowMs);
        for (const step of steps) {
          nowMs += step;
          const seen = clock.at(nowMs);
          expect(seen).toBeGreaterThanOrEqual(last - 1e-6);
          expect(seen - last).toBeLessThanOrEqual(step + 1e-6);
          last = seen;
        }
      }),
    );
  });
});
