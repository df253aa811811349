/** Rows that have changed since they were sent, found by comparison: for a reader of a view whose rows a governor may follow. */
import type {AppView} from '../appstate/app-view.ts';
import {NO_ROW} from '../appstate/shard-rows.ts';
import type {OwnershipRecord, Versioned} from '../model/ownership.ts';
import type {ShardSpec} from '../model/specs.ts';
import type {LoadTerms} from './load-terms.ts';
import type {ChangedRows} from './row-feed.ts';

/** What a plan takes of a shard. A change of a spec or a record is another object. */
interface Sent {
  readonly id: string;
  readonly spec: Versioned<ShardSpec>;
  readonly record: Versioned<OwnershipRecord> | undefined;
  readonly load: readonly number[] | undefined;
  readonly isCooling: boolean;
}

export class ComparedRows implements ChangedRows {
  private readonly view: AppView;
  /** By row; undefined: nothing that is planned for. */
  private readonly sent: (Sent | undefined)[] = [];
  private readonly touched = new Set<number>();

  constructor(view: AppView) {
    this.view = view;
  }

  /** Nothing is known of what was sent. */
  follow(): void {
    this.sent.length = 0;
    this.touched.clear();
  }

  unfollow(): void {
    this.follow();
  }

  touch(row: number): void {
    if (row !== NO_ROW) this.touched.add(row);
  }

  get hasTouched(): boolean {
    return this.touched.size > 0;
  }

  /** All of them: whoever compares takes what was found at once, or it were of another moment. */
  takeTouched(): number[] {
    const taken = [...this.touched];
    this.touched.clear();
    return taken;
  }

  /** Looks for changes in these rows; `to` is not among them. */
  compare(from: number, to: number, loads: LoadTerms | undefined): void {
    for (let row = from; row < to; row += 1) {
      // One by one: a list with a wide gap becomes a slow one.
      if (row === this.sent.length) this.sent.push(undefined);
      const before = this.sent[row];
      const now = this.at(row, before, loads);
      if (now === before) continue;
      this.sent[row] = now;
      this.touched.add(row);
    }
  }

  /** The shard whose row it was when that was compared last. */
  idAt(row: number): string {
    return this.sent[row]?.id ?? '';
  }

  /** What is known of the row's shard: the same object where nothing has changed. */
  private at(
    row: number,
    before: Sent | undefined,
    loads: LoadTerms | undefined,
  ): Sent | undefined {
    const {view} = this;
    const spec = view.shards.at(row);
    if (spec === undefined) return undefined;
    const id = view.rows.idAt(row) ?? '';
    if (view.isQuarantined(id)) return undefined;
    const record = view.own.at(row);
    const load = loads?.loadOf(id, spec.value);
    const isCooling = loads?.isCooling(record?.value) === true;
    const isSame = before?.spec === spec && before.record === record;
    if (isSame && before.isCooling === isCooling && areSame(before.load, load)) return before;
    return {id, spec, record, load, isCooling};
  }
}

function areSame(before: Sent['load'], now: Sent['load']): boolean {
  if (before === undefined || now === undefined) return before === now;
  return before.length === now.length && before.every((one, at) => Object.is(one, now[at]));
}
