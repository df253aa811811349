/** What queued moves wait for, as their governor would say: its own gate is asked. */
import {SHARDS_PER_STEP} from '../../../governor/limits.ts';
import {reasonOfMove, startableMove} from '../../../governor/move-gate.ts';
import type {MoveGate, WantedMove} from '../../../governor/move-gate.ts';
import {urgencyOf} from '../../../governor/in-flight-moves.ts';
import {waitFor, waitText} from '../../../model/move-wait.ts';
import type {MoveWait} from '../../../model/move-wait.ts';
import type {MoveWaitView} from '../../../protocol/admin.ts';
import {runInSlices} from '../../../runtime/slices.ts';
import type {AppListing} from '../../../appview/listing.ts';

/** Of these, which are the first of the plan. Those that may begin count as begun for those behind them. */
export function moveWaits(
  {status}: Pick<AppListing, 'status'>,
  gate: MoveGate,
  moves: readonly WantedMove[],
): Promise<MoveWait[]> {
  const isPausing = status?.waits?.some(({budget}) => budget === 'planPause') === true;
  return runInSlices(waiting(gate, moves, waitFor(isPausing ? 'planPause' : 'turn')));
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

/** `free`: what a move waits for that may begin. */
function* waiting(
  gate: MoveGate,
  moves: readonly WantedMove[],
  free: MoveWait,
): Generator<undefined, MoveWait[]> {
  const inFlightMoves = gate.inFlightMoves.copy();
  const waits: MoveWait[] = [];
  for (const move of moves) {
    if (waits.length % SHARDS_PER_STEP === 0) yield;
    const found = startableMove(move, {...gate, inFlightMoves});
    if (found !== 'void' && 'budget' in found) {
      waits.push(found);
      continue;
    }
    waits.push(free);
    const urgency = urgencyOf(reasonOfMove(move, gate.living), move.to);
    if (found !== 'void') inFlightMoves.begin(move.shard, move.from, move.to, urgency, gate.nowMs);
  }
  return waits;
}
