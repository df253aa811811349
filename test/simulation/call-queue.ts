/** A store that can only do so much: calls wait for each other, and take its time also when their callers have given up. */
import type {World} from './world.ts';

export interface Capacity {
  /** Time of a small call, ms. */
  unitMs: number;
  /** Entries that are listed in the time of a small call. */
  readonly entriesPerUnit: number;
}

interface QueuedCall {
  readonly units: number;
  readonly serve: () => void;
}

export class CallQueue {
  /** Undefined: nothing takes the store any time. */
  capacity: Capacity | undefined;
  /** What it was asked for so far, in small calls. */
  demand = 0;
  private readonly world: World;
  private readonly waiting: QueuedCall[] = [];

  constructor(world: World) {
    this.world = world;
  }

  /** Serves the call when those before it are done. `listed`: counts the entries that it lists. */
  inTurn(listed: () => number, serve: () => void): void {
    if (this.capacity === undefined) return serve();
    const units = 1 + listed() / this.capacity.entriesPerUnit;
    this.demand += units;
    this.waiting.push({units, serve});
    if (this.waiting.length === 1) this.serveNext();
  }

  private serveNext(): void {
    const [next] = this.waiting;
    if (next === undefined || this.capacity === undefined) return;
    this.world.after(next.units * this.capacity.unitMs, () => {
      next.serve();
      this.waiting.shift();
      this.serveNext();
    });
  }
}
