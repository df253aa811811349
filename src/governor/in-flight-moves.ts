/** Moves under way and how many more may start: voluntary moves are budgeted, drains too, recoveries are not. */
import {moveReasonOf} from '../model/move-reason.ts';
import type {OwnershipRecord} from '../model/ownership.ts';

/** Most voluntary moves of an app at once. */
export const MOVES_PER_APP = 100;
/** Most voluntary moves at once that one container gives or takes. */
export const MOVES_PER_CONTAINER = 20;
/** Most forced moves (drain, leave, broken pin, lowered cap) of an app at once. */
export const DRAINS_PER_APP = 100;

type Motion = {readonly from: string; readonly to: string; readonly voluntary: boolean};

export class InFlightMoves {
  private readonly motions = new Map<string, Motion>();
  private voluntary = 0;
  private readonly ends = new Map<string, number>();

  /** Takes note of a record: its move is in flight, or not any more. */
  note(shard: string, record: OwnershipRecord | undefined): void {
    this.end(shard);
    const inFlightMoves = inFlightOf(record);
    if (inFlightMoves === undefined) return;
    this.motions.set(shard, inFlightMoves);
    this.count(inFlightMoves, 1);
  }

  /** Counts a move that has been asked for but is not in any record yet. */
  begin(shard: string, from: string, to: string, voluntary: boolean): void {
    this.end(shard);
    const inFlightMoves = {from, to, voluntary};
    this.motions.set(shard, inFlightMoves);
    this.count(inFlightMoves, 1);
  }

  /** Does not count any more, whatever the record says: nothing lets go of the shard, and there is nowhere for it to go. */
  end(shard: string): void {
    const inFlightMoves = this.motions.get(shard);
    if (inFlightMoves === undefined) return;
    this.motions.delete(shard);
    this.count(inFlightMoves, -1);
  }

  allows(from: string, to: string, voluntary: boolean): boolean {
    if (!voluntary) return this.motions.size - this.voluntary < DRAINS_PER_APP;
    if (this.voluntary >= MOVES_PER_APP) return false;
    return this.endsAt(from) < MOVES_PER_CONTAINER && this.endsAt(to) < MOVES_PER_CONTAINER;
  }

  /** No move begins or ends at the container. */
  isIdle(container: string): boolean {
    return this.endsAt(container) === 0;
  }

  get size(): number {
    return this.motions.size;
  }

  private count(inFlightMoves: Motion, by: number): void {
    if (inFlightMoves.voluntary) this.voluntary += by;
    for (const end of [inFlightMoves.from, inFlightMoves.to]) {
      const left = this.endsAt(end) + by;
      if (left === 0) this.ends.delete(end);
      else this.ends.set(end, left);
    }
  }

  private endsAt(container: string): number {
    return this.ends.get(container) ?? 0;
  }
}

function inFlightOf(record: OwnershipRecord | undefined): Motion | undefined {
  if (record === undefined || record.move === null || record.ready || record.failures > 0)
    return undefined;
  const {from, to, why} = record.move;
  const {kind} = moveReasonOf(why);
  if (from === '' || kind === 'lost') return undefined;
  if (to === '' && record.state === 'free') return undefined;
  return {from, to, voluntary: kind === 'balance'};
}
