/**
 * What happens to shards besides moves, for the morning after: shards that lose every home, and shards that are served again or for the first time. Counted
 * and named by a few: a batch of 10,000 is one event for each cause, not 10,000. Passive.
 */
import type {ShardsEvent} from '../model/audit.ts';
import type {RecordChange} from '../model/ownership.ts';
import {CHRONICLE_LONGEST_MS, CHRONICLE_QUIET_MS} from './limits.ts';
import type {NewlyFor} from './plan-reasons.ts';
import {AUDIT_SHARDS_NAMED} from '../model/limits.ts';

export class Chronicle {
  private readonly drafts = new Map<string, ShardsEvent>();
  private firstMs = Number.POSITIVE_INFINITY;
  private lastMs = Number.NEGATIVE_INFINITY;

  /** A record changed. Moves from one container to another have a history of their own. */
  ownChanged({shard, before, after}: RecordChange, wallMs: number, nowMs: number): void {
    if (after?.state !== 'owned' || !after.ready || before?.ready === true) return;
    const move = before?.move;
    if (move === undefined || move === null || move.from !== '') return;
    this.add({what: 'placed', cause: move.why, count: 1, shards: [shard]}, wallMs, nowMs);
  }

  /** A plan was made: shards that have no home by it, and had one by the last, or lacked it for another reason. */
  planned(newly: readonly NewlyFor[], wallMs: number, nowMs: number): void {
    for (const {reason, count, shards} of newly)
      this.add({what: 'unplaced', cause: reason, count, shards}, wallMs, nowMs);
  }

  due(nowMs: number): ShardsEvent[] {
    if (nowMs < this.wakeAtMs()) return [];
    const events = [...this.drafts.values()];
    this.drafts.clear();
    this.firstMs = Number.POSITIVE_INFINITY;
    this.lastMs = Number.NEGATIVE_INFINITY;
    return events;
  }

  wakeAtMs(): number {
    if (this.drafts.size === 0) return Number.POSITIVE_INFINITY;
    return Math.min(this.lastMs + CHRONICLE_QUIET_MS, this.firstMs + CHRONICLE_LONGEST_MS);
  }

  private add(
    {what, cause, count, shards}: Pick<ShardsEvent, 'what' | 'cause'> & Omit<NewlyFor, 'reason'>,
    wallMs: number,
    nowMs: number,
  ): void {
    const key = `${what}/${cause}`;
    let draft = this.drafts.get(key);
    if (draft === undefined) {
      const at = new Date(wallMs).toISOString();
      draft = {kind: 'shards', at, what, cause, count: 0, shards: []};
      this.drafts.set(key, draft);
    }
    draft.count += count;
    for (const shard of shards)
      if (draft.shards.length < AUDIT_SHARDS_NAMED) draft.shards.push(shard);
    this.firstMs = Math.min(this.firstMs, nowMs);
    this.lastMs = nowMs;
  }
}
