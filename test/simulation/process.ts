/** One process of the world: its own clocks, pauses, and death. What is under way when it dies never comes back to it. */
import type {Clock, Timer} from '../../src/runtime/clock.ts';
import type {Random} from './random.ts';
import type {EventKind, World, WorldEvent} from './world.ts';

export interface ClockNature {
  /** Local ms per real ms. */
  readonly rate: number;
  readonly offsetMs: number;
}

/** Wall clock of the world's first moment. */
const EPOCH_MS = 1_700_000_000_000;

export class SimProcess {
  readonly name: string;
  readonly world: World;
  readonly random: Random;
  readonly clock: Clock;
  /** Every random id it has made: incarnations among them. */
  readonly ids = new Set<string>();
  alive = true;
  /** A fault has touched it since it began: what it loses is not held against the rest. */
  touched = false;
  private readonly nature: ClockNature;
  private pausedUntilMs = 0;
  /** Local ms that the monotonic clock has missed in suspensions. */
  private missedMs = 0;
  private readonly backlog: Record<EventKind, (() => void)[]> = {io: [], timer: [], turn: []};

  constructor(world: World, name: string, nature: ClockNature) {
    this.world = world;
    this.name = name;
    this.nature = nature;
    this.random = world.random.fork();
    this.clock = this.newClock();
  }

  /** Another process whose clocks stand as those of this one. */
  fork(name: string): SimProcess {
    const copy = new SimProcess(this.world, name, this.nature);
    copy.missedMs = this.missedMs;
    copy.touched = true;
    for (const id of this.ids) copy.ids.add(id);
    return copy;
  }

  get paused(): boolean {
    return this.world.nowMs < this.pausedUntilMs;
  }

  /** Something arrives after so long. */
  deliver(delayMs: number, run: () => void): void {
    this.world.schedule(this.world.nowMs + delayMs, this, 'io', run);
  }

  /** The next turn of its loop. */
  soon(run: () => void): void {
    this.world.schedule(this.world.nowMs, this, 'turn', run);
  }

  after(delayMs: number, run: () => void): Timer {
    const dueMs = this.clock.nowMs() + delayMs;
    let event: WorldEvent;
    const arm = (): void => {
      const waitMs = (dueMs - this.clock.nowMs()) / this.nature.rate;
      // A timer counts the monotonic clock: after a suspension it is not due yet.
      const fire = (): void => (this.clock.nowMs() + 1e-6 < dueMs ? arm() : run());
      event = this.world.schedule(
        this.world.nowMs + Math.max(0, waitMs) + 1e-5,
        this,
        'timer',
        () => {
          if (!event.cancelled) fire();
        },
      );
    };
    arm();
    return {
      cancel: () => {
        event.cancelled = true;
      },
    };
  }

  freshId(size: number): Buffer {
    const id = this.random.hex(size);
    this.ids.add(id.toString('hex'));
    return id;
  }

  /** Stands still. `suspend`: with the whole machine, so that its monotonic clock stops, too. */
  pause(durationMs: number, suspend: boolean): void {
    if (!this.alive) return;
    const from = Math.max(this.world.nowMs, this.pausedUntilMs);
    const until = Math.max(this.pausedUntilMs, this.world.nowMs + durationMs);
    if (suspend) this.missedMs += (until - from) * this.nature.rate;
    this.pausedUntilMs = until;
    this.touched = true;
    this.world.note(`pause ${this.name} ${durationMs.toFixed(0)} ${suspend ? 'suspended' : ''}`);
    this.world.at(until, () => this.resume());
  }

  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    this.world.note(`dead ${this.name}`);
  }

  /** Whether the event may run now; kept for later while the process stands still. */
  admits(event: WorldEvent): boolean {
    if (!this.alive) return false;
    if (!this.paused) return true;
    this.backlog[event.kind].push(() => {
      if (!event.cancelled) event.run();
    });
    return false;
  }

  private resume(): void {
    if (!this.alive || this.paused) return;
    for (const kind of ['io', 'timer', 'turn'] as const)
      for (const run of this.backlog[kind].splice(0))
        this.world.schedule(this.world.nowMs, this, kind, run);
  }

  private newClock(): Clock {
    const {world, nature} = this;
    const owner = (): number => nature.offsetMs + nature.rate * world.nowMs;
    return {
      nowMs: () => owner() - this.missedMs,
      wallMs: () => Math.floor(EPOCH_MS + owner()),
      ownerMs: owner,
      after: (delayMs, callback) => this.after(delayMs, callback),
      sleep: (delayMs) => new Promise((resolve) => void this.after(delayMs, resolve)),
    };
  }
}
