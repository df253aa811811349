import {Chance} from '../../src/simulator/chance.ts';

/** One seeded stream of chance, as tests of processes draw from it. */
export class Random extends Chance {
  /** A whole number. */
  override between(least: number, most: number): number {
    return Math.round(super.between(least, most));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
}
