/** What is said again and again, said once in a while. */
export class Throttle {
  private readonly intervalMs: number;
  private readonly nowMs: () => number;
  private passedMs = Number.NEGATIVE_INFINITY;

  /** `nowMs`: monotonic time. */
  constructor(intervalMs: number, nowMs: () => number = () => performance.now()) {
    this.intervalMs = intervalMs;
    this.nowMs = nowMs;
  }

  /** True at most once in the interval. */
  passes(): boolean {
    const nowMs = this.nowMs();
    if (nowMs - this.passedMs < this.intervalMs) return false;
    this.passedMs = nowMs;
    return true;
  }
}
