/** When a shard's record has to be read next, and how long to wait after a read that failed. Passive. */
import {backOff} from '../model/back-off.ts';
import {READ_RETRY_MAX_MS, READ_RETRY_MIN_MS} from './limits.ts';

export class ReadSchedule {
  /** A read is wanted, at `atMs`. */
  wanted = false;
  atMs = 0;
  private failures = 0;
  /** Nothing but the time asks for the read that is wanted or under way. */
  private isPeriodic = false;

  /** As soon as possible, or not before `atMs` where a read at an earlier time could say nothing new. */
  want(atMs?: number): void {
    this.wanted = true;
    this.isPeriodic = false;
    if (atMs !== undefined) this.atMs = atMs;
  }

  /** As soon as possible, unless a read is wanted already. Where it fails, the next such read is soon enough. */
  wantPeriodic(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.isPeriodic = true;
  }

  /** Soon again: the last answer was no use. */
  again(nowMs: number): void {
    this.want(nowMs + READ_RETRY_MIN_MS);
  }

  /** No answer came: again with back-off, where more than the time asks for it. */
  failed(nowMs: number): void {
    if (this.isPeriodic) return;
    this.failures += 1;
    this.want(nowMs + backOff(this.failures + 1, READ_RETRY_MIN_MS, READ_RETRY_MAX_MS));
  }

  succeeded(): void {
    this.failures = 0;
  }
}
