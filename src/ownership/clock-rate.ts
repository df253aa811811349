/**
 * How fast a watcher's clock runs against the clock of whoever sends heartbeats (docs/decisions/0008-clock-rates.md). Each heartbeat says
 * when it was sent by its sender's clock; the watcher knows when it saw it by its own. The difference of the two is a constant, plus the
 * delay, plus what the rates make of the time between. Delays are only ever added, so of each stretch of time the least difference counts.
 * Passive.
 */
import {CLOCK_DRIFT, UNWATCHED_CLOCK_EXCESS} from '../model/container.ts';

/** Stretches that are remembered, each about T long. */
const STRETCHES = 6;
/** A difference this far below what is expected is not a delay that has ended but a step of a clock, or a watcher that was not awake, ms. */
const STEP_MS = 50;
/** What is expected changes by the rate that is known, give or take this share of the time; by the second where none is known yet. */
const STEP_SHARE = 0.05;
const STEP_SHARE_UNKNOWN = 0.25;
/** A rate needs a stretch of so many T between its ends: what is left of the delays must not count for a rate. */
const BASELINE_TTLS = 2;
/** Beyond this the number is not believed: W would outgrow 2T, which is what the promises about time are made of. */
const MOST_EXCESS = 0.9;

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
        ...this.stretches.slice(-STRETCHES),
        {fromMs: sentAtMs, sentAtMs, offsetMs},
      ];
    else if (offsetMs <= last.offsetMs) Object.assign(last, {sentAtMs, offsetMs});
  }

  /**
   * Ms of the watcher's clock for one of the sender's, less 1: above 0 the sender is slow. Undefined until all stretches are full. The
   * smaller of two views, 0 where they contradict each other: a delay that grows must not look like a clock.
   */
  get measured(): number | undefined {
    const closed = this.stretches.slice(0, -1);
    const [first, middle, last] = [closed[0], closed[STRETCHES / 2], closed[STRETCHES - 1]];
    if (first === undefined || middle === undefined || last === undefined) return undefined;
    const whole = slope(first, last);
    const late = slope(middle, last);
    if (whole * late <= 0) return 0;
    return Math.abs(whole) < Math.abs(late) ? whole : late;
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
    return Math.min(MOST_EXCESS, Math.max(0, greatest - CLOCK_DRIFT));
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
      known.every((one) => offsetMs < one.offsetMs + least * (sentAtMs - one.sentAtMs) - STEP_MS)
    );
  }

  /** Without the newest stretch, for the same reason. */
  private leastRate(): number {
    const last = this.stretches.at(-2);
    const [earliest] = last === undefined ? [] : this.baselines(last);
    if (last === undefined || earliest === undefined) return -STEP_SHARE_UNKNOWN;
    return slope(earliest, last) - STEP_SHARE;
  }
}

function slope(from: Stretch, to: Stretch): number {
  return (to.offsetMs - from.offsetMs) / (to.sentAtMs - from.sentAtMs);
}
