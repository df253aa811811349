/**
 * Virtual real time: a queue of events, one run at a time. The shells of src run in here unchanged: their timers, turns of
 * the loop and chance are the world's. After each event the promises it settled run dry before the next one.
 */
import crypto from 'node:crypto';
import {DRAWN} from './choices.ts';
import type {Choices} from './choices.ts';
import type {SimProcess} from './process.ts';
import {Random} from './random.ts';
import {patchTime} from './simulated-globals.ts';
import type {StoreFate} from './weather.ts';

/** What a process gets out of a pause in which order: answers before timers, as a stalled loop does. */
export type EventKind = 'io' | 'timer' | 'turn';

export interface WorldEvent {
  readonly atMs: number;
  readonly order: number;
  readonly process: SimProcess | undefined;
  readonly kind: EventKind;
  readonly run: () => void;
  cancelled: boolean;
}

/** Sees where the processes touch the outside, and may have something happen there. */
export interface Boundaries {
  /** What becomes of the call other than usual. */
  call(process: SimProcess, kind: 'write' | 'read', what: () => string): Partial<StoreFate>;
  /** When the copies of a hint arrive, if not as usual. */
  hint(what: () => string, usualMs: number): readonly number[] | undefined;
  timer(process: SimProcess, what: () => string, run: () => void): void;
}

const realImmediate = globalThis.setImmediate;
const realRandom = Math.random;
const realBytes = crypto.randomBytes;

let current: SimProcess | undefined;
let patched = false;

/** Puts the world's turns and chance in the place of the machine's, for code that runs in a simulated process only. */
export function patchGlobals(): void {
  if (patched) return;
  patched = true;
  const immediate = (callback: (...all: unknown[]) => void, ...all: unknown[]): unknown =>
    current === undefined ? realImmediate(callback, ...all) : current.soon(() => callback(...all));
  globalThis.setImmediate = immediate as typeof setImmediate;
  Math.random = () => (current === undefined ? realRandom() : current.anyNumber());
  const bytes = (size: number): Buffer =>
    current === undefined ? realBytes(size) : current.freshId(size);
  crypto.randomBytes = bytes as typeof crypto.randomBytes;
  patchTime(() => current);
}

/**
 * Runs every promise reaction that is due, before returning. Node's own loop does the same after each callback; nothing
 * documented does it in the middle of one, and a real turn of the loop for each event takes ten times as long.
 */
const drain = (process as unknown as {_tickCallback: () => void})._tickCallback;

/** Worlds run in a turn of the loop of their own: inside a promise reaction no other reaction could run. */
export function ownTurn<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    realImmediate(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}

export class World {
  nowMs = 0;
  readonly random: Random;
  readonly choices: Choices;
  /** FNV-1a over everything noted: equal for equal runs. */
  hash = 0x811c9dc5;
  events = 0;
  /** Called after each event of a process. */
  afterEvent: (process: SimProcess) => void = () => undefined;
  /** Only in worlds with directed faults. */
  boundaries: Boundaries | undefined;
  /** Set to see every note. */
  trace: ((line: string) => void) | undefined;
  private readonly heap: WorldEvent[] = [];
  private orders = 0;
  private halted = false;

  constructor(seed: number, choices: Choices = DRAWN) {
    this.random = new Random(seed);
    this.choices = choices;
  }

  /** An event of the world itself: network, store, faults. */
  at(atMs: number, run: () => void): WorldEvent {
    return this.schedule(Math.max(atMs, this.nowMs), undefined, 'io', run);
  }

  after(delayMs: number, run: () => void): WorldEvent {
    return this.at(this.nowMs + delayMs, run);
  }

  schedule(
    atMs: number,
    process: SimProcess | undefined,
    kind: EventKind,
    run: () => void,
  ): WorldEvent {
    this.orders += 1;
    const event = {atMs, order: this.orders, process, kind, run, cancelled: false};
    this.push(event);
    return event;
  }

  /** Runs `run` as the process, now: what it starts belongs to that process. */
  as(process: SimProcess, run: () => void): void {
    this.schedule(this.nowMs, process, 'io', run);
  }

  /** Runs `work` at once with the chance of the process. */
  within<T>(process: SimProcess, work: () => T): T {
    const outer = current;
    current = process;
    try {
      return work();
    } finally {
      current = outer;
    }
  }

  halt(): void {
    this.halted = true;
  }

  note(text: string): void {
    let {hash} = this;
    for (let at = 0; at < text.length; at += 1)
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    this.hash = hash ^ Math.round(this.nowMs * 1000);
    this.trace?.(`${(this.nowMs / 1000).toFixed(3).padStart(9)}  ${text}`);
  }

  /** Call within `ownTurn`. */
  run(untilMs: number): void {
    for (;;) {
      const event = this.heap[0];
      if (event === undefined || event.atMs > untilMs || this.halted) break;
      this.pop();
      if (event.cancelled) continue;
      this.nowMs = event.atMs;
      const {process} = event;
      if (process === undefined) {
        event.run();
        continue;
      }
      if (!process.admits(event)) continue;
      this.events += 1;
      current = process;
      event.run();
      drain.call(globalThis.process);
      current = undefined;
      this.afterEvent(process);
    }
    if (!this.halted) this.nowMs = Math.max(this.nowMs, untilMs);
  }

  private push(event: WorldEvent): void {
    const {heap} = this;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !before(event, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = event;
  }

  private pop(): void {
    const {heap} = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      let child = heap[down];
      if (child === undefined) break;
      const right = heap[down + 1];
      if (right !== undefined && before(right, child)) {
        child = right;
        down += 1;
      }
      if (!before(child, last)) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
  }
}

function before(a: WorldEvent, b: WorldEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
