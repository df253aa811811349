/** A column of whole numbers that grows. */
import {FIRST_NUMBERS} from './limits.ts';

/** What stands beyond the end. */
export const NONE = -1;

export class IntList {
  length = 0;
  values = new Int32Array(FIRST_NUMBERS);

  /** NONE beyond the end. */
  at(index: number): number {
    return index < this.length ? (this.values[index] ?? NONE) : NONE;
  }

  /** `index`: at most the length. */
  set(index: number, value: number): void {
    if (index === this.length) this.push(value);
    else this.values[index] = value;
  }

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Int32Array(2 * this.length);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length] = value;
    this.length += 1;
  }

  pop(): number {
    this.length -= 1;
    return this.values[this.length] ?? NONE;
  }
}
