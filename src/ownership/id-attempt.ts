/** The tries to take the container id: when the next is due, what it compares, and whether one may have succeeded unheard. Passive. */
import {jittered} from '../model/back-off.ts';
import {heartbeatIntervalMs} from '../model/container.ts';
import {LONGEST_ID_PAUSE_MS} from './limits.ts';
import type {IdAnswer} from './session-actions.ts';

export class IdAttempt {
  /** Mod revision of the id key as last seen; 0: it was absent. */
  idMod = 0;
  /** Incarnation in the id key as last seen; '': none. */
  holder = '';
  /** Whom an operator has evicted from the id, as last seen: whoever takes it leaves that there. */
  evicted: string | undefined;
  /** Earlier incarnations of this container. */
  private readonly former: ReadonlySet<string>;
  /** One was sent whose outcome is not known: the id may be mine. */
  isOpen = false;
  private inFlight = false;
  private atMs = Number.NEGATIVE_INFINITY;

  /** `before`, `gone`: of the incarnation before this one. */
  constructor(before?: IdAttempt, gone?: string) {
    this.former = new Set([...(before?.former ?? []), ...(gone === undefined ? [] : [gone])]);
  }

  /** An operator has evicted this container, under an incarnation that did not hear of it. */
  get isEvicted(): boolean {
    return this.evicted !== undefined && this.former.has(this.evicted);
  }

  isDue(nowMs: number): boolean {
    return !this.inFlight && nowMs >= this.atMs;
  }

  /** Owner-clock ms of the next try, Infinity while one is under way. */
  wakeAtMs(): number {
    return this.inFlight ? Number.POSITIVE_INFINITY : this.atMs;
  }

  sent(): void {
    this.inFlight = true;
    this.isOpen = true;
  }

  /** `pauseMs`: before the next try, where this one has not shown how to take it. */
  answered(answer: IdAnswer, nowMs: number, pauseMs: () => number): void {
    this.inFlight = false;
    this.isOpen = answer.kind === 'unknown';
    if (answer.kind === 'free' || answer.kind === 'occupied') this.evicted = answer.evicted;
    if (answer.kind === 'free') {
      this.idMod = answer.idMod;
      this.holder = answer.holder;
      this.atMs = nowMs;
    } else if (answer.kind !== 'taken') this.atMs = nowMs + pauseMs();
  }
}

/** Ms until the next try of a container with this T: a tenth of T, but no longer than a governor keeps shards for it. `random`: from 0 to 1. */
export function idPauseMs(ttlMs: number, random: number): number {
  return jittered(Math.min(heartbeatIntervalMs(ttlMs) / 2, LONGEST_ID_PAUSE_MS), random);
}
