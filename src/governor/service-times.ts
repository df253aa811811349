/** How long shards of an app were not served, and what their changes of hands were: for metrics. Passive; times in ms. */
import {moveReasonOf} from '../model/move-reason.ts';
import type {MoveReason} from '../model/move-reason.ts';
import type {OwnershipRecord, RecordChange} from '../model/ownership.ts';
import type {FinishedMove} from '../model/status.ts';
import {moveOutcome} from './move-history.ts';
import type {UnservedShards} from './unserved.ts';
import type {AppView} from '../appstate/app-view.ts';
import {MEASUREMENTS_KEPT} from './limits.ts';

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

export class ServiceTimes {
  /** Of shards that are not served: the cause of the first move since, where one has begun. */
  private readonly causes = new Map<string, MoveKind>();
  private readonly claimedAtMs = new Map<string, number>();
  private measured: Measurement[] = [];
  private begun = false;
  private readonly view: AppView;
  private readonly unserved: UnservedShards;

  /** `view` has each change in it already when it is noted here. */
  constructor(view: AppView, unserved: UnservedShards) {
    this.view = view;
    this.unserved = unserved;
  }

  /** The first listing is there: what is not served from here on is not. Before, a record may be seen without the heartbeat of its container: what is missing says nothing. */
  begin(): void {
    this.begun = true;
  }

  recordChanged(change: RecordChange, nowMs: number): void {
    this.noteMove(change);
    this.noteAdd(change, nowMs);
    this.look(change.shard, nowMs, {before: change.before});
  }

  /** The shard's spec came, changed or is gone, or what serves it has changed. */
  wantedChanged(shard: string, nowMs: number): void {
    this.look(shard, nowMs);
  }

  /** The incarnation has come, is gone, has fallen silent or is heard again; it was heard last at `heardMs`. */
  heartbeatChanged(incarnation: string, heardMs: number, nowMs: number): void {
    for (const shard of this.view.shardsOf(incarnation))
      this.look(shard, nowMs, {sinceMs: heardMs});
  }

  /** What has happened since this was asked last. */
  take(): readonly Measurement[] {
    if (this.measured.length === 0) return this.measured;
    const taken = this.measured;
    this.measured = [];
    return taken;
  }

  private noteMove(change: RecordChange): void {
    const {before, after} = change;
    const began = after?.move ?? null;
    // A record that was never seen before may tell of a move of long ago.
    if (before !== undefined && began !== null && began.id !== before.move?.id)
      this.push({kind: 'moveStarted', cause: moveReasonOf(began.why).kind});
    const outcome = moveOutcome(change);
    if (outcome === undefined || before === undefined || before.move === null) return;
    this.push({kind: 'moveEnded', cause: moveReasonOf(before.move.why).kind, outcome});
  }

  private noteAdd({shard, before, after}: RecordChange, nowMs: number): void {
    const sinceMs = this.claimedAtMs.get(shard);
    const isAdding = after?.state === 'owned' && !after.ready;
    const goesOn = before?.state === 'owned' && before.incarnation === after?.incarnation;
    if (isAdding && goesOn) return;
    this.claimedAtMs.delete(shard);
    if (isAdding) this.claimedAtMs.set(shard, nowMs);
    else if (sinceMs !== undefined && after?.state === 'owned' && after.ready)
      this.push({kind: 'add', ms: nowMs - sinceMs});
  }

  private look(
    shard: string,
    nowMs: number,
    {
      before,
      sinceMs,
    }: {readonly before?: OwnershipRecord | undefined; readonly sinceMs?: number} = {},
  ): void {
    if (!this.begun) return;
    const endedMs = this.unserved.look(shard, nowMs, sinceMs);
    const cause = this.causes.get(shard) ?? causeOf(this.view.own.get(shard)?.value);
    if (this.unserved.has(shard)) {
      if (cause !== undefined) this.causes.set(shard, cause);
      return;
    }
    this.causes.delete(shard);
    if (endedMs === undefined) return;
    this.push({kind: 'gap', cause: cause ?? causeOf(before) ?? 'other', ms: endedMs});
  }

  private push(measurement: Measurement): void {
    if (this.measured.length < MEASUREMENTS_KEPT) this.measured.push(measurement);
  }
}

function causeOf(record: OwnershipRecord | undefined): MoveKind | undefined {
  const move = record?.move ?? null;
  return move === null ? undefined : moveReasonOf(move.why).kind;
}
