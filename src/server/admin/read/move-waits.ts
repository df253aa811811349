/** What queued moves wait for, as their governor would say: the same gate, asked of the records and the governor's word. */
import {InFlightMoves} from '../../../governor/in-flight-moves.ts';
import {SHARDS_PER_STEP} from '../../../governor/limits.ts';
import {firstToDrain, reasonOfMove, startableMove} from '../../../governor/move-gate.ts';
import type {MoveGate, WantedMove} from '../../../governor/move-gate.ts';
import {urgencyOf} from '../../../governor/in-flight-moves.ts';
import {zoneOf} from '../../../governor/placement-terms.ts';
import {waitFor, waitText} from '../../../model/move-wait.ts';
import type {MoveWait} from '../../../model/move-wait.ts';
import type {PlacementSnapshot, Plan} from '../../../model/placement.ts';
import type {MoveWaitView} from '../../../protocol/admin.ts';
import {runInSlices} from '../../../runtime/slices.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {livingOf} from './container-views.ts';

/** A reader's own moment: nothing that it counts lies before it. */
const NOW_MS = 0;

interface Planned {
  readonly snapshot: PlacementSnapshot;
  readonly wanted: Plan;
}

/** Of the first so many moves of the plan. Those that may begin count as begun for those behind them. */
export function moveWaits(
  listing: AppListing,
  planned: Planned,
  count: number,
): Promise<MoveWait[]> {
  return runInSlices(waiting(listing, planned, count));
}

/** What the governor has put down of the whole queue. */
export function waitViews({app, status}: Pick<AppListing, 'app' | 'status'>): MoveWaitView[] {
  return (status?.waits ?? []).map((wait) => waitView(wait, {app, status}));
}

export function waitView(
  wait: MoveWait,
  {app, status}: Pick<AppListing, 'app' | 'status'>,
): MoveWaitView {
  const {budget, of, used, limit} = wait;
  return {
    ...{budget, of, used, limit},
    text: waitText(wait, {app, quiet: status?.quiet}),
  };
}

function* waiting(
  listing: AppListing,
  {snapshot, wanted}: Planned,
  count: number,
): Generator<undefined, MoveWait[]> {
  const {status} = listing;
  const inFlightMoves = yield* inFlightOf(listing);
  const queue: WantedMove[] = [];
  for (const {shard, from, to, cause} of wanted.moves) {
    if (queue.length % SHARDS_PER_STEP === 0) yield;
    queue.push({
      shard: snapshot.shards[shard]?.id ?? '',
      from: snapshot.containers[from]?.id ?? '',
      to: snapshot.containers[to]?.id ?? '',
      cause,
    });
  }
  const gate = gateOf(listing, {snapshot, wanted}, inFlightMoves, queue);
  const isPausing = status?.waits?.some(({budget}) => budget === 'planPause') === true;
  const free = waitFor(isPausing ? 'planPause' : 'turn');
  const waits: MoveWait[] = [];
  for (const move of queue.slice(0, count)) {
    if (waits.length % SHARDS_PER_STEP === 0) yield;
    const found = startableMove(move, gate);
    if (found !== 'void' && 'budget' in found) {
      waits.push(found);
      continue;
    }
    waits.push(free);
    const urgency = urgencyOf(reasonOfMove(move, gate.living), move.to);
    if (found !== 'void') inFlightMoves.begin(move.shard, move.from, move.to, urgency, NOW_MS);
  }
  return waits;
}

function* inFlightOf({view, status}: AppListing): Generator<undefined, InFlightMoves> {
  const moves = new InFlightMoves(view, (container) => zoneOf(view, container));
  let looks = 0;
  for (const [shard, {value}] of view.own) {
    if ((looks += 1) % SHARDS_PER_STEP === 0) yield;
    moves.note(shard, value);
  }
  for (const {value} of view.heartbeats.values()) moves.noteOverdue(value);
  // When moves began is in nobody's records: only their governor counts them.
  const minute = status?.waits?.find(({budget}) => budget === 'moving.perMinute');
  if (minute !== undefined) moves.assumeStarted(minute.used, NOW_MS);
  return moves;
}

function gateOf(
  listing: AppListing,
  {snapshot, wanted}: Planned,
  inFlightMoves: InFlightMoves,
  queue: readonly WantedMove[],
): MoveGate {
  const {view, status} = listing;
  const living = livingOf(listing);
  const trials = new Set(wanted.trials.map((at) => snapshot.shards[at]?.id ?? ''));
  const unproved = new Set(
    snapshot.containers.filter((one) => one.unproved !== undefined).map(({id}) => id),
  );
  const idOf = (incarnation: string): string =>
    view.heartbeats.get(incarnation)?.value.container ?? '';
  const counts = new Map<string, number>();
  for (const at of wanted.target) {
    const id = snapshot.containers[at]?.id;
    if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return {
    ...{view, living, inFlightMoves, nowMs: NOW_MS},
    pending: {has: () => false},
    trust: {
      isProved: (incarnation) => !unproved.has(idOf(incarnation)),
      isTrial: (shard) => trials.has(shard),
      refusal: (incarnation) => {
        const there = living.get(idOf(incarnation));
        return there?.state === 'refusing' ? (there.note ?? '') : undefined;
      },
    },
    isBreakerOpen: status?.alarms.some(({code}) => code === 'BRAKE') === true,
    isQuiet: status?.quiet !== undefined,
    drainsFirst: firstToDrain(queue, {view, living, inFlightMoves}),
    plannedCount: (container) => counts.get(container) ?? 0,
  };
}
