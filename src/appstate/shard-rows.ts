/**
 * Shards as rows: each known shard has a number, so that what is kept of it may lie in columns. A row is its shard's for as long as the shard has a spec or a
 * record; later it may be another's.
 */
import {Column} from '../model/columns.ts';
import {PartitionedMap} from '../model/partitioned-map.ts';

export const NO_ROW = -1;

export class ShardRows {
  private readonly rows = new PartitionedMap<number>();
  private readonly ids: (string | undefined)[] = [];
  private readonly free: number[] = [];
  /** Whose row was looked for last: a change of a shard, and a look at it, ask for it many times in a row. */
  private lastAsked = '';
  private lastRow = NO_ROW;
  /** By row: how many shards had been given a row when this one was. */
  private readonly births = Column.ofFloats();
  private given = 0;
  /** Rows that have changed, for who follows them; undefined: nobody does. */
  private touched: number[] | undefined;
  private readonly isTouched = Column.ofBytes();
  /** From this row to the other one all count as changed. */
  private allFrom = 0;
  private allTo = 0;

  /** All rows are below. */
  get end(): number {
    return this.ids.length;
  }

  /** Shards that have a row. */
  get size(): number {
    return this.rows.size;
  }

  /** Shards that have been given a row, ever: what has a row that was born later has come since. */
  get born(): number {
    return this.given;
  }

  rowOf(shard: string): number {
    if (shard !== this.lastAsked) {
      this.lastRow = this.rows.get(shard) ?? NO_ROW;
      this.lastAsked = shard;
    }
    return this.lastRow;
  }

  /** The text of the id that is kept: each change brings another, and whoever keeps that one keeps the id twice. */
  keptId(shard: string): string {
    return this.ids[this.rowOf(shard)] ?? shard;
  }

  /** Undefined: nobody has the row. */
  idAt(row: number): string | undefined {
    return this.ids[row];
  }

  bornAt(row: number): number {
    return this.births.at(row);
  }

  /** The shard's row, a new one if it has none. */
  take(shard: string): number {
    const known = this.rowOf(shard);
    if (known !== NO_ROW) return known;
    const row = this.free.pop() ?? this.ids.length;
    this.given += 1;
    this.ids[row] = shard;
    this.births.set(row, this.given);
    this.rows.set(shard, row);
    this.lastRow = row;
    return row;
  }

  /** From now on rows are noted that change; all there are count as changed. */
  follow(): void {
    this.unfollow();
    this.touched = [];
    this.allFrom = 0;
    this.allTo = this.end;
  }

  unfollow(): void {
    for (const row of this.touched ?? []) this.isTouched.set(row, 0);
    this.touched = undefined;
    this.allFrom = this.allTo = 0;
  }

  /** What is known of the row's shard has changed. */
  touch(row: number): void {
    if (this.touched === undefined || row === NO_ROW || this.isTouched.at(row) === 1) return;
    if (row >= this.allFrom && row < this.allTo) return;
    this.isTouched.set(row, 1);
    this.touched.push(row);
  }

  get hasTouched(): boolean {
    if (this.touched === undefined) return false;
    return this.touched.length > 0 || this.allFrom < this.allTo;
  }

  /** So many of the rows that have changed, in no order; they count as changed no more. */
  takeTouched(most: number): number[] {
    const {touched = []} = this;
    const taken = touched.splice(Math.max(0, touched.length - most));
    for (const row of taken) this.isTouched.set(row, 0);
    for (; this.allFrom < this.allTo && taken.length < most; this.allFrom += 1)
      taken.push(this.allFrom);
    return taken;
  }

  release(row: number): void {
    const shard = this.ids[row];
    if (shard === undefined) return;
    this.rows.delete(shard);
    if (shard === this.lastAsked) this.lastRow = NO_ROW;
    this.ids[row] = undefined;
    this.free.push(row);
  }
}
