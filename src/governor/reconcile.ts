/** One shard: what the record says against where it belongs, and the one next step. */
import {moveReasonOf} from '../model/move-reason.ts';
import type {MoveReason} from '../model/move-reason.ts';
import type {MoveNote, OwnershipRecord, OwnershipState, Versioned} from '../model/ownership.ts';
import type {Transition} from '../model/transition.ts';
import {parseToken} from '../model/token.ts';
import {
  assign,
  drop,
  forget,
  reassignLost,
  recall,
  redirect,
  tokenOf,
} from '../ownership/transitions.ts';
import {comesBackTo, isOpenFor} from './containers.ts';
import type {Living, LivingContainer} from './containers.ts';
import type {AppView} from '../appstate/app-view.ts';

/** What the plan says of one shard. */
export interface Destination {
  /** Container id; '' for none. */
  readonly target: string;
  /** It runs where its pin or worker group forbids it. */
  readonly mustDrop: boolean;
  /** It belongs elsewhere, but there is no room; only a leaving container lets go all the same. */
  readonly stranded: boolean;
  /** It has no target only because those that might have it take nothing new now. */
  readonly isShutOut: boolean;
}

export type Step =
  | {readonly step: 'write'; readonly transition: Transition}
  /** Drop it and add it again on the same container, as soon as the budget of moves allows it. */
  | {readonly step: 'restart'; readonly container: string; readonly transition: Transition}
  /** `remind`: the container wrote the record itself, it needs a hint only if it takes long. */
  | {readonly step: 'hint'; readonly op: 'add' | 'drop'; readonly remind?: boolean}
  /** Nothing to do until something changes. `for` = what is waited for; `session`: the push container that runs it waits for its id; `home`: no container has it in the plan, and none runs it; `nowhere`: the same, but the plan does not know it yet. */
  | {
      readonly step: 'wait';
      readonly for: 'plan' | 'capacity' | 'budget' | 'session' | 'home' | 'nowhere' | 'nothing';
    }
  /** The target has not claimed what it was given before. */
  | {readonly step: 'queue'; readonly incarnation: string};

export interface ReconcileContext {
  readonly view: AppView;
  readonly living: Living;
  readonly epoch: number;
  readonly newMove: (from: string, to: string, reason: MoveReason) => MoveNote;
  /** The container holds, or is about to be given, as many shards as it may; `comesBack`: for a shard that it had and that the plan leaves there, which may be above its limit. */
  readonly isFull: (incarnation: string, comesBack: boolean) => boolean;
  /** The container holds, or is about to be given, another shard with the spread key of this one. */
  readonly hasKeyConflict: (shard: string, incarnation: string) => boolean;
  /** The plan leaves more there than may be there together: whatever has not come yet waits in vain. */
  readonly isOverplanned: (shard: string, incarnation: string) => boolean;
  /** Enough records wait for that container's claim. */
  readonly isBusy: (incarnation: string) => boolean;
  /** The container gets the shard on trial, though it takes nothing else. */
  readonly isTrial: (shard: string, incarnation: string) => boolean;
  /** Its move waits to begin. */
  readonly isQueued: (shard: string) => boolean;
}

const NOTHING: Step = {step: 'wait', for: 'nothing'};

/** The next step of a shard that has a spec. */
export function reconcile(
  shard: string,
  destination: Destination,
  context: ReconcileContext,
): Step {
  const known = context.view.own.get(shard);
  if (known === undefined || known.value.state === 'free')
    return place(shard, known, destination, context);
  if (!context.view.hasHeartbeat(known.value.incarnation))
    return place(shard, known, destination, context);
  if (known.value.state === 'assigned')
    return reconcileAssigned(shard, known, destination, context);
  if (known.value.state === 'dropping') return {step: 'hint', op: 'drop'};
  return reconcileOwned(shard, known, destination, context);
}

/** The next step of a shard whose spec is gone. */
export function reconcileGone(shard: string, context: ReconcileContext): Step {
  const known = context.view.own.get(shard);
  if (known === undefined) return NOTHING;
  const {state, incarnation, container} = known.value;
  if (state === 'free' || !context.view.hasHeartbeat(incarnation))
    return write(forget(shard, known));
  if (state === 'assigned') return write(recall(shard, known));
  if (state === 'dropping') return {step: 'hint', op: 'drop'};
  return write(
    drop(shard, known, context.newMove(container, '', {kind: 'removed'}), context.epoch),
  );
}

/** The next step of a shard that no plan has covered yet: what is under way goes on. `state`: of its record where its holder lives. */
export function reconcileUnplanned(state: OwnershipState | undefined): Step {
  if (state === 'dropping') return {step: 'hint', op: 'drop'};
  return state === 'assigned' ? {step: 'hint', op: 'add'} : {step: 'wait', for: 'plan'};
}

/** The plan gives it this container, but what has to leave first is still there. */
function lacksCapacity(
  shard: string,
  {container, incarnation}: LivingContainer,
  {view, isFull, hasKeyConflict}: ReconcileContext,
): boolean {
  const comesBack = comesBackTo(container, view.own.get(shard)?.value.move);
  return isFull(incarnation, comesBack) || hasKeyConflict(shard, incarnation);
}

function place(
  shard: string,
  known: Versioned<OwnershipRecord> | undefined,
  destination: Destination,
  context: ReconcileContext,
): Step {
  const back = comeBack(shard, known, context);
  if (back !== undefined) return back;
  if (destination.target === '') return {step: 'wait', for: 'home'};
  const target = context.living.get(destination.target);
  if (target === undefined) return {step: 'wait', for: 'plan'};
  const comesBack = comesBackTo(target.container, known?.value.move);
  if (!isOpenFor(target, {comesBack, onTrial: context.isTrial(shard, target.incarnation)}))
    return {step: 'wait', for: 'plan'};
  if (lacksCapacity(shard, target, context)) {
    const isInVain = context.isOverplanned(shard, target.incarnation);
    return {step: 'wait', for: isInVain ? 'nowhere' : 'capacity'};
  }
  return placeOn(target, shard, known, context);
}

/**
 * Where the push container has come back and runs the shard already, by what it kept: wherever the shard belongs, it is recorded there first,
 * and from there it goes as any other. Its id is written in a moment; nobody else may have the shard meanwhile.
 */
function comeBack(
  shard: string,
  known: Versioned<OwnershipRecord> | undefined,
  context: ReconcileContext,
): Step | undefined {
  if (known === undefined || known.value.state === 'free') return undefined;
  const {container} = known.value;
  const running = context.view.sessionThatRuns(container, shard);
  if (running === undefined) return undefined;
  const there = context.living.get(container);
  if (there?.incarnation !== running) return {step: 'wait', for: 'session'};
  return placeOn(there, shard, known, context);
}

function placeOn(
  target: LivingContainer,
  shard: string,
  known: Versioned<OwnershipRecord> | undefined,
  context: ReconcileContext,
): Step {
  if (context.isBusy(target.incarnation)) return {step: 'queue', incarnation: target.incarnation};
  const lost = known !== undefined && known.value.state !== 'free';
  const move = placeNote(known, lost, target.container, context);
  const to = {...target, move, taskVersion: taskVersionOf(shard, context)};
  return write(lost ? reassignLost(shard, known, to) : assign(shard, known, to));
}

function reconcileAssigned(
  shard: string,
  known: Versioned<OwnershipRecord>,
  destination: Destination,
  context: ReconcileContext,
): Step {
  const {container, incarnation} = known.value;
  // It runs there already: it is claimed first, and then let go as any other.
  if (context.view.sessionThatRuns(container, shard) === incarnation)
    return {step: 'hint', op: 'add'};
  const holder = context.living.get(container);
  const there = destination.target === container && holder?.incarnation === incarnation;
  if (there && holder.mode !== 'draining') return {step: 'hint', op: 'add'};
  // It claims nothing, but nobody else could have the shard either: once a hint reaches it, it is reachable again.
  const isOnlyDeaf = holder?.state === 'unreachable' && holder.incarnation === incarnation;
  if (isOnlyDeaf && destination.isShutOut) return {step: 'hint', op: 'add'};
  const target = context.living.get(destination.target);
  if (target?.mode !== 'open' || target.incarnation === incarnation) {
    return destination.target === '' ? write(recall(shard, known)) : {step: 'hint', op: 'add'};
  }
  if (lacksCapacity(shard, target, context)) return write(recall(shard, known));
  const before = known.value.move;
  const reason: MoveReason = before === null ? {kind: 'redirected'} : moveReasonOf(before.why);
  const move = context.newMove(before?.from ?? '', target.container, reason);
  const to = {...target, move, taskVersion: taskVersionOf(shard, context)};
  return write(redirect(shard, known, to));
}

function reconcileOwned(
  shard: string,
  known: Versioned<OwnershipRecord>,
  destination: Destination,
  context: ReconcileContext,
): Step {
  const {container, ready} = known.value;
  const holder = context.living.get(container);
  const letGo = (reason: MoveReason): Step =>
    write(drop(shard, known, context.newMove(container, '', reason), context.epoch));
  if (destination.mustDrop) return letGo({kind: 'constraint'});
  if (holder?.state === 'leaving' && (destination.stranded || destination.target === ''))
    return letGo({kind: 'leaving', container: ''});
  if (hasOldTask(shard, known, context) && destination.target === container) {
    const move = context.newMove(container, container, {kind: 'taskChanged'});
    return {step: 'restart', container, transition: drop(shard, known, move, context.epoch)};
  }
  if (destination.target !== '' && destination.target !== container) {
    // A move whose first write was refused, or overtaken by the claim, is in no queue any more.
    const forgotten = holder?.incarnation === known.value.incarnation && !context.isQueued(shard);
    return {step: 'wait', for: forgotten ? 'plan' : 'budget'};
  }
  return ready ? NOTHING : {step: 'hint', op: 'add', remind: true};
}

/** The task was changed since the claim, or the shard removed and added anew, which leaves no trace but a younger spec. */
function hasOldTask(
  shard: string,
  known: Versioned<OwnershipRecord>,
  {view, epoch}: ReconcileContext,
): boolean {
  const spec = view.shards.get(shard);
  if (spec === undefined) return false;
  if ((known.value.taskVersion ?? 0) !== (spec.value.taskVersion ?? 0)) return true;
  const claimed = parseToken(tokenOf(known, epoch));
  return claimed !== undefined && claimed.revision < spec.create;
}

function taskVersionOf(shard: string, {view}: ReconcileContext): number {
  return view.shards.get(shard)?.value.taskVersion ?? 0;
}

function placeNote(
  known: Versioned<OwnershipRecord> | undefined,
  lost: boolean,
  to: string,
  context: ReconcileContext,
): MoveNote {
  if (known === undefined) return context.newMove('', to, {kind: 'newShard'});
  const {move, container, failures} = known.value;
  if (lost) return context.newMove(container, to, {kind: 'lost', container});
  // What failed where it was moved to has ended its move.
  if (move === null || move.from === '' || failures > 0)
    return context.newMove('', to, {kind: failures > 0 ? 'addFailed' : 'unplaced'});
  return {...move, to};
}

function write(transition: Transition): Step {
  return {step: 'write', transition};
}
