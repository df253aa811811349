/** Items of which some are given up for good: each run of those is stepped over at once (union-find). */
export class SkipList {
  readonly items: Int32Array;
  private readonly next: Int32Array;

  constructor(items: Int32Array) {
    this.items = items;
    this.next = Int32Array.from({length: items.length + 1}, (_, at) => at);
  }

  /** First index from `at` on that is not given up; the count of items when there is none. */
  from(at: number): number {
    let end = Math.min(at, this.items.length);
    while (this.next[end] !== end) end = this.next[end] ?? 0;
    for (let step = Math.min(at, this.items.length); step !== end;) {
      const after = this.next[step] ?? end;
      this.next[step] = end;
      step = after;
    }
    return end;
  }

  skip(at: number): void {
    this.next[at] = at + 1;
  }
}
