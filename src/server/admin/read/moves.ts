/** Moves: what runs, by the records; what has ended, by the rounds that governors wrote. */
import {compareText} from '../../../model/compare-text.ts';
import {isVoluntary} from '../../../model/move-reason.ts';
import type {OwnershipRecord, Versioned} from '../../../model/ownership.ts';
import {objectOf, queueState} from '../../../governor/move-gate.ts';
import type {MoveGate, WantedMove} from '../../../governor/move-gate.ts';
import {moveNumbers} from '../../../governor/move-numbers.ts';
import type {PlanInUse} from '../../../governor/plan-in-use.ts';
import type {MovesAnswer, MoveStep, QueuedMoveView, RunningMove} from '../../../protocol/admin.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {currentApp} from './listing.ts';
import {moveWaits, waitView} from './move-waits.ts';
import {planInUse} from './plan-in-use.ts';
import type {AppView} from '../../../appstate/app-view.ts';
import type {AppListing} from '../../../appview/listing.ts';

const STEPS: Readonly<Record<OwnershipRecord['state'], MoveStep>> = {
  assigned: 'assigned',
  owned: 'adding',
  dropping: 'dropping',
  free: 'free',
};

/** The move that a record which is not at rest stands for; undefined for one that is ready. */
export function runningMove(
  shard: string,
  {value, mod}: Versioned<OwnershipRecord>,
): RunningMove | undefined {
  if (value.state === 'owned' && value.ready) return undefined;
  const {move, failures, lastError, state, container} = value;
  // A free record without a move is only the memory of its last owner.
  if (state === 'free' && move === null) return undefined;
  const arriving = state === 'assigned' || state === 'owned';
  return {
    id: move?.id ?? '',
    shard,
    from: move?.from ?? (arriving ? '' : container),
    to: move?.to ?? (arriving ? container : ''),
    why: move?.why ?? '',
    ...(move?.numbers === undefined ? {} : {numbers: move.numbers}),
    startedAt: move?.startedAt ?? '',
    step: STEPS[state],
    failures,
    lastError,
    revision: String(mod),
  };
}

/** Shards at rest are not looked at. */
export function* movesUnderWay({
  own,
  states,
}: AppView): Generator<{move: RunningMove; known: Versioned<OwnershipRecord>}, undefined> {
  for (const shard of states.notReady) {
    const known = own.get(shard);
    const move = known && runningMove(shard, known);
    if (known !== undefined && move !== undefined) yield {move, known};
  }
}

export async function moves(
  dependencies: AdminDependencies,
  {service, limit}: {service: string; limit: number},
): Promise<MovesAnswer> {
  const listing = await currentApp(dependencies, service);
  const {view, revision} = listing;
  const finished = listing.finished();
  const running = Array.from(movesUnderWay(view), ({move}) => move);
  running.sort((a, b) => compareText(a.startedAt, b.startedAt) || compareText(a.shard, b.shard));
  const newestFirst = [...finished].sort(
    (a, b) => compareText(b.endedAt, a.endedAt) || compareText(a.shard, b.shard),
  );
  const inUse = await planInUse(dependencies, listing);
  const queued = queuedMoves(inUse);
  return {
    running: running.slice(0, limit),
    runningCount: running.length,
    queued: await explained(inUse, listing, queued.slice(0, limit)),
    queuedCount: queued.length,
    quiet: listing.status?.quiet ?? null,
    finished: newestFirst.slice(0, limit),
    finishedCount: newestFirst.length,
    planRevision: String(inUse.revision),
    revision: String(revision),
  };
}

/** The first of the plan's moves, with what makes them necessary and what they wait for. */
async function explained(
  {gate, balance}: PlanInUse,
  listing: AppListing,
  queued: readonly QueuedMoveView[],
): Promise<QueuedMoveView[]> {
  const waits = await moveWaits(listing, gate, queued);
  return queued.map((move, at) => {
    const wait = waits[at];
    return {
      ...{...move, numbers: moveNumbers(move, gate, balance)},
      ...(wait === undefined ? {} : {waitsFor: waitView(wait, listing)}),
    };
  });
}

/** The shard's move that the plan wants and nobody has begun; undefined where there is none. */
export async function queuedMoveOf(
  inUse: PlanInUse,
  listing: AppListing,
  shard: string,
): Promise<QueuedMoveView | undefined> {
  if (!inUse.plan.queue.has(shard)) return undefined;
  const queued = queuedMoves(inUse);
  const at = queued.findIndex((move) => move.shard === shard);
  return at === -1 ? undefined : (await explained(inUse, listing, queued.slice(0, at + 1)))[at];
}

/** What the plan wants and nobody has begun, in its order. */
export function queuedMoves({plan, gate}: PlanInUse): QueuedMoveView[] {
  const queued: QueuedMoveView[] = [];
  for (const move of plan.queue)
    if (objectOf(move, gate.view) !== undefined)
      queued.push({...move, state: stateIn(gate, move), numbers: ''});
  return queued;
}

/** What the plan's move is: waiting for its turn, or held, and why. */
export function stateIn(gate: MoveGate, move: WantedMove): QueuedMoveView['state'] {
  const {view, living, trust, isBreakerOpen, isQuiet} = gate;
  const state = queueState(move, view, living);
  if (state !== 'queued' || !isVoluntary(move.cause)) return state;
  if (isBreakerOpen) return 'held';
  const isTrial = trust.isTrial(move.shard, living.get(move.to)?.incarnation ?? '');
  return isQuiet && !isTrial ? 'quiet' : state;
}
