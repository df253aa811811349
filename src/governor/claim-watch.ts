/** Notices containers that are alive in the store but do not claim what is assigned to them. */
import type {OwnershipRecord} from '../model/ownership.ts';

/** A container that claims nothing of what waits for it for so long counts as unreachable ... */
const UNCLAIMED_LIMIT_MS = 5_000;
/** ... for so long, or until it does claim something: hints reach it. */
const UNREACHABLE_MS = 30_000;

export class ClaimWatch {
  /** Incarnation -> until when it counts as unreachable, ms. */
  readonly unreachable = new Map<string, number>();
  /** When each incarnation has claimed something last, ms. */
  readonly claimedAtMs = new Map<string, number>();
  private readonly waiting = new Map<string, Set<string>>();
  private readonly progressAtMs = new Map<string, number>();

  /** A record changed: any change by a container shows that it works. */
  note(
    shard: string,
    before: OwnershipRecord | undefined,
    after: OwnershipRecord | undefined,
    nowMs: number,
  ): void {
    if (before?.state === 'assigned') this.waiting.get(before.incarnation)?.delete(shard);
    if (after === undefined) return;
    if (after.state !== 'assigned') {
      if (after.state === 'owned') this.progressAtMs.set(after.incarnation, nowMs);
      if (after.state === 'owned' && before?.state === 'assigned') this.claimed(after, nowMs);
      return;
    }
    const waiting = this.waiting.get(after.incarnation) ?? new Set<string>();
    if (waiting.size === 0) this.progressAtMs.set(after.incarnation, nowMs);
    waiting.add(shard);
    this.waiting.set(after.incarnation, waiting);
  }

  /** Records assigned to the incarnation and not claimed. */
  unclaimed(incarnation: string): number {
    return this.waiting.get(incarnation)?.size ?? 0;
  }

  forget(incarnation: string): void {
    this.waiting.delete(incarnation);
    this.progressAtMs.delete(incarnation);
    this.claimedAtMs.delete(incarnation);
    this.unreachable.delete(incarnation);
  }

  advance(nowMs: number): void {
    for (const [incarnation, untilMs] of this.unreachable)
      if (untilMs <= nowMs) this.unreachable.delete(incarnation);
    for (const [incarnation, shards] of this.waiting) {
      if (shards.size === 0 || this.unreachable.has(incarnation)) continue;
      if (nowMs - (this.progressAtMs.get(incarnation) ?? nowMs) < UNCLAIMED_LIMIT_MS) continue;
      this.unreachable.set(incarnation, nowMs + UNREACHABLE_MS);
      this.progressAtMs.set(incarnation, nowMs + UNREACHABLE_MS);
    }
  }

  wakeAtMs(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const untilMs of this.unreachable.values()) at = Math.min(at, untilMs);
    for (const [incarnation, shards] of this.waiting) {
      if (shards.size > 0)
        at = Math.min(at, (this.progressAtMs.get(incarnation) ?? 0) + UNCLAIMED_LIMIT_MS);
    }
    return at;
  }

  private claimed({incarnation}: OwnershipRecord, nowMs: number): void {
    this.claimedAtMs.set(incarnation, nowMs);
    this.unreachable.delete(incarnation);
  }
}
