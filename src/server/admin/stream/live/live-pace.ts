/**
 * When live views look: all of a daemon's in one round, so that what one of them has counted the others need not count again, and so that
 * all of them together take a bounded part of its time. The more there is to look at, the rarer the rounds.
 */
import {setImmediate} from 'node:timers/promises';
import {GATHER_MS, LIVE_TICK_MS, LOOKING_SHARE} from '../../limits.ts';

export interface Looker {
  /** Called for all of them before the first one looks. */
  refresh(): void;
  /** Never rejects. */
  lookAgain(): Promise<void>;
}

export class LivePace {
  private readonly lookers = new Set<Looker>();
  private timer: NodeJS.Timeout | undefined;
  private dueMs = 0;
  private earliestMs = 0;
  private looking = false;
  /** A change has come while the round was under way. */
  private wanted = false;

  add(looker: Looker): void {
    this.lookers.add(looker);
    this.lookWithin(LIVE_TICK_MS);
  }

  remove(looker: Looker): void {
    this.lookers.delete(looker);
    if (this.lookers.size > 0) return;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Records have changed: the next round comes as soon as it may. */
  changed(): void {
    this.wanted = true;
    this.lookWithin(0);
  }

  private lookWithin(limitMs: number): void {
    if (this.looking || this.lookers.size === 0) return;
    const nowMs = performance.now();
    const dueMs = Math.max(this.earliestMs, nowMs + limitMs);
    if (this.timer !== undefined && this.dueMs <= dueMs) return;
    clearTimeout(this.timer);
    this.dueMs = dueMs;
    this.timer = setTimeout(() => void this.round(), dueMs - nowMs);
    this.timer.unref();
  }

  private async round(): Promise<void> {
    const startedMs = performance.now();
    this.timer = undefined;
    this.looking = true;
    this.wanted = false;
    for (const looker of this.lookers) looker.refresh();
    for (const looker of [...this.lookers]) {
      await looker.lookAgain();
      await setImmediate();
    }
    const endedMs = performance.now();
    const spentMs = endedMs - startedMs;
    this.earliestMs = endedMs + Math.max(GATHER_MS, spentMs / LOOKING_SHARE - spentMs);
    this.looking = false;
    this.lookWithin(this.wanted ? 0 : LIVE_TICK_MS);
  }
}
