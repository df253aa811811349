/** For some shards of a plan, why: by row, and by id for whoever reads. */
import {NO_ROW} from '../appstate/shard-rows.ts';
import type {ShardRows} from '../appstate/shard-rows.ts';
import {Column} from '../model/columns.ts';
import type {PlacementReason} from '../model/placement.ts';
import {PER_SHORTAGE, REASONS} from '../planner/row-plan.ts';
import {AUDIT_SHARDS_NAMED} from '../model/limits.ts';

const NONE = 0;

/** Shards that have come to have the reason. */
export interface NewlyFor {
  readonly reason: PlacementReason;
  readonly count: number;
  /** The first few. */
  readonly shards: readonly string[];
}

export class PlanReasons {
  private readonly rows: ShardRows;
  /** By row: one more than the place of the reason in the list of all. */
  private readonly reasons = Column.ofBytes(NONE);
  /** By row: when the shard was born that it is said of. */
  private readonly births = Column.ofFloats();
  private readonly noted: number[] = [];

  constructor(rows: ShardRows) {
    this.rows = rows;
  }

  get size(): number {
    return this.noted.length;
  }

  at(row: number): PlacementReason | undefined {
    if (this.births.at(row) !== this.rows.bornAt(row)) return undefined;
    return REASONS[this.reasons.at(row) - 1];
  }

  get(shard: string): PlacementReason | undefined {
    const row = this.rows.rowOf(shard);
    return row === NO_ROW ? undefined : this.at(row);
  }

  has(shard: string): boolean {
    return this.get(shard) !== undefined;
  }

  *keys(): Generator<string, undefined> {
    for (const [shard] of this) yield shard;
  }

  *[Symbol.iterator](): Generator<[string, PlacementReason], undefined> {
    for (const row of this.noted) {
      const shard = this.rows.idAt(row);
      const reason = this.at(row);
      if (shard !== undefined && reason !== undefined) yield [shard, reason];
    }
  }

  /**
   * Takes the shortages of a plan in the place of those before: row, place of the reason in the list of all, and a number that is not looked at. A row is named
   * once; `isMeant` false: not for the shard that has it. Returns who had no reason before, or another one.
   */
  take(shortages: Int32Array, isMeant: (row: number) => boolean): NewlyFor[] {
    const fresh = new Map<PlacementReason, {count: number; shards: string[]}>();
    for (let at = 0; at < shortages.length; at += PER_SHORTAGE) {
      const row = shortages[at] ?? NO_ROW;
      const reason = REASONS[shortages[at + 1] ?? 0];
      if (reason === undefined || this.at(row) === reason || !isMeant(row)) continue;
      let newly = fresh.get(reason);
      if (newly === undefined) fresh.set(reason, (newly = {count: 0, shards: []}));
      newly.count += 1;
      const shard = this.rows.idAt(row);
      if (newly.shards.length < AUDIT_SHARDS_NAMED && shard !== undefined) newly.shards.push(shard);
    }
    this.clear();
    for (let at = 0; at < shortages.length; at += PER_SHORTAGE) {
      const row = shortages[at] ?? NO_ROW;
      if (isMeant(row)) this.set(row, shortages[at + 1] ?? 0);
    }
    return [...fresh].map(([reason, newly]) => ({reason, ...newly}));
  }

  /** `reason`: its place in the list of all. A row is set once. */
  set(row: number, reason: number): void {
    this.reasons.set(row, reason + 1);
    this.births.set(row, this.rows.bornAt(row));
    this.noted.push(row);
  }

  clear(): void {
    for (const row of this.noted) this.reasons.set(row, NONE);
    this.noted.length = 0;
  }
}
