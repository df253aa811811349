/** Items by distance, nearest first: a queue per distance, for distances of which few differ. */
export class DistanceQueue {
  private readonly queues = new Map<number, number[]>();
  /** The queue that was pushed to last. */
  private queue: number[] = [];
  private distance = Number.NaN;
  /** Heap of the distances that have a queue. */
  private readonly heap: number[] = [];

  push(item: number, distance: number): void {
    if (distance === this.distance) this.queue.push(item);
    else this.pushTo(distance, item);
  }

  private pushTo(distance: number, item: number): void {
    const known = this.queues.get(distance);
    this.distance = distance;
    this.queue = known ?? [];
    this.queue.push(item);
    if (known === undefined) {
      this.queues.set(distance, this.queue);
      this.rise(distance);
    }
  }

  /** The nearest distance and its items. Items of that distance may still be pushed until `drop`. */
  nearest(): {distance: number; items: readonly number[]} | undefined {
    const distance = this.heap[0];
    if (distance === undefined) return undefined;
    return {distance, items: this.queues.get(distance) ?? []};
  }

  /** Ends the nearest distance. */
  drop(): void {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (first === undefined || last === undefined) return;
    if (first === this.distance) this.distance = Number.NaN;
    this.queues.delete(first);
    if (this.heap.length > 0) this.sink(last);
  }

  private rise(distance: number): void {
    let at = this.heap.length;
    this.heap.push(distance);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.heap[parent] ?? 0) <= distance) break;
      this.heap[at] = this.heap[parent] ?? 0;
      at = parent;
    }
    this.heap[at] = distance;
  }

  private sink(distance: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.heap.length) break;
      const right = this.heap[child + 1];
      if (right !== undefined && right < (this.heap[child] ?? 0)) child += 1;
      if ((this.heap[child] ?? 0) >= distance) break;
      this.heap[at] = this.heap[child] ?? 0;
      at = child;
    }
    this.heap[at] = distance;
  }
}
