/** A seeded source of chance: the same seed gives the same run on every machine (sfc32 behind a splitmix of the seed). */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d = 1;

  constructor(seed: number) {
    let state = seed >>> 0;
    const mix = (): number => {
      state = (state + 0x9e3779b9) >>> 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    };
    this.a = mix();
    this.b = mix();
    this.c = mix();
    for (let round = 0; round < 12; round += 1) this.bits();
  }

  /** 32 random bits. */
  bits(): number {
    const sum = (((this.a + this.b) >>> 0) + this.d) >>> 0;
    this.d = (this.d + 1) >>> 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) >>> 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) >>> 0;
    this.c = (this.c + sum) >>> 0;
    return sum;
  }

  /** 0 <= x < 1. */
  next(): number {
    return this.bits() / 2 ** 32;
  }

  between(least: number, most: number): number {
    return least + (most - least) * this.next();
  }

  /** least <= n <= most, whole. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error('nothing to pick from');
    return list[Math.floor(this.next() * list.length)] as T;
  }

  hex(bytes: number): Buffer {
    return Buffer.from(this.hexText(bytes), 'hex');
  }

  /** So many bytes, a multiple of four, as hex digits. */
  hexText(bytes: number): string {
    let text = '';
    for (let at = 0; at + 4 <= bytes; at += 4) text += this.bits().toString(16).padStart(8, '0');
    return text;
  }

  /** One of these, by its share in a hundred; undefined in the rest. Throws where there are more: the last ones would never come. */
  byShare<T>(rows: readonly (readonly [number, T])[]): T | undefined {
    const sum = rows.reduce((all, [share]) => all + share, 0);
    if (sum > 100) throw new Error(`shares add up to ${sum}, not to 100 at most`);
    let at = this.between(0, 100);
    for (const [share, one] of rows) {
      if (at < share) return one;
      at -= share;
    }
    return undefined;
  }

  /** A stream of its own, so that drawing more here shifts nothing there. */
  fork(): Random {
    return new Random(this.bits());
  }
}
