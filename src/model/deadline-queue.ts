/** A binary heap of deadlines. A deadline that has changed is added once more: the old entry comes up, and whoever takes it knows that it is void. */

interface Entry {
  readonly id: string;
  readonly atMs: number;
}

export class DeadlineQueue {
  private readonly heap: Entry[] = [];

  add(id: string, atMs: number): void {
    const {heap} = this;
    let position = heap.length;
    const entry = {id, atMs};
    heap.push(entry);
    while (position > 0) {
      const above = (position - 1) >>> 1;
      const parent = heap[above] as Entry;
      if (parent.atMs <= atMs) break;
      heap[position] = parent;
      position = above;
    }
    heap[position] = entry;
  }

  get earliest(): Entry | undefined {
    return this.heap[0];
  }

  /** The earliest entry at or before this time, taken off. */
  takeDue(nowMs: number): Entry | undefined {
    const [first] = this.heap;
    if (first === undefined || first.atMs > nowMs) return undefined;
    const last = this.heap.pop() as Entry;
    if (this.heap.length > 0) this.sink(last);
    return first;
  }

  private sink(entry: Entry): void {
    const {heap} = this;
    let position = 0;
    for (;;) {
      let below = 2 * position + 1;
      if (below >= heap.length) break;
      const right = heap[below + 1];
      if (right !== undefined && right.atMs < (heap[below] as Entry).atMs) below += 1;
      const child = heap[below] as Entry;
      if (child.atMs >= entry.atMs) break;
      heap[position] = child;
      position = below;
    }
    heap[position] = entry;
  }
}
