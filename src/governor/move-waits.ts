/** What the queued moves of an app wait for, for its summary: kept for a few seconds, so that a budget that fills and empties is not news each time. Passive. */
import type {MoveBudget, MoveWait} from '../model/move-wait.ts';
import {WAITS_KEPT_MS, WAITS_SHOWN} from './limits.ts';

/** Waits that are over soon, or are of one move alone. */
const TRANSIENT: ReadonlySet<MoveBudget> = new Set(['writing', 'notReady', 'cancelled', 'turn']);

export class MoveWaits {
  private isNews = false;
  private readonly seen = new Map<string, {readonly wait: MoveWait; seenMs: number}>();

  note(wait: MoveWait, nowMs: number): void {
    if (TRANSIENT.has(wait.budget)) return;
    const key = `${wait.budget} ${wait.of}`;
    const known = this.seen.get(key);
    if (known?.wait.limit === wait.limit) {
      known.seenMs = nowMs;
      return;
    }
    this.seen.set(key, {wait, seenMs: nowMs});
    this.isNews = true;
  }

  /** Whether there has come to be a wait that was not known, since this was asked last. */
  takeNews(): boolean {
    const {isNews} = this;
    this.isNews = false;
    return isNews;
  }

  /** Those of the last few seconds, by name; the first few. */
  at(nowMs: number): MoveWait[] {
    for (const [key, {seenMs}] of this.seen)
      if (nowMs > seenMs + WAITS_KEPT_MS) this.seen.delete(key);
    const keys = [...this.seen.keys()].sort().slice(0, WAITS_SHOWN);
    return keys.flatMap((key) => this.seen.get(key)?.wait ?? []);
  }
}
