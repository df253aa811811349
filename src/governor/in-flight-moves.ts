/** Moves under way and how many more may start: what is planned is budgeted, recoveries and departures are not. */
import {moveReasonOf} from '../model/move-reason.ts';
import type {MoveReason} from '../model/move-reason.ts';
import {movingLimit} from '../model/moving-limit.ts';
import type {OwnershipRecord} from '../model/ownership.ts';

/** Most voluntary moves at once that one container gives or takes. */
export const MOVES_PER_CONTAINER = 20;
/** Most shards at once that leaving containers give away: their time to leave is limited. */
export const DEPARTURES_PER_APP = 100;

/**
 * `voluntary`: for balance alone. `planned`: an operator's word or a limit. `departure`: its container is leaving.
 * `ending`: the shard goes nowhere else. The first two share the app's `maxMoving`.
 */
export type MoveUrgency = 'voluntary' | 'planned' | 'departure' | 'ending';

type InFlightMove = {readonly from: string; readonly to: string; readonly urgency: MoveUrgency};

/** What says how many may move at once. */
interface LimitedApp {
  readonly spec: {readonly value: {readonly maxMoving?: number}} | undefined;
  readonly shards: {readonly size: number};
}

export class InFlightMoves {
  private readonly app: LimitedApp;
  private readonly moves = new Map<string, InFlightMove>();
  /** Shards that are to be dropped and added again on their container once the budget allows it. */
  private readonly restarts = new Set<string>();
  private budgeted = 0;
  private departing = 0;
  private readonly ends = new Map<string, number>();

  constructor(app: LimitedApp) {
    this.app = app;
  }

  /** Takes note of a record: its move is in flight, or not any more. */
  note(shard: string, record: OwnershipRecord | undefined): void {
    this.end(shard);
    const move = inFlightOf(record);
    if (move === undefined) return;
    this.moves.set(shard, move);
    this.count(move, 1);
  }

  /** Counts a move that has been asked for but is not in any record yet. */
  begin(shard: string, from: string, to: string, urgency: MoveUrgency): void {
    this.end(shard);
    const move = {from, to, urgency};
    this.moves.set(shard, move);
    this.count(move, 1);
  }

  /** Does not count any more, whatever the record says: nothing lets go of the shard, and there is nowhere for it to go. */
  end(shard: string): void {
    const move = this.moves.get(shard);
    if (move === undefined) return;
    this.moves.delete(shard);
    this.count(move, -1);
  }

  allows(from: string, to: string, urgency: MoveUrgency): boolean {
    if (urgency === 'ending') return true;
    if (urgency === 'departure') return this.departing < DEPARTURES_PER_APP;
    if (this.budgeted >= this.limit) return false;
    if (urgency === 'planned') return true;
    return this.endsAt(from) < MOVES_PER_CONTAINER && this.endsAt(to) < MOVES_PER_CONTAINER;
  }

  /** Begins the restart of a shard on its container; false: it waits for its turn. */
  restart(shard: string, container: string): boolean {
    const allowed = this.allows(container, container, 'planned');
    if (allowed) this.begin(shard, container, container, 'planned');
    else this.restarts.add(shard);
    return allowed;
  }

  /** Shards whose restart may begin now; they do not wait any more. */
  takeRestarts(): string[] {
    const due: string[] = [];
    const {limit} = this;
    for (const shard of this.restarts) {
      if (this.budgeted + due.length >= limit) break;
      due.push(shard);
    }
    for (const shard of due) this.restarts.delete(shard);
    return due;
  }

  /** No move begins or ends at the container. */
  isIdle(container: string): boolean {
    return this.endsAt(container) === 0;
  }

  get size(): number {
    return this.moves.size;
  }

  /** Most voluntary and planned moves at once. */
  private get limit(): number {
    return movingLimit(this.app.spec?.value.maxMoving, this.app.shards.size);
  }

  private count({from, to, urgency}: InFlightMove, by: number): void {
    if (urgency === 'departure') this.departing += by;
    else if (urgency !== 'ending') this.budgeted += by;
    for (const end of [from, to]) {
      const left = this.endsAt(end) + by;
      if (left === 0) this.ends.delete(end);
      else this.ends.set(end, left);
    }
  }

  private endsAt(container: string): number {
    return this.ends.get(container) ?? 0;
  }
}

/** By what budget a move goes. `to` '': nowhere. */
export function urgencyOf({kind}: MoveReason, to: string): MoveUrgency {
  if (kind === 'balance') return 'voluntary';
  if (kind === 'leaving') return 'departure';
  return to === '' ? 'ending' : 'planned';
}

function inFlightOf(record: OwnershipRecord | undefined): InFlightMove | undefined {
  if (record === undefined || record.move === null || record.ready || record.failures > 0)
    return undefined;
  const {from, to, why} = record.move;
  const reason = moveReasonOf(why);
  if (from === '' || reason.kind === 'lost') return undefined;
  if (to === '' && record.state === 'free') return undefined;
  return {from, to, urgency: urgencyOf(reason, to)};
}
