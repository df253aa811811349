/**
 * The failure detector (protocol.md, "Failure detector"): for each heartbeat, how long its version has stood unchanged while the
 * store was known to take writes. Only the watcher's own monotonic clock counts. Passive.
 */
import {silenceMs} from '../model/container.ts';
import {ClockRate} from './clock-rate.ts';
import {HEARTBEATS_PER_TTL, SUSPECT_HEARTBEATS} from '../model/limits.ts';
import {PROBE_GAP_HEARTBEATS} from './limits.ts';

interface Count {
  mod: number;
  ttlMs: number;
  sinceMs: number;
  /** Of its sender's clock; undefined: its heartbeats do not tell the time, its clock is taken to keep to assumption A2. */
  rate: ClockRate | undefined;
}

export class FailureDetector {
  private readonly counts = new Map<string, Count>();
  private lastProbeMs = Number.NEGATIVE_INFINITY;

  /**
   * A version of a heartbeat was seen. Seeing the same version again changes nothing. `sentAtMs`: when it was sent, by its sender's clock;
   * undefined when it does not say.
   */
  observe(incarnation: string, mod: number, ttlMs: number, nowMs: number, sentAtMs?: number): void {
    const count = this.counts.get(incarnation);
    if (count !== undefined && count.mod >= mod) return;
    const rate = sentAtMs === undefined ? undefined : (count?.rate ?? new ClockRate(ttlMs));
    if (sentAtMs !== undefined) rate?.observe(sentAtMs, nowMs);
    this.counts.set(incarnation, {mod, ttlMs, sinceMs: nowMs, rate});
  }

  forget(incarnation: string): void {
    this.counts.delete(incarnation);
  }

  /** A write of the watcher's own has committed: the store took writes at this moment. A long gap before it restarts counts. */
  probeCommitted(nowMs: number): void {
    const gapMs = nowMs - this.lastProbeMs;
    this.lastProbeMs = nowMs;
    for (const count of this.counts.values()) if (gapMs > maxGapMs(count)) count.sinceMs = nowMs;
  }

  /** Ms that the present version has stood; 0 while the store is not known to take writes. */
  quietMs(incarnation: string, nowMs: number): number {
    const count = this.counts.get(incarnation);
    if (count === undefined || nowMs - this.lastProbeMs > maxGapMs(count)) return 0;
    return nowMs - count.sinceMs;
  }

  /** Ms since the present version was first seen, whatever the probes say: for display and suspicion, never for eviction. */
  ageMs(incarnation: string, nowMs: number): number {
    const count = this.counts.get(incarnation);
    return count === undefined ? 0 : nowMs - count.sinceMs;
  }

  /** The version whose silence is measured; 0 when none. */
  version(incarnation: string): number {
    return this.counts.get(incarnation)?.mod ?? 0;
  }

  /** Whether the owner has certainly stopped acting: W has passed. */
  silent(incarnation: string, nowMs: number): boolean {
    const count = this.counts.get(incarnation);
    return count !== undefined && this.quietMs(incarnation, nowMs) >= waitMs(count);
  }

  /** Ms of this watcher's clock for one of the owner's, less 1; undefined while not known. For display: W has it in already. */
  clockRate(incarnation: string): number | undefined {
    return this.counts.get(incarnation)?.rate?.measured;
  }

  /** Whether a beat has been missed: nothing seen for 2T/5. */
  suspect(incarnation: string, nowMs: number): boolean {
    const count = this.counts.get(incarnation);
    return count !== undefined && this.ageMs(incarnation, nowMs) > suspectMs(count);
  }

  /** The next moment at which `suspect`, `silent` or `quietMs >= limitMs` may turn true for this incarnation. */
  wakeAtMs(incarnation: string, limitMs: number, nowMs: number): number {
    const count = this.counts.get(incarnation);
    if (count === undefined) return Number.POSITIVE_INFINITY;
    const later = (mark: number): number =>
      count.sinceMs + mark > nowMs ? count.sinceMs + mark : Number.POSITIVE_INFINITY;
    const next = Math.min(later(suspectMs(count) + 1), later(waitMs(count)), later(limitMs));
    return Number.isFinite(next) ? next : nowMs + maxGapMs(count);
  }
}

/** W: longer than T by what the two clocks are known, or must be feared, to differ. */
function waitMs({ttlMs, rate}: Count): number {
  return silenceMs(ttlMs, rate?.excess ?? 0);
}

function suspectMs({ttlMs}: Count): number {
  return (SUSPECT_HEARTBEATS * ttlMs) / HEARTBEATS_PER_TTL;
}

/** Longer gaps between two probes of the store count as silence of the store. */
function maxGapMs({ttlMs}: Count): number {
  return (PROBE_GAP_HEARTBEATS * ttlMs) / HEARTBEATS_PER_TTL;
}
