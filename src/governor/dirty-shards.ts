/** Shards that have to be looked at. A turn looks at so many and no more: a million may be due at once. */
import type {AppView} from '../appstate/app-view.ts';
import {NO_ROW} from '../appstate/shard-rows.ts';
import {joinedInts} from '../model/columns.ts';
import {PartitionedSet} from '../model/partitioned-map.ts';
import {SHARDS_PER_TURN, SWEPT_PER_TURN} from './limits.ts';
import type {PlanCache} from './plan-cache.ts';

export class DirtyShards {
  private readonly view: AppView;
  private readonly plan: Pick<PlanCache, 'destinationAt'>;
  private readonly dirty = new PartitionedSet();
  /** Rows that are due, and how many of them have been taken. */
  private due: Int32Array = new Int32Array();
  private taken = 0;
  private waiting = new PartitionedSet();
  /** Many that are named a part at a time. */
  private later: Iterator<string>[] = [];
  /** Rows below have been looked through; none are left beyond the last. */
  private swept = Number.POSITIVE_INFINITY;
  /** The last turn did not take all. */
  private hasLeft = false;

  constructor(view: AppView, plan: Pick<PlanCache, 'destinationAt'>) {
    this.view = view;
    this.plan = plan;
  }

  /** Some are due. */
  get isLeft(): boolean {
    const {dirty, due, taken, later, swept, view} = this;
    if (dirty.size > 0 || taken < due.length || later.length > 0) return true;
    return swept < view.rows.end;
  }

  /** More were due than the last turn took, and are still. */
  get isBehind(): boolean {
    return this.hasLeft && this.isLeft;
  }

  add(shard: string): void {
    this.dirty.add(shard);
  }

  addAll(shards: Iterable<string>): void {
    for (const shard of shards) this.dirty.add(shard);
  }

  /** The same, a part of them in each turn: they may be a million. What leaves them meanwhile is not added. */
  addByAndBy(shards: Iterable<string>): void {
    this.later.push(shards[Symbol.iterator]());
  }

  /** There was no room for the shard, or no plan. */
  wait(shard: string): void {
    this.waiting.add(shard);
  }

  waitsNoMore(shard: string): void {
    this.waiting.delete(shard);
  }

  get isAwaiting(): boolean {
    return this.waiting.size > 0;
  }

  /** Whoever waits, for there may be room now, or another plan. */
  addWaiting(): void {
    const {waiting} = this;
    this.waiting = new PartitionedSet();
    if (waiting.size > SHARDS_PER_TURN) this.addByAndBy(waiting);
    else this.addAll(waiting);
  }

  /** The shards of these rows. */
  addRows(rows: Int32Array): void {
    this.due = joinedInts(this.due.subarray(this.taken), rows);
    this.taken = 0;
  }

  /** Every record that is not at rest is looked at, for what may have been overlooked: a part of them in each turn. */
  sweep(): void {
    this.swept = 0;
  }

  /** Those of this turn, the longest marked first; they are not due any more. */
  take(): string[] {
    this.nameDue();
    this.nameLater();
    this.sweepOn();
    const taken: string[] = [];
    for (const shard of this.dirty) {
      if (taken.length === SHARDS_PER_TURN) break;
      taken.push(shard);
      this.dirty.delete(shard);
    }
    this.hasLeft = this.isLeft;
    return taken;
  }

  private nameDue(): void {
    const end = Math.min(this.due.length, this.taken + SHARDS_PER_TURN);
    for (; this.taken < end; this.taken += 1) {
      const shard = this.view.rows.idAt(this.due[this.taken] ?? NO_ROW);
      if (shard !== undefined) this.dirty.add(shard);
    }
  }

  private nameLater(): void {
    let [first] = this.later;
    for (let count = 0; first !== undefined && count < SHARDS_PER_TURN; count += 1) {
      const {value, done} = first.next();
      if (done !== true) {
        this.dirty.add(value);
        continue;
      }
      this.later.shift();
      [first] = this.later;
    }
  }

  private sweepOn(): void {
    const {rows} = this.view;
    const end = Math.min(rows.end, this.swept + SWEPT_PER_TURN);
    for (; this.swept < end; this.swept += 1) {
      const shard = rows.idAt(this.swept);
      if (shard !== undefined && !this.isAtRest(this.swept)) this.dirty.add(shard);
    }
  }

  /** It serves where the plan wants it. Without a record only the plan can have overlooked it, and every plan tells. */
  private isAtRest(row: number): boolean {
    const record = this.view.own.at(row)?.value;
    if (record === undefined) return true;
    if (record.state !== 'owned' || !record.ready || this.view.shards.at(row) === undefined)
      return false;
    const wanted = this.plan.destinationAt(row);
    return wanted?.target === record.container && !wanted.mustDrop && !wanted.stranded;
  }
}
