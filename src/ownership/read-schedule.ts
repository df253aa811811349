/** When a shard's record has to be read next, and how long to wait after a read that failed. Pure. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;

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
    this.want(nowMs + RETRY_MIN_MS);
  }

  /** No answer came: again with back-off. */
  failed(nowMs: number): void {
    this.failures += 1;
    this.want(nowMs + Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** this.failures));
  }

  succeeded(): void {
    this.failures = 0;
  }
}
