/** Columns of numbers that grow with the rows they are of. */
import {FIRST_ROWS} from './limits.ts';

type Numbers = Int32Array | Uint8Array | Float64Array;

/** The one behind the other. */
export function joinedInts(first: ArrayLike<number>, second: ArrayLike<number>): Int32Array {
  const all = new Int32Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/** What has not been set is `absent`. */
export class Column<N extends Numbers = Numbers> {
  /** Rows that have never been set may be missing at its end, or be there. */
  numbers: N;
  private readonly make: (rows: number) => N;
  private readonly absent: number;

  private constructor(make: (rows: number) => N, absent: number) {
    this.make = make;
    this.absent = absent;
    this.numbers = make(FIRST_ROWS);
    this.numbers.fill(absent);
  }

  static ofInts(absent = 0): Column<Int32Array> {
    return new Column((rows) => new Int32Array(rows), absent);
  }

  static ofBytes(absent = 0): Column<Uint8Array> {
    return new Column((rows) => new Uint8Array(rows), absent);
  }

  static ofFloats(absent = 0): Column<Float64Array> {
    return new Column((rows) => new Float64Array(rows), absent);
  }

  at(row: number): number {
    return this.numbers[row] ?? this.absent;
  }

  set(row: number, value: number): void {
    if (row >= this.numbers.length) this.reach(row + 1);
    this.numbers[row] = value;
  }

  /** Room for so many rows. */
  reach(rows: number): void {
    if (rows <= this.numbers.length) return;
    const grown = this.make(Math.max(rows, 2 * this.numbers.length));
    grown.fill(this.absent, this.numbers.length);
    grown.set(this.numbers as never);
    this.numbers = grown;
  }
}
