/**
 * Holds evictions back when many containers are lost at once (protocol.md, "Eviction circuit breaker"): more often than not the fault is then on our side, or in
 * between. Losses are counted over a window of W, for heartbeats are staggered: containers that die at one instant fall silent one by one, and
 * the first are evicted before the last are silent.
 */
import {silenceMs} from '../model/container.ts';
import {LOSSES_ALLOWED, LOSSES_ALLOWED_SHARE} from './limits.ts';

/** A container that is silent, or was when its heartbeat went. */
export interface Loss {
  readonly container: string;
  readonly ttlMs: number;
}

export class EvictionCircuitBreaker {
  private holdUntilMs: number | undefined;
  /** Containers whose heartbeats went while silent -> until when they count, ms. */
  private readonly recent = new Map<string, number>();

  /** Too many losses: evictions wait, or waited a moment ago. */
  get isTripped(): boolean {
    return this.holdUntilMs !== undefined;
  }

  /** The heartbeat of a silent container is gone. */
  lost({container, ttlMs}: Loss, nowMs: number): void {
    this.recent.set(container, nowMs + silenceMs(ttlMs));
  }

  /** Whether nothing may be evicted now: for 2T from the moment at which too many were lost, then it is believed. */
  holds(silent: readonly Loss[], living: Iterable<string>, nowMs: number): boolean {
    const isHolding = this.holdUntilMs !== undefined && nowMs < this.holdUntilMs;
    if (!isHolding) this.expire(nowMs);
    const lost = new Set(this.recent.keys());
    const all = new Set([...this.recent.keys(), ...living]);
    for (const {container} of silent) lost.add(container);
    if (lost.size <= Math.max(LOSSES_ALLOWED, LOSSES_ALLOWED_SHARE * all.size)) {
      this.holdUntilMs = undefined;
      return false;
    }
    this.holdUntilMs ??= nowMs + 2 * Math.max(0, ...silent.map(({ttlMs}) => ttlMs));
    return nowMs < this.holdUntilMs;
  }

  /** When `holds` may answer something else without news; Infinity if never. */
  wakeAtMs(nowMs: number): number {
    if (this.holdUntilMs === undefined) return Number.POSITIVE_INFINITY;
    return nowMs < this.holdUntilMs ? this.holdUntilMs : Math.min(...this.recent.values());
  }

  private expire(nowMs: number): void {
    for (const [container, untilMs] of this.recent)
      if (untilMs <= nowMs) this.recent.delete(container);
  }
}
