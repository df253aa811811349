import {READ_RETRY_MAX_MS, READ_RETRY_MIN_MS} from './limits.ts';

export class ReadSchedule {
  /** A read is wanted, at `atMs`. */
  wanted = false;
  atMs = 0;
  private failures = 0;

  /** As soon as possible, or not before `atMs` where a read at an earlier time could say nothing new. */
  want(atMs?: number): void {
    this.wanted = true;
    if (atMs !== undefined) this.atMs = atMs;
  }

  /** Soon again: the last answer was no use. */
  again(nowMs: number): void {
    this.want(nowMs + READ_RETRY_MIN_MS);
  }

  /** No answer came: again with back-off. */
  failed(nowMs: number): void {
    this.failures += 1;
    this.want(nowMs + Math.min(READ_RETRY_MAX_MS, READ_RETRY_MIN_MS * 2 ** this.failures));
  }

  succeeded(): void {
    this.failures = 0;
  }
}
