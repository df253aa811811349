/** Shards to be looked at again later: failed adds with back-off, refused writes after a moment. */
import {backOff} from '../model/back-off.ts';
import type {OwnershipRecord} from '../model/ownership.ts';
import {DeadlineQueue} from '../model/deadline-queue.ts';
import {FAILED_MAX_MS, FAILED_MIN_MS} from './limits.ts';

export class RetrySchedule {
  private readonly atMs = new Map<string, number>();
  /** The same in their order, and looks that have been put off since. */
  private readonly queue = new DeadlineQueue();
  private readonly pausedUntilMs = new Map<string, number>();
  private readonly notBeforeMs = new Map<string, number>();

  /** Nothing is tried before that moment. The look at it comes no earlier than a back-off ends, for there would be no other. */
  pause(shard: string, untilMs: number): void {
    this.pausedUntilMs.set(shard, untilMs);
    this.lookAt(shard, Math.max(untilMs, this.notBeforeMs.get(shard) ?? untilMs));
  }

  /** A write of the shard was refused, or lost, a moment ago. */
  paused(shard: string, nowMs: number): boolean {
    return (this.pausedUntilMs.get(shard) ?? 0) > nowMs;
  }

  /** A shard that is free after n failed adds waits 1 s doubling to 60 s. */
  noteFailures(shard: string, record: OwnershipRecord | undefined, nowMs: number): void {
    if (record === undefined || record.state !== 'free' || record.failures === 0) {
      this.notBeforeMs.delete(shard);
      return;
    }
    if (this.notBeforeMs.has(shard)) return;
    const untilMs = nowMs + backOff(record.failures, FAILED_MIN_MS, FAILED_MAX_MS);
    this.notBeforeMs.set(shard, untilMs);
    this.lookAt(shard, untilMs);
  }

  /** The shard failed a moment ago and must wait. */
  mustWait(shard: string, nowMs: number): boolean {
    return (this.notBeforeMs.get(shard) ?? 0) > nowMs;
  }

  /** Shards that failed a moment ago and must wait. */
  *waitingShards(nowMs: number): Generator<string, undefined> {
    for (const [shard, untilMs] of this.notBeforeMs) if (untilMs > nowMs) yield shard;
  }

  due(nowMs: number): string[] {
    const due: string[] = [];
    for (;;) {
      const next = this.queue.takeDue(nowMs);
      if (next === undefined) return due;
      if (this.atMs.get(next.id) !== next.atMs) continue;
      this.atMs.delete(next.id);
      this.pausedUntilMs.delete(next.id);
      due.push(next.id);
    }
  }

  wakeAtMs(): number {
    for (;;) {
      const {earliest} = this.queue;
      if (earliest === undefined) return Number.POSITIVE_INFINITY;
      if (this.atMs.get(earliest.id) === earliest.atMs) return earliest.atMs;
      this.queue.takeDue(earliest.atMs);
    }
  }

  private lookAt(shard: string, atMs: number): void {
    if (this.atMs.get(shard) === atMs) return;
    this.atMs.set(shard, atMs);
    this.queue.add(shard, atMs);
  }
}
