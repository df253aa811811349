/**
 * How long somebody may still act by a right that the history of before gave, once etcd was restored or replaced. No heartbeat of that history commits
 * after this daemon has noticed, so the last right ends the longest T later. That of a container which another daemon governed is not known here, and
 * what was restored may not know of it either: the longest T there may be counts. Times come in from outside.
 */
import {silenceMs} from '../../model/container.ts';
import {UNWATCHED_CLOCK_EXCESS} from '../../model/limits.ts';

export class OldRights {
  private readonly allMs: number;
  private noticedMs: number | undefined;

  /** `longestTtlMs`: of any container of the cluster. */
  constructor(longestTtlMs: number) {
    // No rate of a clock is known in the new history.
    this.allMs = silenceMs(longestTtlMs, UNWATCHED_CLOCK_EXCESS);
  }

  /** This daemon has come to doubt the store. */
  noticed(nowMs: number): void {
    this.noticedMs = nowMs;
  }

  /** Until the last one has ended, ms. */
  leftMs(nowMs: number): number {
    return Math.max(0, this.allMs - (nowMs - (this.noticedMs ?? nowMs)));
  }
}
