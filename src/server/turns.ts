/**
 * Heavy work by turns: one piece for each key at a time, so many in all, and the next is the one of the key that has waited longest. After a piece its key may rest:
 * until that is over, only pieces of other keys begin.
 */
import {SmError} from '../model/errors.ts';
import {gate} from '../runtime/gate.ts';
import {HEAVY_CALL_REST_MAX_MS} from './limits.ts';

export interface TurnsLimits {
  /** Pieces under way at once. */
  readonly atOnce: number;
  /** Pieces of one key that may wait. */
  readonly waitingPerKey: number;
}

type Start = () => void;

export class Turns {
  private readonly limits: TurnsLimits;
  private readonly busy = new Set<string>();
  private readonly resting = new Set<string>();
  /** By key, in the order in which keys have begun to wait or have had their turn. */
  private readonly waiting = new Map<string, Start[]>();

  constructor(limits: TurnsLimits) {
    this.limits = limits;
  }

  /**
   * `restFactor`: after the piece its key rests so many times as long as the piece took. Default: 0.
   * @throws SmError RATE_LIMITED when too much of that key waits already, and what the work throws.
   */
  async run<T>(key: string, work: () => Promise<T>, restFactor = 0): Promise<T> {
    await this.turnOf(key);
    const startedMs = performance.now();
    try {
      return await work();
    } finally {
      this.busy.delete(key);
      if (restFactor > 0) this.rest(key, restFactor * (performance.now() - startedMs));
      this.next();
    }
  }

  private rest(key: string, forMs: number): void {
    this.resting.add(key);
    const end = (): void => {
      this.resting.delete(key);
      this.next();
    };
    setTimeout(end, Math.min(forMs, HEAVY_CALL_REST_MAX_MS)).unref();
  }

  private async turnOf(key: string): Promise<void> {
    if (this.isFree(key)) {
      this.busy.add(key);
      return;
    }
    const queue = this.waiting.get(key) ?? [];
    if (queue.length >= this.limits.waitingPerKey)
      throw new SmError(
        'RATE_LIMITED',
        `${queue.length} heavy calls for app ${key} are already waiting`,
        {
          hint: 'plans and other heavy calls for one app run one after the other: try again later',
          retryable: true,
        },
      );
    const turn = gate();
    queue.push(() => turn.resolve());
    this.waiting.set(key, queue);
    await turn.promise;
  }

  private isFree(key: string): boolean {
    const {busy, resting, limits} = this;
    return busy.size < limits.atOnce && !busy.has(key) && !resting.has(key);
  }

  private next(): void {
    for (const [key, queue] of this.waiting) {
      if (!this.isFree(key)) continue;
      const start = queue.shift();
      this.waiting.delete(key);
      if (queue.length > 0) this.waiting.set(key, queue);
      if (start === undefined) continue;
      this.busy.add(key);
      start();
      return;
    }
  }
}
