/** When to tell which container to look at which record: at once, then again with back-off until the record moves on. */
import {backOff} from '../model/back-off.ts';
import {chunksOf} from '../model/chunks.ts';
import type {Heartbeat} from '../model/container.ts';
import type {OwnershipRecord, Versioned} from '../model/ownership.ts';
import {
  BUSY_LIMIT_MS,
  CLAIMED_LATELY_MS,
  HINTS_PER_CALL,
  REMINDED,
  REPEAT_MAX_MS,
  REPEAT_MIN_MS,
  SCAN_INTERVAL_MS,
} from './limits.ts';

export interface HintItem {
  readonly shard: string;
  readonly op: 'add' | 'drop';
  readonly revision: number;
  /** What there is to claim, of this revision. */
  readonly record?: OwnershipRecord;
}

/** An incarnation that is to be called; of itself, only to see whether it can be. */
export interface ContainerCall {
  readonly container: string;
  readonly incarnation: string;
  readonly endpoint: string;
}

/** Hints for one incarnation, at most `HINTS_PER_CALL`. */
export interface HintBatch extends ContainerCall {
  readonly items: readonly HintItem[];
}

/** One call's worth of hints each; who has no heartbeat any more gets none. */
export function hintBatches(
  due: Iterable<readonly [string, readonly HintItem[]]>,
  heartbeats: ReadonlyMap<string, Versioned<Heartbeat>>,
): HintBatch[] {
  const batches: HintBatch[] = [];
  for (const [incarnation, items] of due) {
    const heartbeat = heartbeats.get(incarnation);
    if (heartbeat === undefined) continue;
    const {container, endpoint} = heartbeat.value;
    for (const some of chunksOf(items, HINTS_PER_CALL))
      batches.push({container, incarnation, endpoint, items: some});
  }
  return batches;
}

interface OpenHint {
  readonly incarnation: string;
  readonly item: HintItem;
  readonly sinceMs: number;
  atMs: number;
  repeats: number;
}

export class HintSchedule {
  private readonly open = new Map<string, OpenHint>();
  private fresh = new Set<string>();
  private scanAtMs = Number.POSITIVE_INFINITY;
  private readonly claimedAtMs: ReadonlyMap<string, number>;

  /** `claimedAtMs`: when each incarnation has claimed something last. */
  constructor(claimedAtMs: ReadonlyMap<string, number>) {
    this.claimedAtMs = claimedAtMs;
  }

  /** The step that the record asks of its container. */
  follow(
    shard: string,
    known: Versioned<OwnershipRecord> | undefined,
    {op, remind}: {readonly op: HintItem['op']; readonly remind?: boolean},
    nowMs: number,
  ): void {
    if (known === undefined) return;
    const {value, mod} = known;
    const item = {shard, op, revision: mod, ...(value.state === 'assigned' ? {record: value} : {})};
    if (remind === true) this.remind(value.incarnation, item, nowMs);
    else this.want(value.incarnation, item, nowMs);
  }

  /** The record at this revision waits for its container. The same hint again changes nothing. */
  want(incarnation: string, item: HintItem, nowMs: number): void {
    const known = this.open.get(item.shard);
    if (known?.item.revision === item.revision) return;
    this.open.set(item.shard, {incarnation, item, sinceMs: nowMs, atMs: nowMs, repeats: 0});
    this.fresh.add(item.shard);
  }

  /** The container knows already, because it wrote the record: remind it only when it takes long. */
  remind(incarnation: string, item: HintItem, nowMs: number): void {
    const known = this.open.get(item.shard);
    if (known?.item.revision === item.revision) return;
    const atMs = nowMs + REPEAT_MAX_MS;
    this.open.set(item.shard, {incarnation, item, sinceMs: nowMs, atMs, repeats: REMINDED});
    this.scanAtMs = Math.min(this.scanAtMs, atMs);
  }

  done(shard: string): void {
    if (this.open.delete(shard)) this.fresh.delete(shard);
  }

  get size(): number {
    return this.open.size;
  }

  /** Hints to send now, by incarnation. */
  due(nowMs: number): Map<string, HintItem[]> {
    const batches = new Map<string, HintItem[]>();
    for (const shard of this.fresh) this.send(this.open.get(shard), batches, nowMs);
    this.fresh = new Set();
    if (nowMs >= this.scanAtMs) this.scan(batches, nowMs);
    return batches;
  }

  wakeAtMs(nowMs: number): number {
    return this.fresh.size > 0 ? nowMs : this.scanAtMs;
  }

  private scan(batches: Map<string, HintItem[]>, nowMs: number): void {
    this.scanAtMs = Number.POSITIVE_INFINITY;
    for (const hint of this.open.values()) {
      if (hint.atMs <= nowMs && this.isBusy(hint, nowMs)) hint.atMs = nowMs + REPEAT_MIN_MS;
      else if (hint.atMs <= nowMs) this.send(hint, batches, nowMs);
      this.scanAtMs = Math.min(this.scanAtMs, Math.max(hint.atMs, nowMs + SCAN_INTERVAL_MS));
    }
  }

  private isBusy({incarnation, item, sinceMs}: OpenHint, nowMs: number): boolean {
    if (item.op !== 'add') return false;
    const claimedAtMs = this.claimedAtMs.get(incarnation) ?? Number.NEGATIVE_INFINITY;
    return nowMs - claimedAtMs < CLAIMED_LATELY_MS && nowMs - sinceMs < BUSY_LIMIT_MS;
  }

  private send(hint: OpenHint | undefined, batches: Map<string, HintItem[]>, nowMs: number): void {
    if (hint === undefined) return;
    const items = batches.get(hint.incarnation);
    if (items === undefined) batches.set(hint.incarnation, [hint.item]);
    else items.push(hint.item);
    hint.atMs = nowMs + backOff(hint.repeats + 1, REPEAT_MIN_MS, REPEAT_MAX_MS);
    hint.repeats += 1;
    this.scanAtMs = Math.min(this.scanAtMs, hint.atMs);
  }
}
