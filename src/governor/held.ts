/** Voluntary moves that are not begun because an operator does not want them. */
import type {MoveCause} from '../model/placement.ts';
import type {LivingContainer} from './containers.ts';
import type {AppView} from './view.ts';

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
  if (move.cause !== 'balance') return 'queued';
  if (isCancelled(move, view, living)) return 'cancelled';
  return view.spec?.value.paused === true ? 'held' : 'queued';
}

function isCancelled({shard, from, to}: WantedMove, view: AppView, living: Living): boolean {
  const cancelled = view.shards.get(shard)?.value.cancelledMove;
  return (
    cancelled !== undefined &&
    cancelled.from === from &&
    cancelled.to === to &&
    cancelled.fromIncarnation === living.get(from)?.incarnation &&
    cancelled.toIncarnation === living.get(to)?.incarnation
  );
}
