/** A clock for parts with a deadline: nothing expires because the process of the tests did not run. */
import {uptime} from 'node:os';
import {AttentiveClock, createSystemClock} from '../../src/runtime/clock.ts';
import type {Clock, ClockSources} from '../../src/runtime/clock.ts';

/** Looks at the time so often; a standstill, however long, counts as `STANDSTILL_MS`. */
const LOOK_MS = 20;
const STANDSTILL_MS = 100;

/** Those of the machine, also while a test in this process has a time of its own: what was read once would lie ahead for the tests after it. */
const MACHINE: ClockSources = {
  monotonicMs: performance.now.bind(performance),
  bootMs: () => uptime() * 1_000,
  wallMs: Date.now.bind(Date),
};

let shared: Clock | undefined;

/** The clock of the machine, whose monotonic and owner time leave out what this process stood still for. Timers call back when the machine gets to them. */
export function awakeClock(): Clock {
  shared ??= createAwakeClock();
  return shared;
}

function createAwakeClock(): Clock {
  const clock = createSystemClock(MACHINE);
  const [monotonic, owner] = [new AttentiveClock(STANDSTILL_MS), new AttentiveClock(STANDSTILL_MS)];
  const nowMs = (): number => monotonic.at(clock.nowMs());
  const ownerMs = (): number => owner.at(clock.ownerMs());
  setInterval(() => [nowMs(), ownerMs()], LOOK_MS).unref();
  return {...clock, nowMs, ownerMs};
}
