/**
 * Faults at named boundaries: where a process calls the store, a hint sets out, or a timer is due. The same world without faults
 * comes to the same boundaries each time, so every one of them can be struck.
 */
import {Counted} from './choices.ts';
import type {Fleet} from './fleet.ts';
import type {SimProcess} from './process.ts';
import type {StoreFate} from './weather.ts';
import type {Boundaries} from './world.ts';

export type BoundaryKind = 'write' | 'read' | 'hint' | 'timer';

/** What can be done at a boundary of each kind. */
export const STRIKES_AT = {
  write: [
    ...(['kill before', 'kill after', 'cut before', 'cut after', 'lose the request'] as const),
    ...(['lose the answer', 'delay the request', 'delay the answer', 'pause'] as const),
  ],
  read: [
    ...(['kill after', 'cut before', 'cut after', 'delay the answer', 'pause'] as const),
    ...(['stale', 'staler'] as const),
  ],
  hint: ['lose the request', 'delay the request', 'twice', 'kill before', 'kill after'],
  timer: ['kill before', 'kill after', 'pause', 'suspend'],
} as const satisfies Record<BoundaryKind, readonly string[]>;

export type Struck = (typeof STRIKES_AT)[BoundaryKind][number];

export interface DirectedFault {
  /** The boundary's name. */
  readonly at: string;
  readonly do: Struck;
  /** A process that is killed comes back after so long, ms. Default 500. */
  readonly awayMs?: number;
}

export interface Boundary {
  readonly name: string;
  readonly kind: BoundaryKind;
  readonly atMs: number;
}

/** Back before anybody misses it, and after it has been evicted. */
export const AWAY_TIMES_MS = [300, 8_000] as const;
const AWAY_MS = 500;
/** Past T, and past the wait for silence. */
const LONG_T = 1.3;
/** How many changes of what it asks for a stale read misses. */
export const STALE_STEPS = {stale: 1, staler: 3} as const;

export class DirectedFaults implements Boundaries {
  onBoundary: ((boundary: Boundary) => void) | undefined;
  /** The faults that came up. */
  readonly struck: DirectedFault[] = [];
  private readonly fleet: Fleet;
  private readonly endsMs: number;
  private readonly wanted = new Map<string, DirectedFault>();
  private readonly counted = new Counted();

  constructor(fleet: Fleet, faults: readonly DirectedFault[], endsMs: number) {
    this.fleet = fleet;
    this.endsMs = endsMs;
    for (const fault of faults) this.wanted.set(fault.at, fault);
    fleet.world.boundaries = this;
  }

  call(process: SimProcess, kind: 'write' | 'read', what: () => string): Partial<StoreFate> {
    const fault = this.comesUp(kind, () => `${process.label} ${what()}`);
    if (fault === undefined) return {};
    process.touched = true;
    const {weather} = this.fleet;
    switch (fault.do) {
      case 'kill before':
        this.kill(process, fault);
        return {lost: true};
      case 'kill after':
        this.kill(process, fault);
        return {};
      case 'cut before':
        this.cut(process, 0);
        return {};
      case 'cut after':
        this.cut(process, 1.5);
        return {thereMs: 1, backMs: 1};
      case 'lose the request':
        return {lost: true};
      case 'lose the answer':
        return {answerLost: true};
      case 'delay the request':
        return {thereMs: this.longMs()};
      case 'delay the answer':
        return {backMs: this.longMs()};
      case 'pause':
        process.pause(this.longMs(), false);
        return {};
      case 'stale':
      case 'staler':
        weather.staleSteps.set(process, STALE_STEPS[fault.do]);
        return {};
      default:
        return {};
    }
  }

  hint(what: () => string, usualMs: number): readonly number[] | undefined {
    const fault = this.comesUp('hint', what);
    if (fault === undefined) return undefined;
    if (fault.do === 'lose the request') return [];
    if (fault.do === 'delay the request') return [this.longMs()];
    if (fault.do === 'twice') return [usualMs, 100 + usualMs];
    const container = this.fleet.containers.get(what().split(' ')[1] ?? '');
    const {world} = this.fleet;
    const killMs = fault.do === 'kill before' ? usualMs / 2 : usualMs + 0.5;
    if (container !== undefined) world.after(killMs, () => this.kill(container.process, fault));
    return undefined;
  }

  /** False: the timer finds nobody any more. */
  timer(process: SimProcess, what: () => string, run: () => void): void {
    const fault = this.comesUp('timer', () => `${process.label} timer ${what()}`);
    if (fault?.do === 'kill before') return this.kill(process, fault);
    if (fault?.do === 'pause' || fault?.do === 'suspend') {
      process.pause(this.longMs(), fault.do === 'suspend');
      this.fleet.world.schedule(this.fleet.world.nowMs, process, 'timer', run);
      return;
    }
    run();
    if (fault?.do === 'kill after') this.kill(process, fault);
  }

  private comesUp(kind: BoundaryKind, what: () => string): DirectedFault | undefined {
    const {world} = this.fleet;
    if (world.nowMs >= this.endsMs) return undefined;
    // Names cost a tenth of a run: nobody asks for one any more.
    if (this.wanted.size === 0 && this.onBoundary === undefined) return undefined;
    const name = this.counted.next(what());
    this.onBoundary?.({name, kind, atMs: world.nowMs});
    const fault = this.wanted.get(name);
    if (fault === undefined) return undefined;
    this.wanted.delete(name);
    this.struck.push(fault);
    world.note(`directed: ${fault.do} at ${name}`);
    return fault;
  }

  private longMs(): number {
    const {fleet, endsMs} = this;
    const {ttlMs, daemonTtlMs} = fleet.shape;
    return Math.min(LONG_T * Math.max(ttlMs, daemonTtlMs), endsMs - fleet.world.nowMs);
  }

  private cut(process: SimProcess, afterMs: number): void {
    const {weather, world} = this.fleet;
    const healMs = this.longMs();
    world.after(afterMs, () => weather.cut(process, 'both'));
    world.after(afterMs + healMs, () => weather.cut(process, undefined));
  }

  /** In an event of its own: the code that runs now is cut off at its next await. */
  private kill(process: SimProcess, {awayMs = AWAY_MS}: DirectedFault): void {
    const {fleet} = this;
    for (const node of fleet.containers.values())
      if (node.process === process) return fleet.restartContainer(node, awayMs);
    for (const node of fleet.daemons.values())
      if (node.process === process) return fleet.restartDaemon(node, awayMs);
  }
}
