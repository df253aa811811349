/** One value for each shard, by its id or by its row, with a mark of the last listing that showed it. */
import {Column} from '../model/columns.ts';
import type {Versioned} from '../model/ownership.ts';
import {NO_ROW} from './shard-rows.ts';
import type {ShardRows} from './shard-rows.ts';

export class ShardValues<T> {
  readonly rows: ShardRows;
  private readonly byRow: (Versioned<T> | undefined)[] = [];
  /** By row: the number of the listing that showed the key last. */
  private readonly shown = Column.ofInts();
  private readonly onFreed: (row: number) => void;
  private count = 0;

  /** `onFreed`: the row has lost its value. */
  constructor(rows: ShardRows, onFreed: (row: number) => void) {
    this.rows = rows;
    this.onFreed = onFreed;
  }

  get size(): number {
    return this.count;
  }

  get(shard: string): Versioned<T> | undefined {
    const row = this.rows.rowOf(shard);
    return row === NO_ROW ? undefined : this.byRow[row];
  }

  at(row: number): Versioned<T> | undefined {
    return this.byRow[row];
  }

  has(shard: string): boolean {
    return this.get(shard) !== undefined;
  }

  set(shard: string, value: Versioned<T>): this {
    const row = this.rows.take(shard);
    // One by one: a list with a wide gap becomes a slow one.
    while (this.byRow.length <= row) this.byRow.push(undefined);
    if (this.byRow[row] === undefined) this.count += 1;
    this.byRow[row] = value;
    this.shown.set(row, 0);
    this.rows.touch(row);
    return this;
  }

  delete(shard: string): boolean {
    const row = this.rows.rowOf(shard);
    if (row === NO_ROW || this.byRow[row] === undefined) return false;
    this.byRow[row] = undefined;
    this.count -= 1;
    this.rows.touch(row);
    this.onFreed(row);
    return true;
  }

  /** A listing of that number has shown the key. */
  mark(shard: string, listing: number): void {
    const row = this.rows.rowOf(shard);
    if (row !== NO_ROW) this.shown.set(row, listing);
  }

  /** The same, if the value is of that revision; false when it is not. */
  markKnown(shard: string, mod: number, listing: number): boolean {
    const row = this.rows.rowOf(shard);
    if (row === NO_ROW || this.byRow[row]?.mod !== mod) return false;
    this.shown.set(row, listing);
    return true;
  }

  /** Whether the row has a value that the listing of that number would have shown, being of that revision, and has not. */
  isMissing(row: number, listing: number, revision: number): boolean {
    const value = this.byRow[row];
    return value !== undefined && value.mod <= revision && this.shown.at(row) !== listing;
  }

  *[Symbol.iterator](): Generator<[string, Versioned<T>], undefined> {
    for (const [row, value] of this.byRow.entries()) {
      const shard = value === undefined ? undefined : this.rows.idAt(row);
      if (value !== undefined && shard !== undefined) yield [shard, value];
    }
  }

  *keys(): Generator<string, undefined> {
    for (const [shard] of this) yield shard;
  }

  *values(): Generator<Versioned<T>, undefined> {
    for (const value of this.byRow) if (value !== undefined) yield value;
  }
}
