/**
 * Containers by (total, tie-break rank), lowest or highest total first: a binary heap that reads `totals` as it goes, so a
 * container whose total changes should be out of it meanwhile.
 */
export class TotalQueue {
  private readonly heap: number[] = [];
  private readonly totals: Int32Array;
  private readonly rank: Int32Array;
  private readonly sign: 1 | -1;

  constructor(
    containers: readonly number[],
    totals: Int32Array,
    rank: Int32Array,
    first: 'lowest' | 'highest' = 'lowest',
  ) {
    this.sign = first === 'lowest' ? 1 : -1;
    this.totals = totals;
    this.rank = rank;
    for (const container of containers) this.push(container);
  }

  peek(): number | undefined {
    return this.heap[0];
  }

  push(container: number): void {
    let at = this.heap.length;
    this.heap.push(container);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.before(container, this.heap[parent] ?? 0)) break;
      this.heap[at] = this.heap[parent] ?? 0;
      at = parent;
    }
    this.heap[at] = container;
  }

  pop(): number | undefined {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (first === undefined || last === undefined || this.heap.length === 0) return first;
    this.sink(last);
    return first;
  }

  private sink(container: number): void {
    const size = this.heap.length;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.before(this.heap[child + 1] ?? 0, this.heap[child] ?? 0))
        child += 1;
      if (!this.before(this.heap[child] ?? 0, container)) break;
      this.heap[at] = this.heap[child] ?? 0;
      at = child;
    }
    this.heap[at] = container;
  }

  private before(a: number, b: number): boolean {
    const difference = this.sign * ((this.totals[a] ?? 0) - (this.totals[b] ?? 0));
    return difference < 0 || (difference === 0 && (this.rank[a] ?? 0) < (this.rank[b] ?? 0));
  }
}
