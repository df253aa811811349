/** Containers by how far their total lies above what they hold at least, lowest first, first come first among equals. */
export class LevelQueue {
  private readonly totals: Int32Array;
  private readonly least: Int32Array;
  private readonly levels: {items: number[]; head: number}[] = [];
  /** Height of the lowest level. Totals only grow while the queue is in use. */
  private readonly base: number;
  private at = 0;

  constructor(containers: Int32Array, totals: Int32Array, least: Int32Array) {
    this.totals = totals;
    this.least = least;
    let base = Number.POSITIVE_INFINITY;
    for (const container of containers) base = Math.min(base, this.heightOf(container));
    this.base = base;
    for (const container of containers) this.push(container);
  }

  push(container: number): void {
    const level = this.heightOf(container) - this.base;
    while (this.levels.length <= level) this.levels.push({items: [], head: 0});
    this.levels[level]?.items.push(container);
    this.at = Math.min(this.at, level);
  }

  /** The lowest container; undefined when none is left. One that has grown since it was pushed is put back first. */
  pop(): number | undefined {
    for (; this.at < this.levels.length; this.at += 1) {
      const level = this.levels[this.at];
      if (level === undefined) return undefined;
      while (level.head < level.items.length) {
        const container = level.items[level.head] ?? 0;
        level.head += 1;
        if (this.heightOf(container) - this.base === this.at) return container;
        this.push(container);
      }
      level.items.length = 0;
      level.head = 0;
    }
    return undefined;
  }

  private heightOf(container: number): number {
    return (this.totals[container] ?? 0) - (this.least[container] ?? 0);
  }
}
