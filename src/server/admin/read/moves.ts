/** Moves: what runs, by the records; what has ended, by the rounds that governors wrote. */
import {compareText} from '../../../model/compare-text.ts';
import {isVoluntary} from '../../../model/move-reason.ts';
import type {OwnershipRecord, Versioned} from '../../../model/ownership.ts';
import {queueState} from '../../../governor/move-gate.ts';
import type {MovesAnswer, MoveStep, QueuedMoveView, RunningMove} from '../../../protocol/admin.ts';
import {livingOf} from './container-views.ts';
import type {AdminDependencies, PlanDependencies} from '../dependencies.ts';
import {currentApp} from './listing.ts';
import {MoveNumbers} from './move-numbers.ts';
import {moveWaits, waitView} from './move-waits.ts';
import {planned} from './unplaced.ts';
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

export async function moves(
  dependencies: AdminDependencies,
  {service, limit}: {service: string; limit: number},
): Promise<MovesAnswer> {
  const listing = await currentApp(dependencies, service);
  const {view, revision} = listing;
  const finished = listing.finished();
  const running: RunningMove[] = [];
  for (const [shard, known] of view.own) {
    const move = runningMove(shard, known);
    if (move !== undefined) running.push(move);
  }
  running.sort((a, b) => compareText(a.startedAt, b.startedAt) || compareText(a.shard, b.shard));
  const newestFirst = [...finished].sort(
    (a, b) => compareText(b.endedAt, a.endedAt) || compareText(a.shard, b.shard),
  );
  const queued = await queuedMoves(dependencies, listing);
  return {
    running: running.slice(0, limit),
    runningCount: running.length,
    queued: await explained(dependencies, listing, queued.slice(0, limit)),
    queuedCount: queued.length,
    quiet: listing.status?.quiet ?? null,
    finished: newestFirst.slice(0, limit),
    finishedCount: newestFirst.length,
    revision: String(revision),
  };
}

/** The first of the plan's moves, with what makes them necessary and what they wait for. */
async function explained(
  dependencies: PlanDependencies,
  listing: AppListing,
  queued: readonly QueuedMoveView[],
): Promise<QueuedMoveView[]> {
  if (queued.length === 0) return [];
  const {snapshot, wanted} = await planned(dependencies, listing);
  const numbers = await MoveNumbers.make(snapshot, wanted);
  const waits = await moveWaits(listing, {snapshot, wanted}, queued.length);
  return queued.map((move, at) => {
    const wantedMove = wanted.moves[at];
    const wait = waits[at];
    return {
      ...move,
      ...(wantedMove === undefined ? {} : {numbers: numbers.of(wantedMove)}),
      ...(wait === undefined ? {} : {waitsFor: waitView(wait, listing)}),
    };
  });
}

/** The shard's move that the plan wants and nobody has begun; undefined where there is none. */
export async function queuedMoveOf(
  dependencies: PlanDependencies,
  listing: AppListing,
  shard: string,
): Promise<QueuedMoveView | undefined> {
  // Its governor wants nothing more: a plan is spared.
  if (listing.status?.settled === true) return undefined;
  const queued = await queuedMoves(dependencies, listing);
  const at = queued.findIndex((move) => move.shard === shard);
  if (at === -1) return undefined;
  return (await explained(dependencies, listing, queued.slice(0, at + 1)))[at];
}

/** What the live planner wants and nobody has begun, in its order. */
export async function queuedMoves(
  dependencies: PlanDependencies,
  listing: AppListing,
): Promise<QueuedMoveView[]> {
  const {snapshot, wanted} = await planned(dependencies, listing);
  const living = livingOf(listing);
  const isBreakerOpen = listing.status?.alarms.some(({code}) => code === 'BRAKE') === true;
  const trials = new Set(wanted.trials);
  return wanted.moves.map(({shard, from, to, cause}) => {
    const move: Omit<QueuedMoveView, 'state'> = {
      shard: snapshot.shards[shard]?.id ?? '',
      from: snapshot.containers[from]?.id ?? '',
      to: snapshot.containers[to]?.id ?? '',
      cause,
      numbers: '',
    };
    const state = queueState(move, listing.view, living);
    if (isBreakerOpen && isVoluntary(cause) && state === 'queued') return {...move, state: 'held'};
    const isTrial = trials.has(shard);
    const isQuiet = state === 'queued' && isVoluntary(cause) && listing.status?.quiet && !isTrial;
    return {...move, state: isQuiet ? 'quiet' : state};
  });
}
