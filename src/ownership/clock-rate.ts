/**
 * How fast a watcher's clock runs against the clock of whoever sends heartbeats (docs/decisions/0008-clock-rates.md). Each heartbeat says
 * when it was sent by its sender's clock; the watcher knows when it saw it by its own. The difference of the two is a constant, plus the
 * delay, plus what the rates make of the time between. Delays are only ever added, so of each stretch of time the least difference counts.
 * Passive.
 */
import {
  BASELINE_TTLS,
  CLOCK_EXCESS_MOST_SHARE,
  CLOCK_STEP_MS,
  CLOCK_STEP_SHARE,
  CLOCK_STEP_UNKNOWN_SHARE,
  CLOCK_STRETCHES,
} from './limits.ts';
import {CLOCK_DRIFT, UNWATCHED_CLOCK_EXCESS} from '../model/limits.ts';

interface Stretch {
  readonly fromMs: number;
  /** Sender's time of the least difference, and that difference, ms. */
  sentAtMs: number;
  offsetMs: number;
}

export class ClockRate {
  private readonly ttlMs: number;
  private stretches: Stretch[] = [];
  private newestMs = Number.NEGATIVE_INFINITY;
  /** Until the next heartbeat: it is asked for far more often than it changes. */
  private knownExcess: number | undefined;

  constructor(ttlMs: number) {
    this.ttlMs = ttlMs;
  }

  /** A heartbeat sent at `sentAtMs` by its sender's clock was seen at `nowMs` by the watcher's. Older ones than what is known are ignored. */
  observe(sentAtMs: number, nowMs: number): void {
    if (sentAtMs <= this.newestMs || Math.abs(sentAtMs) > Number.MAX_SAFE_INTEGER) return;
    this.newestMs = sentAtMs;
    this.knownExcess = undefined;
    const offsetMs = nowMs - sentAtMs;
    if (this.isStep(sentAtMs, offsetMs)) this.stretches = [];
    const last = this.stretches.at(-1);
    if (last === undefined || sentAtMs - last.fromMs >= this.ttlMs)
      this.stretches = [
        ...this.stretches.slice(-CLOCK_STRETCHES),
        {fromMs: sentAtMs, sentAtMs, offsetMs},
      ];
    else if (offsetMs <= last.offsetMs) Object.assign(last, {sentAtMs, offsetMs});
  }

  /**
   * Ms of the watcher's clock for one of the sender's, less 1: above 0 the sender is slow. Undefined until all stretches are full. The least of several
   * views, 0 where two contradict each other: a rate shows in each of them, a delay that comes up only in those that its beginning lies in.
   */
  get measured(): number | undefined {
    const closed = this.stretches.slice(0, -1);
    if (closed.length < CLOCK_STRETCHES) return undefined;
    const views = closed.flatMap((to, index) => {
      const from = closed[index - BASELINE_TTLS];
      return from === undefined ? [] : [slope(from, to)];
    });
    const least = Math.min(...views);
    return least > 0 ? least : Math.min(0, Math.max(...views));
  }

  /**
   * By how much W must be longer than the assumption about clocks makes it, as a share of T: 0 for clocks that keep to it. The greatest
   * rate that any part of the known time shows, for too long a wait is only slow.
   */
  get excess(): number {
    this.knownExcess ??= this.measuredExcess();
    return this.knownExcess;
  }

  private measuredExcess(): number {
    const last = this.stretches.at(-1);
    const earlier = last === undefined ? [] : this.baselines(last);
    if (last === undefined || earlier.length === 0) return UNWATCHED_CLOCK_EXCESS;
    const greatest = Math.max(...earlier.map((stretch) => slope(stretch, last)));
    return Math.min(CLOCK_EXCESS_MOST_SHARE, Math.max(0, greatest - CLOCK_DRIFT));
  }

  private baselines(last: Stretch): Stretch[] {
    const leastMs = BASELINE_TTLS * this.ttlMs;
    return this.stretches.filter(({sentAtMs}) => last.sentAtMs - sentAtMs >= leastMs);
  }

  /** Below what the last stretch and the one before let expect: the newest may have had nothing but late heartbeats so far. */
  private isStep(sentAtMs: number, offsetMs: number): boolean {
    const known = this.stretches.slice(-2);
    const least = this.leastRate();
    return (
      known.length > 0 &&
      known.every(
        (one) => offsetMs < one.offsetMs + least * (sentAtMs - one.sentAtMs) - CLOCK_STEP_MS,
      )
    );
  }

  /** Without the newest stretch, for the same reason. */
  private leastRate(): number {
    const last = this.stretches.at(-2);
    const [earliest] = last === undefined ? [] : this.baselines(last);
    if (last === undefined || earliest === undefined) return -CLOCK_STEP_UNKNOWN_SHARE;
    return slope(earliest, last) - CLOCK_STEP_SHARE;
  }
}

function slope(from: Stretch, to: Stretch): number {
  return (to.offsetMs - from.offsetMs) / (to.sentAtMs - from.sentAtMs);
}
