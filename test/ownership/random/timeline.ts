/** Time that goes on only by what is due: events of the store and the container, and the container's own alarm. */

/** A stalled container does nothing; the store and the governor go on meanwhile. */
export type Place = 'store' | 'container';

interface Event {
  readonly atMs: number;
  readonly place: Place;
  readonly run: () => void;
}

export class Timeline {
  nowMs = 1_000;
  /** The container's process does nothing before. */
  private stalledUntilMs = Number.NEGATIVE_INFINITY;
  private readonly events: Event[] = [];

  later(place: Place, waitMs: number, run: () => void): void {
    this.events.push({atMs: this.nowMs + waitMs, place, run});
  }

  stall(durationMs: number): void {
    this.stalledUntilMs = this.nowMs + durationMs;
  }

  /** When something that is due at the container at `atMs` happens. */
  awakeMs(atMs: number): number {
    return Math.max(atMs, this.stalledUntilMs);
  }

  /** Lets the first event happen that is due by then, and returns where; undefined: there is none, and it is `byMs` now. */
  next(byMs: number): Place | undefined {
    let first: Event | undefined;
    for (const event of this.events)
      if (first === undefined || this.dueMs(event) < this.dueMs(first)) first = event;
    if (first === undefined || this.dueMs(first) > byMs) {
      this.nowMs = Math.max(this.nowMs, byMs);
      return undefined;
    }
    this.events.splice(this.events.indexOf(first), 1);
    this.nowMs = Math.max(this.nowMs, this.dueMs(first));
    first.run();
    return first.place;
  }

  private dueMs({atMs, place}: Event): number {
    return place === 'container' ? this.awakeMs(atMs) : atMs;
  }
}
