/** Leaving while the store is away: once the right to act is over and nothing runs any more, there is nothing to wait for. */
import type {Clock} from '../runtime/clock.ts';
import {FENCED_LOOK_MS, FENCED_LINGER_MS} from './limits.ts';

export interface Leaving {
  /** Ms of the right to act that are left; negative when it is over. */
  remainingMs(): number;
  /** Whatever runs by that right, or has not ended yet. */
  readonly shards: {readonly size: number};
}

/** Resolves when it has been fenced and idle for a second: its heartbeat may be left to fall silent. Never, once `isOver`. */
export function untilIdleAndFenced(
  leaving: Leaving,
  clock: Pick<Clock, 'nowMs' | 'after'>,
  isOver: () => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    let sinceMs: number | undefined;
    const look = (): void => {
      if (isOver()) return;
      const idle = leaving.remainingMs() <= 0 && leaving.shards.size === 0;
      sinceMs = idle ? (sinceMs ?? clock.nowMs()) : undefined;
      if (sinceMs !== undefined && clock.nowMs() - sinceMs >= FENCED_LINGER_MS) resolve();
      else clock.after(FENCED_LOOK_MS, look);
    };
    look();
  });
}
