/**
 * Long work in parts: the event loop is free for others in between. All that is under way shares one budget for each turn of the event loop, in equal parts; whoever has
 * waited longest comes first. After such a turn the work rests as long as the turn took: a short request passes through the event loop many times, and each time it would
 * wait for a part.
 */
import {LEAST_SLICE_MS, REST_MAX_MS, SLICE_MS} from './limits.ts';

/** Goes on with some work until then; true when it has ended. */
type Part = (untilMs: number) => boolean;

export interface SlicesOptions {
  readonly nowMs: () => number;
  /** Calls that once, in the first turn of the event loop after so long, ms. */
  readonly nextTurn: (work: () => void, afterMs: number) => void;
  /** For all work in one turn. Default: a two-hundredth of a second. */
  readonly budgetMs?: number;
}

export class Slices {
  private readonly options: SlicesOptions;
  private readonly budgetMs: number;
  private readonly waiting: Part[] = [];
  /** Of this turn's budget, ms. */
  private spentMs = 0;
  private isQueued = false;

  constructor(options: SlicesOptions) {
    this.options = options;
    this.budgetMs = options.budgetMs ?? SLICE_MS;
  }

  /**
   * Runs the steps to their end. They begin at once as far as the turn's budget goes; while other work waits they get the least slice, so that short work need not queue.
   * Resolves with what they return, rejects with what they throw.
   */
  run<T>(steps: Iterator<unknown, T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const part: Part = (untilMs) => {
        try {
          for (;;) {
            const next = steps.next();
            if (next.done === true) {
              resolve(next.value);
              return true;
            }
            if (this.options.nowMs() >= untilMs) return false;
          }
        } catch (error) {
          reject(error);
          return true;
        }
      };
      const leftMs = this.budgetMs - this.spentMs;
      const shareMs = this.waiting.length > 0 ? Math.min(leftMs, LEAST_SLICE_MS) : leftMs;
      if (leftMs <= 0) this.waiting.push(part);
      else this.give(part, shareMs);
      this.queue();
    });
  }

  private give(part: Part, forMs: number): void {
    const sinceMs = this.options.nowMs();
    if (!part(sinceMs + forMs)) this.waiting.push(part);
    this.spentMs += this.options.nowMs() - sinceMs;
  }

  private queue(afterMs = 0): void {
    if (this.isQueued) return;
    this.isQueued = true;
    this.options.nextTurn(() => this.turn(), afterMs);
  }

  /** Ends the turn: what has begun in it has had its part of the budget already. */
  private turn(): void {
    this.isQueued = false;
    this.spentMs = Math.min(this.spentMs, this.budgetMs - LEAST_SLICE_MS);
    const shareMs = Math.max(LEAST_SLICE_MS, (this.budgetMs - this.spentMs) / this.waiting.length);
    while (this.spentMs < this.budgetMs) {
      const part = this.waiting.shift();
      if (part === undefined) break;
      this.give(part, shareMs);
    }
    const restMs = restAfter(this.spentMs);
    this.spentMs = 0;
    if (this.waiting.length > 0) this.queue(restMs);
  }
}

/** How long heavy work that has taken so long leaves the event loop to others, ms: at least every other moment is theirs. */
export function restAfter(tookMs: number): number {
  return Math.min(tookMs, REST_MAX_MS);
}

const shared = new Slices({
  nowMs: () => performance.now(),
  nextTurn: (work, afterMs) =>
    void (afterMs < LEAST_SLICE_MS ? setImmediate(work) : setTimeout(work, afterMs)),
});

/** As `Slices.run`, by the budget that all of this process share. */
export function runInSlices<T>(steps: Iterator<unknown, T>): Promise<T> {
  return shared.run(steps);
}

/** Work that cannot be cut, begun within that budget: much of it does not begin in one turn. */
export async function beginInSlice(work: () => Promise<void>): Promise<void> {
  await shared.run({next: () => ({done: true, value: work()})});
}
