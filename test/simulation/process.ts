/** One process of the world: its own clocks, pauses, and death. What is under way when it dies never comes back to it. */
import type {Clock, Timer} from '../../src/runtime/clock.ts';
import {nameOfNode} from './boundary-names.ts';
import {fractionOf} from './choices.ts';
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
  /** Which one it is, whatever else was started: `c1`, and after a restart `c1.2`. */
  readonly label: string;
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
  /** By how much the wall clock was set. */
  private wallStepMs = 0;
  /** Timers that are set and not due yet. */
  timers = 0;
  /** Local ms that the monotonic clock has missed in suspensions. */
  private missedMs = 0;
  private readonly backlog: Record<EventKind, (() => void)[]> = {io: [], timer: [], turn: []};

  constructor(world: World, name: string, nature: ClockNature, label = nameOfNode(name)) {
    this.world = world;
    this.name = name;
    this.label = label;
    this.nature = nature;
    this.random = world.random.fork();
    this.clock = this.newClock();
  }

  /** Another process whose clocks stand as those of this one. */
  fork(name: string): SimProcess {
    const copy = new SimProcess(this.world, name, this.nature, `${this.label}~`);
    copy.missedMs = this.missedMs;
    copy.touched = true;
    for (const id of this.ids) copy.ids.add(id);
    return copy;
  }

  /** The label without the number of the life. */
  get role(): string {
    return this.label.split('.')[0] ?? this.label;
  }

  /** Boot time, which goes on while the machine is suspended. */
  bootMs(): number {
    return this.clock.ownerMs();
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
    const ring = this.world.boundaries === undefined ? run : this.atBoundary(run);
    let event: WorldEvent;
    let over = false;
    const arm = (): void => {
      const waitMs = (dueMs - this.clock.nowMs()) / this.nature.rate;
      // A timer counts the monotonic clock: after a suspension it is not due yet.
      const fire = (): void => {
        if (this.clock.nowMs() + 1e-6 < dueMs) return arm();
        over = true;
        this.timers -= 1;
        ring();
      };
      event = this.world.schedule(
        this.world.nowMs + Math.max(0, waitMs) + 1e-5,
        this,
        'timer',
        () => {
          if (!event.cancelled) fire();
        },
      );
    };
    this.timers += 1;
    arm();
    return {
      cancel: () => {
        if (!over) this.timers -= 1;
        over = event.cancelled = true;
      },
    };
  }

  private atBoundary(run: () => void): () => void {
    // Most timers never come to it.
    return () => this.world.boundaries?.timer(this, () => setterOf(run), run);
  }

  /** 0 <= x < 1, for the code that runs in here. */
  anyNumber(): number {
    return this.world.choices.value(
      () => `${this.label} drawn number`,
      () => 0.5,
      () => this.random.next(),
    );
  }

  freshId(size: number): Buffer {
    const id = this.world.choices.value(
      () => `${this.label} drawn id`,
      (fullName) => calmId(fullName(), size),
      () => this.random.hexText(size),
    );
    this.ids.add(id);
    return Buffer.from(id, 'hex');
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

  /** Somebody sets the wall clock; the others go on. */
  stepWall(byMs: number): void {
    this.wallStepMs += byMs;
    this.touched = true;
    this.world.note(`wall clock of ${this.name} steps ${byMs.toFixed(0)}`);
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
      wallMs: () => Math.floor(EPOCH_MS + owner() + this.wallStepMs),
      ownerMs: owner,
      after: (delayMs, callback) => this.after(delayMs, callback),
      sleep: (delayMs) => new Promise((resolve) => void this.after(delayMs, resolve)),
    };
  }
}

const SETTERS = new Map<string, string>();

/** Timers are named by what they call: `turn` for `() => this.turn()`. */
function setterOf(run: () => void): string {
  if (run.name !== '') return run.name;
  const text = run.toString();
  let setter = SETTERS.get(text);
  if (setter === undefined) {
    setter = /=>[^(]*?(\w+)\(/.exec(text)?.[1] ?? 'unnamed';
    SETTERS.set(text, setter);
  }
  return setter;
}

function calmId(name: string, size: number): string {
  let id = '';
  for (let at = 0; id.length < 2 * size; at += 1)
    id += Math.floor(fractionOf(`${at}${name}`) * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return id.slice(0, 2 * size);
}
