/** Chance that is the same in every run. Pure. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** In [0, 1), by mulberry32. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** In [least, most). */
  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  /** A whole number below that. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** About normal with mean 0 and deviation 1: the sum of twelve. */
  normal(): number {
    let sum = -6;
    for (let at = 0; at < 12; at += 1) sum += this.next();
    return sum;
  }
}
