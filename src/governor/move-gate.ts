/** Whether a planned move may begin: its shard must still run where it did, budgets leave room, and no operator is against it. */
import type {OwnershipRecord, Versioned} from '../model/ownership.ts';
import {isVoluntary, plannedMoveReason} from '../model/move-reason.ts';
import type {MoveReason} from '../model/move-reason.ts';
import {placementOf} from '../model/placement-policy.ts';
import type {MoveCause} from '../model/placement.ts';
import type {LivingContainer} from './containers.ts';
import type {ContainerTrust} from './container-trust.ts';
import {urgencyOf} from './in-flight-moves.ts';
import type {InFlightMoves} from './in-flight-moves.ts';
import type {PendingWrites} from './pending-writes.ts';
import type {AppView} from '../appstate/app-view.ts';

export interface WantedMove {
  readonly shard: string;
  readonly from: string;
  readonly to: string;
  readonly cause: MoveCause;
}

type Living = ReadonlyMap<string, Pick<LivingContainer, 'incarnation'>>;

/** held: the app is paused; cancelled: this one move was; queued: it may begin. Forced moves are never held. */
export function queueState(
  move: WantedMove,
  view: AppView,
  living: Living,
): 'queued' | 'held' | 'cancelled' {
  if (!isVoluntary(move.cause)) return 'queued';
  if (isCancelled(move, view, living)) return 'cancelled';
  return view.spec?.value.paused === true ? 'held' : 'queued';
}

function isCancelled(
  {shard, from, to}: Omit<WantedMove, 'cause'>,
  view: AppView,
  living: Living,
): boolean {
  const cancelled = view.shards.get(shard)?.value.cancelledMove;
  return (
    cancelled !== undefined &&
    cancelled.from === from &&
    cancelled.to === to &&
    cancelled.fromIncarnation === living.get(from)?.incarnation &&
    cancelled.toIncarnation === living.get(to)?.incarnation
  );
}

/** The container to which an operator has cancelled the shard's move from where it runs; '' for none. */
export function cancelledTo(shard: string, view: AppView, living: Living): string {
  const to = view.shards.get(shard)?.value.cancelledMove?.to ?? '';
  const from = view.own.get(shard)?.value.container ?? '';
  return to !== '' && isCancelled({shard, from, to}, view, living) ? to : '';
}

export interface MoveGate {
  readonly view: AppView;
  readonly living: ReadonlyMap<string, Pick<LivingContainer, 'incarnation' | 'state'>>;
  readonly nowMs: number;
  readonly pending: PendingWrites;
  readonly inFlightMoves: InFlightMoves;
  readonly trust: ContainerTrust;
}

/** The record that the shard is to be dropped from; `void`: the move has no object any more; `wait`: not now. */
export function startableMove(
  move: WantedMove,
  gate: MoveGate,
): Versioned<OwnershipRecord> | 'void' | 'wait' {
  const {view, living, pending, inFlightMoves, nowMs} = gate;
  const known = view.own.get(move.shard);
  if (known?.value.state !== 'owned' || known.value.container !== move.from) return 'void';
  if (pending.has(move.shard)) return 'wait';
  const voluntary = isVoluntary(move.cause);
  if (voluntary && !known.value.ready) return 'wait';
  if (queueState(move, view, living) !== 'queued') return 'wait';
  if (voluntary && !mayTake(move, gate)) return 'wait';
  if (move.cause === 'drain' && !keepsPace(move.from, gate)) return 'wait';
  const urgency = urgencyOf(reasonOfMove(move, living), move.to);
  if (urgency !== 'departure' && !startsSlowly(move.to, gate)) return 'wait';
  return inFlightMoves.allows(move.from, move.to, urgency, nowMs) ? known : 'wait';
}

/** Why a planned move is made, as its record will say it. */
export function reasonOfMove(move: WantedMove, living: MoveGate['living']): MoveReason {
  return plannedMoveReason(move, living.get(move.from)?.state === 'leaving');
}

/** A drain may say how many leave at once; one that is draining takes nothing, so all that moves there leaves. */
function keepsPace(from: string, {view, living, inFlightMoves}: MoveGate): boolean {
  const most = view.orders.get(from)?.value.maxMoving ?? 0;
  if (most === 0 || living.get(from)?.state !== 'draining') return true;
  return inFlightMoves.endsAt(from) < most;
}

/** A joiner takes few at once at first, and as many more as have become ready there. */
function startsSlowly(to: string, {view, living, inFlightMoves}: MoveGate): boolean {
  const {slowStart} = placementOf(view.spec?.value);
  if (slowStart === 0) return true;
  const arriving = inFlightMoves.arrivingAt(to);
  const there = view.shardsOf(living.get(to)?.incarnation ?? '').size;
  return arriving < slowStart + Math.max(0, there - arriving);
}

/** Before it has proved itself a container gets one running shard at a time, and after failures only one on trial. */
function mayTake({shard, to}: WantedMove, {living, inFlightMoves, trust}: MoveGate): boolean {
  const incarnation = living.get(to)?.incarnation ?? '';
  if (trust.isProved(incarnation) || trust.isTrial(shard, incarnation)) return true;
  return trust.refusal(incarnation) === undefined && inFlightMoves.isIdle(to);
}
