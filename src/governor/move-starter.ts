/** Starts planned moves: which may begin now, by budgets, quiet time and order of drains. */
import {isVoluntary} from '../model/move-reason.ts';
import {placementOf} from '../model/placement-policy.ts';
import type {QuietStatus} from '../model/status.ts';
import type {Transition} from '../model/transition.ts';
import {drop} from '../ownership/transitions.ts';
import type {AppView} from '../appstate/app-view.ts';
import type {LivingContainer} from './containers.ts';
import type {ContainerTrust} from './container-trust.ts';
import {urgencyOf} from './in-flight-moves.ts';
import type {InFlightMoves} from './in-flight-moves.ts';
import {reasonOfMove, startableMove} from './move-gate.ts';
import type {PendingWrites} from './pending-writes.ts';
import type {PlanCache, QueuedMove} from './plan-cache.ts';
import type {ReconcileContext} from './reconcile.ts';
import {QuietTime} from './quiet-time.ts';
import {QUIET_EXCESS} from './limits.ts';

interface StarterParts {
  readonly view: AppView;
  readonly pending: PendingWrites;
  readonly inFlightMoves: InFlightMoves;
  readonly trust: ContainerTrust;
  readonly planCache: PlanCache;
  /** Evictions wait: what seems lost may be there, and nothing is moved for balance or load meanwhile. */
  readonly evictor: {readonly braking: boolean};
  readonly newMove: ReconcileContext['newMove'];
  readonly epoch: number;
}

type Living = ReadonlyMap<string, LivingContainer>;

export class MoveStarter {
  readonly quiet = new QuietTime();
  private readonly parts: StarterParts;
  private endMs: number | undefined;

  constructor(parts: StarterParts) {
    this.parts = parts;
  }

  /** The quiet time, as its last end was seen; undefined: there is none. */
  status: QuietStatus | undefined;

  /** Containers have changed, or time has passed; true when the quiet time has, too. */
  look(living: Living, nowMs: number, wallMs: number): boolean {
    const {spec, heartbeats} = this.parts.view;
    const seen = [...living.values()].map(({container, incarnation, state}) => {
      const version = heartbeats.get(incarnation)?.value.version ?? '';
      return [incarnation, {container, incarnation, state, version}] as const;
    });
    const {quietTime} = placementOf(spec?.value);
    this.quiet.look(new Map(seen), 1_000 * quietTime, nowMs);
    const endMs = this.quiet.endOf(nowMs);
    const isNews = endMs !== this.endMs;
    this.endMs = endMs;
    if (isNews)
      this.status = endMs === undefined ? undefined : this.statusOf(endMs - nowMs + wallMs);
    return isNews;
  }

  private statusOf(endsAtWallMs: number): QuietStatus {
    const until = Number.isFinite(endsAtWallMs) ? new Date(endsAtWallMs).toISOString() : '';
    return {until, why: this.quiet.why};
  }

  /** What is to be written for moves that begin now. They leave the queue, and those that have no object any more. */
  start(living: Living, nowMs: number): Transition[] {
    const {planCache, inFlightMoves, newMove, epoch} = this.parts;
    const started: Transition[] = [];
    if (planCache.queue.length === 0) return started;
    const drainsFirst = this.drainingFirst(living);
    planCache.takeOut((move) => {
      const isLater = move.cause === 'drain' && !(drainsFirst?.(move.from) ?? true);
      if (isLater || this.rests(move, living, nowMs)) return false;
      const known = startableMove(move, {...this.parts, living, nowMs});
      if (known === 'void' || known === 'wait') return known === 'void';
      const reason = reasonOfMove(move, living);
      const {shard, from, to} = move;
      inFlightMoves.begin(shard, from, to, urgencyOf(reason, to), nowMs);
      started.push(drop(shard, known, newMove(from, to, reason), epoch));
      return true;
    }, nowMs);
    return started;
  }

  /** When a move that waits for time to pass may begin, ms. */
  wakeAtMs(nowMs: number): number {
    const {planCache, inFlightMoves} = this.parts;
    if (planCache.queue.length === 0) return Number.POSITIVE_INFINITY;
    const timesMs = [this.quiet.wakeAtMs(nowMs), inFlightMoves.wakeAtMs(nowMs)];
    return Math.min(...timesMs, planCache.queue.wakeAtMs());
  }

  /** The move is for balance or load alone, and many containers seem lost, or the app is in its quiet time. A trial goes on: what has proved itself can take over. */
  private rests({shard, from, to, cause}: QueuedMove, living: Living, nowMs: number): boolean {
    if (!isVoluntary(cause)) return false;
    const {trust, view, planCache, evictor} = this.parts;
    if (evictor.braking) return true;
    if (!this.quiet.isQuiet(nowMs)) return false;
    if (trust.isTrial(shard, living.get(to)?.incarnation ?? '')) return false;
    const shards = view.shardsOf(living.get(from)?.incarnation ?? '').size;
    return shards <= QUIET_EXCESS * Math.max(1, planCache.plannedCount(from));
  }

  /** Whether the container may give away for a drain, where one drains after the other; undefined: all may. */
  private drainingFirst(living: Living): ((container: string) => boolean) | undefined {
    const {view, planCache, inFlightMoves} = this.parts;
    if (placementOf(view.spec?.value).drainOrder === 'together') return undefined;
    let first: {readonly container: string; readonly rank: string} | undefined;
    const offer = (container: string): void => {
      if (living.get(container)?.state !== 'draining') return;
      const rank = `${view.orders.get(container)?.value.at ?? ''} ${container}`;
      if (first === undefined || rank < first.rank) first = {container, rank};
    };
    for (const {from, cause} of planCache.queue) if (cause === 'drain') offer(from);
    for (const from of inFlightMoves.givers) offer(from);
    return (container) =>
      container === first?.container || living.get(container)?.state !== 'draining';
  }
}
