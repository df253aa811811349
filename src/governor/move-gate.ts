/** Whether a planned move may begin, or what it waits for: its shard must still run where it did, budgets leave room, and no operator is against it. Governors and readers ask the same. */
import type {OwnershipRecord, Versioned} from '../model/ownership.ts';
import {isVoluntary, plannedMoveReason} from '../model/move-reason.ts';
import type {MoveReason} from '../model/move-reason.ts';
import {waitFor} from '../model/move-wait.ts';
import type {MoveWait} from '../model/move-wait.ts';
import {placementOf} from '../model/placement-policy.ts';
import type {MoveCause} from '../model/placement.ts';
import type {LivingContainer} from './containers.ts';
import type {ContainerTrust} from './container-trust.ts';
import {urgencyOf} from './in-flight-moves.ts';
import type {InFlightMoves} from './in-flight-moves.ts';
import {QUIET_EXCESS} from './limits.ts';
import type {PendingWrites} from './pending-writes.ts';
import type {AppView} from '../appstate/app-view.ts';

/** A planned move that has not begun. */
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
  readonly pending: Pick<PendingWrites, 'has'>;
  readonly inFlightMoves: InFlightMoves;
  readonly trust: Pick<ContainerTrust, 'isProved' | 'isTrial' | 'isRefusing'>;
  /** Evictions wait: what seems lost may be there. */
  readonly isBreakerOpen: boolean;
  /** The app is in its quiet time. */
  readonly isQuiet: boolean;
  /** The container whose drain goes first, where one drains after the other; '' where all may. */
  readonly drainsFirst: string;
  /** Shards that the plan gives a container. */
  readonly plannedCount: (container: string) => number;
}

/** The record that the shard is to be dropped from; `void`: the move has no object any more; else what it waits for. */
export function startableMove(
  move: WantedMove,
  gate: MoveGate,
): Versioned<OwnershipRecord> | 'void' | MoveWait {
  const {view, pending} = gate;
  const known = objectOf(move, view);
  if (known === undefined) return 'void';
  if (pending.has(move.shard)) return waitFor('writing');
  return waitOf(move, known.value.ready, gate) ?? known;
}

/** The record of the shard while it runs where the move takes it from; undefined: the move has no object. */
export function objectOf(
  {shard, from}: WantedMove,
  {own}: Pick<AppView, 'own'>,
): Versioned<OwnershipRecord> | undefined {
  const known = own.get(shard);
  return known?.value.state === 'owned' && known.value.container === from ? known : undefined;
}

function waitOf(move: WantedMove, isReady: boolean, gate: MoveGate): MoveWait | undefined {
  const {living, inFlightMoves, nowMs} = gate;
  const {from, to} = move;
  const wait = isVoluntary(move.cause)
    ? voluntaryWait(move, isReady, gate)
    : move.cause === 'drain'
      ? drainWait(from, gate)
      : undefined;
  if (wait !== undefined) return wait;
  const urgency = urgencyOf(reasonOfMove(move, living), to);
  if (urgency !== 'departure' && !mayTake(move, gate)) return waitFor('trial', to);
  const slow = urgency === 'departure' ? undefined : slowStartWait(to, gate);
  return slow ?? inFlightMoves.refusal(from, to, urgency, nowMs);
}

/** Nobody has to make the move. */
function voluntaryWait(move: WantedMove, isReady: boolean, gate: MoveGate): MoveWait | undefined {
  const {view, living, isBreakerOpen} = gate;
  if (!isReady) return waitFor('notReady');
  const state = queueState(move, view, living);
  if (state !== 'queued') return waitFor(state === 'held' ? 'paused' : 'cancelled');
  if (isBreakerOpen) return waitFor('brake');
  return rests(move, gate) ? waitFor('quietTime') : undefined;
}

/** A trial goes on in quiet time: what has proved itself can take over. */
function rests({shard, from, to}: WantedMove, gate: MoveGate): boolean {
  const {trust, view, living, plannedCount} = gate;
  if (!gate.isQuiet) return false;
  if (trust.isTrial(shard, living.get(to)?.incarnation ?? '')) return false;
  const shards = view.shardsOf(living.get(from)?.incarnation ?? '').size;
  return shards <= QUIET_EXCESS * Math.max(1, plannedCount(from));
}

function drainWait(from: string, gate: MoveGate): MoveWait | undefined {
  const {drainsFirst, living, view, inFlightMoves} = gate;
  if (living.get(from)?.state !== 'draining') return undefined;
  if (drainsFirst !== '' && from !== drainsFirst) return waitFor('drainOrder', drainsFirst);
  // A drain may say how many leave at once; one that is draining takes nothing, so all that moves there leaves.
  const most = view.orders.get(from)?.value.maxMoving ?? 0;
  const moving = inFlightMoves.endsAt(from);
  return most === 0 || moving < most ? undefined : waitFor('drain.maxMoving', from, moving, most);
}

/** The container whose drain goes first, of those that give away; '' for none, and where all may at once. */
export function firstToDrain(
  queue: {readonly draining: Iterable<string>},
  {view, living, inFlightMoves}: Pick<MoveGate, 'view' | 'living' | 'inFlightMoves'>,
): string {
  if (placementOf(view.spec?.value).drainOrder === 'together') return '';
  let first = {container: '', rank: ''};
  const offer = (container: string): void => {
    if (living.get(container)?.state !== 'draining') return;
    const rank = `${view.orders.get(container)?.value.at ?? ''} ${container}`;
    if (first.container === '' || rank < first.rank) first = {container, rank};
  };
  for (const from of queue.draining) offer(from);
  for (const from of inFlightMoves.givers) offer(from);
  return first.container;
}

/** Why a planned move is made, as its record will say it. */
export function reasonOfMove(move: WantedMove, living: MoveGate['living']): MoveReason {
  return plannedMoveReason(move, living.get(move.from)?.state === 'leaving');
}

/** A joiner takes few at once at first, and as many more as have become ready there. */
function slowStartWait(to: string, {view, living, inFlightMoves}: MoveGate): MoveWait | undefined {
  const {slowStart} = placementOf(view.spec?.value);
  if (slowStart === 0) return undefined;
  const arriving = inFlightMoves.arrivingAt(to);
  const states = view.states.byIncarnation.get(living.get(to)?.incarnation ?? '');
  const most = slowStart + (states?.get('ready') ?? 0);
  return arriving < most ? undefined : waitFor('slowStart', to, arriving, most);
}

/** Before it has proved itself a container gets one running shard at a time; after failures, of those that nobody has to move, only one on trial. */
function mayTake(
  {shard, to, cause}: WantedMove,
  {living, inFlightMoves, trust}: MoveGate,
): boolean {
  const incarnation = living.get(to)?.incarnation ?? '';
  if (trust.isProved(incarnation)) return true;
  if (inFlightMoves.arrivingAt(to) > 0) return false;
  const isChoice = isVoluntary(cause) && !trust.isTrial(shard, incarnation);
  return !isChoice || !trust.isRefusing(incarnation);
}
