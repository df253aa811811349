/** Which of several endpoints to ask next: the one that answers, for as long as it does. */
import {REST_MS} from './limits.ts';

export class EndpointRotation {
  private readonly restUntilMs: number[];
  private readonly nowMs: () => number;
  private at = 0;

  /** `nowMs`: monotonic time. */
  constructor(count: number, nowMs: () => number = () => performance.now()) {
    this.restUntilMs = Array.from({length: count}, () => Number.NEGATIVE_INFINITY);
    this.nowMs = nowMs;
  }

  /** Index of the endpoint to ask now. */
  get current(): number {
    return this.at;
  }

  /**
   * A call to this endpoint has failed: another one is next. `unconnected`: there was no connection, so it rests; where all rest it
   * goes on in turn. News of an endpoint that is not the current one any more moves nothing.
   */
  failed(index: number, unconnected: boolean): void {
    if (unconnected) this.restUntilMs[index] = this.nowMs() + REST_MS;
    if (index === this.at) this.at = this.after(index);
  }

  /** This one is known to answer. */
  turnTo(index: number): void {
    this.restUntilMs[index] = Number.NEGATIVE_INFINITY;
    this.at = index;
  }

  private after(index: number): number {
    const count = this.restUntilMs.length;
    const nowMs = this.nowMs();
    for (let step = 1; step < count; step += 1) {
      const next = (index + step) % count;
      if ((this.restUntilMs[next] ?? 0) <= nowMs) return next;
    }
    return (index + 1) % count;
  }
}
