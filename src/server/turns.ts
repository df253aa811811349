/** Heavy work by turns: one piece for each key at a time, so many in all, and the next is the one of the key that has waited longest. */
import {SmError} from '../model/errors.ts';
import {gate} from '../runtime/gate.ts';

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
  /** By key, in the order in which keys have begun to wait or have had their turn. */
  private readonly waiting = new Map<string, Start[]>();

  constructor(limits: TurnsLimits) {
    this.limits = limits;
  }

  /** @throws SmError RATE_LIMITED when too much of that key waits already, and what the work throws. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    await this.turnOf(key);
    try {
      return await work();
    } finally {
      this.busy.delete(key);
      this.next();
    }
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
    return this.busy.size < this.limits.atOnce && !this.busy.has(key);
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
