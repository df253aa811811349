/** Leaving while the store is away: once the right to act is over and nothing runs any more, there is nothing to wait for. */
import {heartbeatIntervalMs} from '../model/container.ts';
import type {Clock} from '../runtime/clock.ts';
import {FENCED_LOOK_MS, FENCED_LINGER_MS} from './limits.ts';

export interface Leaving {
  /** Ms of the right to act that are left; negative when it is over. */
  remainingMs(): number;
  /** T, ms. */
  readonly ttlMs: number;
  /** Whatever runs by that right, or has not ended yet. */
  readonly shards: {readonly size: number};
}

/**
 * Resolves when it has been fenced and idle for T/5 and a second: its heartbeat may be left to fall silent. Never, once `isOver`. An attempt that was
 * sent before a pause of the process, and whose answer is lost, takes up to T/5 after it; only the next one shows whether the store is away.
 */
export function untilIdleAndFenced(
  leaving: Leaving,
  clock: Pick<Clock, 'nowMs' | 'after'>,
  isOver: () => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const lingerMs = heartbeatIntervalMs(leaving.ttlMs) + FENCED_LINGER_MS;
    let sinceMs: number | undefined;
    const look = (): void => {
      if (isOver()) return;
      const idle = leaving.remainingMs() <= 0 && leaving.shards.size === 0;
      sinceMs = idle ? (sinceMs ?? clock.nowMs()) : undefined;
      if (sinceMs !== undefined && clock.nowMs() - sinceMs >= lingerMs) resolve();
      else clock.after(FENCED_LOOK_MS, look);
    };
    look();
  });
}
