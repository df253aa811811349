import {heartbeatIntervalMs} from '../../model/container.ts';

/** Has failure detectors; tells the smallest T of those that they watch, ms, `Infinity` for none. */
interface Watching {
  smallestTtlMs(): number;
}

/**
 * How often a daemon must probe the store, ms; `Infinity` where it watches nobody. Every failure detector needs probes at a fifth of the
 * smallest T it watches; the daemon's own heartbeat is the probe.
 */
export function probeIntervalMs(...watching: readonly Watching[]): number {
  const leastMs = Math.min(...watching.map((one) => one.smallestTtlMs()));
  return Number.isFinite(leastMs) ? heartbeatIntervalMs(leastMs) : Number.POSITIVE_INFINITY;
}
