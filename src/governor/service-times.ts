/** Since when each shard of an app is not served, and what its changes of hands were: for metrics. Passive; times in ms. */
import {moveReasonOf} from '../model/move-reason.ts';
import type {MoveReason} from '../model/move-reason.ts';
import type {OwnershipRecord} from '../model/ownership.ts';
import type {FinishedMove} from '../model/status.ts';
import {moveOutcome} from './move-history.ts';
import type {AppView} from '../appstate/app-view.ts';

export type MoveKind = MoveReason['kind'];

/** Something that happened, to be counted by whoever takes it. */
export type Measurement =
  | {readonly kind: 'moveStarted'; readonly cause: MoveKind}
  | {
      readonly kind: 'moveEnded';
      readonly cause: MoveKind;
      readonly outcome: FinishedMove['outcome'];
    }
  /** A shard is served again, so long after it was served last, or was added. */
  | {readonly kind: 'gap'; readonly cause: MoveKind; readonly ms: number}
  /** From a container's claim until its `add` had resolved. */
  | {readonly kind: 'add'; readonly ms: number};

interface Gap {
  sinceMs: number;
  /** That of the first move since; undefined: none has begun. */
  cause: MoveKind | undefined;
}

/** Kept for who takes them late; the newest beyond that are not counted. */
export const MEASUREMENTS_KEPT = 100_000;

export class ServiceTimes {
  private readonly gaps = new Map<string, Gap>();
  private readonly claimedAtMs = new Map<string, number>();
  private measured: Measurement[] = [];
  private readonly view: AppView;

  /** `view` has each change in it already when it is noted here. */
  constructor(view: AppView) {
    this.view = view;
  }

  recordChanged(
    shard: string,
    before: OwnershipRecord | undefined,
    after: OwnershipRecord | undefined,
    nowMs: number,
  ): void {
    this.noteMove(before, after);
    this.noteAdd(shard, before, after, nowMs);
    if (isServed(after)) this.served(shard, before, nowMs);
    else this.wantedChanged(shard, nowMs);
  }

  /** The shard's spec came, changed or is gone. */
  wantedChanged(shard: string, nowMs: number): void {
    const record = this.view.own.get(shard)?.value;
    if (!this.view.shards.has(shard)) this.gaps.delete(shard);
    else if (!isServed(record)) this.unserved(shard, nowMs, causeOf(record));
  }

  /** The incarnation is gone; it was heard last at `sinceMs`. */
  lost(incarnation: string, sinceMs: number): void {
    for (const shard of this.view.shardsOf(incarnation))
      if (this.view.shards.has(shard)) this.unserved(shard, sinceMs, undefined);
  }

  /** How long the shard that has waited longest is not served, ms; 0 where all are. A governor counts from when it began to govern. */
  oldestMs(nowMs: number): number {
    let oldest = 0;
    for (const {sinceMs} of this.gaps.values()) oldest = Math.max(oldest, nowMs - sinceMs);
    return oldest;
  }

  /** What has happened since this was asked last. */
  take(): readonly Measurement[] {
    if (this.measured.length === 0) return this.measured;
    const taken = this.measured;
    this.measured = [];
    return taken;
  }

  private noteMove(before: OwnershipRecord | undefined, after: OwnershipRecord | undefined): void {
    const began = after?.move ?? null;
    // A record that was never seen before may tell of a move of long ago.
    if (before !== undefined && began !== null && began.id !== before.move?.id)
      this.push({kind: 'moveStarted', cause: moveReasonOf(began.why).kind});
    const outcome = moveOutcome(before, after);
    if (outcome === undefined || before === undefined || before.move === null) return;
    this.push({kind: 'moveEnded', cause: moveReasonOf(before.move.why).kind, outcome});
  }

  private noteAdd(
    shard: string,
    before: OwnershipRecord | undefined,
    after: OwnershipRecord | undefined,
    nowMs: number,
  ): void {
    const sinceMs = this.claimedAtMs.get(shard);
    const isAdding = after?.state === 'owned' && !after.ready;
    const goesOn = before?.state === 'owned' && before.incarnation === after?.incarnation;
    if (isAdding && goesOn) return;
    this.claimedAtMs.delete(shard);
    if (isAdding) this.claimedAtMs.set(shard, nowMs);
    else if (sinceMs !== undefined && isServed(after))
      this.push({kind: 'add', ms: nowMs - sinceMs});
  }

  private served(shard: string, before: OwnershipRecord | undefined, nowMs: number): void {
    const gap = this.gaps.get(shard);
    if (gap === undefined) return;
    this.gaps.delete(shard);
    const cause = gap.cause ?? causeOf(before) ?? 'other';
    this.push({kind: 'gap', cause, ms: nowMs - gap.sinceMs});
  }

  private unserved(shard: string, sinceMs: number, cause: MoveKind | undefined): void {
    const known = this.gaps.get(shard);
    if (known === undefined) this.gaps.set(shard, {sinceMs, cause});
    else known.cause ??= cause;
  }

  private push(measurement: Measurement): void {
    if (this.measured.length < MEASUREMENTS_KEPT) this.measured.push(measurement);
  }
}

function isServed(record: OwnershipRecord | undefined): boolean {
  return record?.state === 'owned' && record.ready;
}

function causeOf(record: OwnershipRecord | undefined): MoveKind | undefined {
  const move = record?.move ?? null;
  return move === null ? undefined : moveReasonOf(move.why).kind;
}
