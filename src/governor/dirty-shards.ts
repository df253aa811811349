/** Shards that have to be looked at. A turn looks at so many and no more: a million may be due at once. */
import type {AppView} from '../appstate/app-view.ts';
import {PartitionedSet} from '../model/partitioned-map.ts';
import {SHARDS_PER_TURN, SWEPT_PER_TURN} from './limits.ts';
import type {PlanCache} from './plan-cache.ts';

export class DirtyShards {
  private readonly view: AppView;
  private readonly plan: Pick<PlanCache, 'destination'>;
  private readonly dirty = new PartitionedSet();
  /** Rows below have been looked through; none are left beyond the last. */
  private swept = Number.POSITIVE_INFINITY;

  constructor(view: AppView, plan: Pick<PlanCache, 'destination'>) {
    this.view = view;
    this.plan = plan;
  }

  /** Some are due. */
  get isLeft(): boolean {
    return this.dirty.size > 0 || this.swept < this.view.rows.end;
  }

  add(shard: string): void {
    this.dirty.add(shard);
  }

  addAll(shards: Iterable<string>): void {
    for (const shard of shards) this.dirty.add(shard);
  }

  /** Every record that is not at rest is looked at, for what may have been overlooked: a part of them in each turn. */
  sweep(): void {
    this.swept = 0;
  }

  /** Those of this turn, the longest marked first; they are not due any more. */
  take(): string[] {
    this.sweepOn();
    const taken: string[] = [];
    for (const shard of this.dirty) {
      if (taken.length === SHARDS_PER_TURN) break;
      taken.push(shard);
      this.dirty.delete(shard);
    }
    return taken;
  }

  private sweepOn(): void {
    const {rows} = this.view;
    const end = Math.min(rows.end, this.swept + SWEPT_PER_TURN);
    for (; this.swept < end; this.swept += 1) {
      const shard = rows.idAt(this.swept);
      if (shard !== undefined && !this.isAtRest(this.swept, shard)) this.dirty.add(shard);
    }
  }

  /** It serves where the plan wants it. Without a record only the plan can have overlooked it, and every plan tells. */
  private isAtRest(row: number, shard: string): boolean {
    const record = this.view.own.at(row)?.value;
    if (record === undefined) return true;
    if (record.state !== 'owned' || !record.ready || !this.view.shards.has(shard)) return false;
    const wanted = this.plan.destination(shard);
    return wanted?.target === record.container && !wanted.mustDrop && !wanted.stranded;
  }
}
