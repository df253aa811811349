/** When a watch that was lost is opened anew: at once where that is rare, later and later where it is lost again and again. */
import {backOff} from '../model/back-off.ts';
import {WATCH_LASTS_MS, WATCH_LOSS_PAUSE_MAX_MS, WATCH_LOSS_PAUSE_MIN_MS} from './limits.ts';

export class WatchLosses {
  private inARow = 0;
  private openedAtMs = Number.NEGATIVE_INFINITY;

  /** It has been opened at this monotonic time, ms. */
  opened(nowMs: number): void {
    this.openedAtMs = nowMs;
  }

  /** It is lost at this time. Pause, ms, before it is opened anew: 0 for the first loss, and for one after a watch that had lasted. `random` is from 0 to 1. */
  lost(nowMs: number, random: number): number {
    this.inARow = nowMs - this.openedAtMs < WATCH_LASTS_MS ? this.inARow + 1 : 1;
    if (this.inARow === 1) return 0;
    return backOff(this.inARow - 1, WATCH_LOSS_PAUSE_MIN_MS, WATCH_LOSS_PAUSE_MAX_MS, random);
  }
}
