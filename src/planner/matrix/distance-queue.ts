/** Items by distance, nearest first: a list per distance, for distances of which few differ. Items of one distance are in no order. */
import {IntList} from '../int-list.ts';

export class DistanceQueue {
  private readonly lists = new Map<number, IntList>();
  /** The list that was pushed to last. */
  private list = new IntList();
  private distance = Number.NaN;
  /** Heap of the distances that have a list. */
  private readonly heap: number[] = [];

  push(item: number, distance: number): void {
    if (distance !== this.distance) this.turnTo(distance);
    this.list.push(item);
  }

  private turnTo(distance: number): void {
    const known = this.lists.get(distance);
    this.distance = distance;
    this.list = known ?? new IntList();
    if (known !== undefined) return;
    this.lists.set(distance, this.list);
    this.rise(distance);
  }

  /** The nearest distance and its items, which are for the caller to take. Items of that distance may still be pushed until `drop`. */
  nearest(): {distance: number; items: IntList} | undefined {
    const distance = this.heap[0];
    if (distance === undefined) return undefined;
    return {distance, items: this.lists.get(distance) ?? new IntList()};
  }

  /** Ends the nearest distance. */
  drop(): void {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (first === undefined || last === undefined) return;
    if (first === this.distance) this.distance = Number.NaN;
    this.lists.delete(first);
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
