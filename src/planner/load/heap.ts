/** A heap of numbered items, the one with the lowest key first, the lower number among equals. Keys may be stale: whoever uses it compares. */
export class Heap {
  private readonly items: number[] = [];
  private readonly keys: number[] = [];

  get size(): number {
    return this.items.length;
  }

  /** The first item, -1 for none. */
  get first(): number {
    return this.items[0] ?? -1;
  }

  /** One of the first three items: 0 is the first, the others are two of the next; -1 where there is none. */
  near(at: number): number {
    return this.items[at] ?? -1;
  }

  get firstKey(): number {
    return this.keys[0] ?? Number.POSITIVE_INFINITY;
  }

  push(item: number, key: number): void {
    let at = this.items.length;
    this.items.push(item);
    this.keys.push(key);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isBefore(item, key, parent)) break;
      this.put(at, this.items[parent] ?? 0, this.keys[parent] ?? 0);
      at = parent;
    }
    this.put(at, item, key);
  }

  pop(): number {
    const first = this.first;
    const item = this.items.pop();
    const key = this.keys.pop();
    if (item !== undefined && key !== undefined && this.items.length > 0) this.sink(item, key);
    return first;
  }

  /** The first item gets another key. */
  change(key: number): void {
    this.sink(this.first, key);
  }

  private sink(item: number, key: number): void {
    const {length} = this.items;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      const right = child + 1;
      if (right < length && this.isBefore(this.items[right] ?? 0, this.keys[right] ?? 0, child))
        child = right;
      if (this.isBefore(item, key, child)) break;
      this.put(at, this.items[child] ?? 0, this.keys[child] ?? 0);
      at = child;
    }
    this.put(at, item, key);
  }

  private isBefore(item: number, key: number, at: number): boolean {
    const other = this.keys[at] ?? 0;
    return key < other || (key === other && item < (this.items[at] ?? 0));
  }

  private put(at: number, item: number, key: number): void {
    this.items[at] = item;
    this.keys[at] = key;
  }
}
