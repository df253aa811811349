/** Containers by how far their total lies above what is even, lowest first, first come first among equals. */
import {IntList} from '../int-list.ts';

export class LevelQueue {
  private readonly totals: Int32Array;
  private readonly even: Int32Array;
  /** What a level holds begins at its head. Levels without items are undefined. */
  private readonly levels: ({items: IntList; head: number} | undefined)[] = [];
  /** A level that has become empty, for the next one that gets items. */
  private spare: {items: IntList; head: number} | undefined;
  /** Height of the lowest level. Totals only grow while the queue is in use. */
  private readonly base: number;
  private at = 0;

  constructor(containers: Int32Array, totals: Int32Array, even: Int32Array) {
    this.totals = totals;
    this.even = even;
    let base = Number.POSITIVE_INFINITY;
    for (const container of containers) base = Math.min(base, this.heightOf(container));
    this.base = base;
    for (const container of containers) this.push(container);
  }

  push(container: number): void {
    const level = this.heightOf(container) - this.base;
    while (this.levels.length <= level) this.levels.push(undefined);
    const known = (this.levels[level] ??= this.spare ?? {items: new IntList(), head: 0});
    if (known === this.spare) this.spare = undefined;
    known.items.push(container);
    this.at = Math.min(this.at, level);
  }

  /** The lowest container; undefined when none is left. One that has grown since it was pushed is put back first. */
  pop(): number | undefined {
    for (; this.at < this.levels.length; this.at += 1) {
      const level = this.levels[this.at];
      if (level === undefined) continue;
      while (level.head < level.items.length) {
        const container = level.items.at(level.head);
        level.head += 1;
        if (this.heightOf(container) - this.base === this.at) return container;
        this.push(container);
      }
      level.items.length = 0;
      level.head = 0;
      this.levels[this.at] = undefined;
      this.spare = level;
    }
    return undefined;
  }

  private heightOf(container: number): number {
    return (this.totals[container] ?? 0) - (this.even[container] ?? 0);
  }
}
