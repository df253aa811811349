/** Starts planned moves: which may begin now, by budgets, quiet time and order of drains. */
import type {MoveWait} from '../model/move-wait.ts';
import {placementOf} from '../model/placement-policy.ts';
import type {QuietStatus} from '../model/status.ts';
import type {Transition} from '../model/transition.ts';
import {drop} from '../ownership/transitions.ts';
import type {AppView} from '../appstate/app-view.ts';
import type {Living} from './containers.ts';
import type {ContainerTrust} from './container-trust.ts';
import {urgencyOf} from './in-flight-moves.ts';
import type {InFlightMoves} from './in-flight-moves.ts';
import {firstToDrain, reasonOfMove, startableMove} from './move-gate.ts';
import type {MoveGate} from './move-gate.ts';
import {moveNumbers} from './move-numbers.ts';
import type {NamedBalance} from './move-numbers.ts';
import {MoveWaits} from './move-waits.ts';
import type {PendingWrites} from './pending-writes.ts';
import type {PlanCache} from './plan-cache.ts';
import type {PlanInUse} from './plan-in-use.ts';
import type {Planning} from './planning.ts';
import type {ReconcileContext} from './reconcile.ts';
import {QuietTime} from './quiet-time.ts';

interface StarterParts {
  readonly view: AppView;
  readonly pending: PendingWrites;
  readonly inFlightMoves: InFlightMoves;
  readonly trust: ContainerTrust;
  readonly planCache: PlanCache;
  /** Evictions wait: what seems lost may be there, and nothing is moved for balance or load meanwhile. */
  readonly evictor: {readonly isBreakerOpen: boolean};
  readonly loads: {readonly namedBalance: NamedBalance | undefined};
  readonly reports: {readonly status: {touch(): void}};
  readonly newMove: ReconcileContext['newMove'];
  readonly epoch: number;
}

export class MoveStarter {
  readonly quiet = new QuietTime();
  readonly waits = new MoveWaits();
  private readonly parts: StarterParts;
  private endMs: number | undefined;
  private isFirstLook = true;

  constructor(parts: StarterParts) {
    this.parts = parts;
  }

  /** The quiet time, as its last end was seen; undefined: there is none. */
  status: QuietStatus | undefined;

  /** Containers have changed, or time has passed; true when the quiet time has, too. */
  look(living: Living, nowMs: number, wallMs: number): boolean {
    const {spec, heartbeats, own} = this.parts.view;
    if (this.isFirstLook) this.parts.inFlightMoves.learnStarts(own, nowMs, wallMs);
    this.isFirstLook = false;
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
    const {planCache, inFlightMoves, newMove, epoch, loads} = this.parts;
    const started: Transition[] = [];
    if (planCache.queue.length === 0) return started;
    const gate = this.gate(living, nowMs);
    planCache.queue.takeOut((move) => {
      const found = startableMove(move, gate);
      if (found === 'void') return true;
      if ('budget' in found) {
        this.waits.note(found, nowMs);
        return false;
      }
      const reason = reasonOfMove(move, living);
      const {shard, from, to} = move;
      inFlightMoves.begin(shard, from, to, urgencyOf(reason, to), nowMs);
      const numbers = moveNumbers(move, gate, loads.namedBalance);
      const note = {...newMove(from, to, reason), numbers};
      started.push(drop(shard, found, note, epoch));
      return true;
    }, nowMs);
    if (this.waits.takeNews()) this.parts.reports.status.touch();
    return started;
  }

  /** What the summary says of moves that have not begun: the quiet time, and what they wait for, `pauses` besides; nothing when all have begun. */
  statusAt(nowMs: number, pauses: readonly MoveWait[]) {
    const waits = this.parts.planCache.queue.length === 0 ? [] : this.waits.at(nowMs);
    return {quiet: this.status, waits: [...waits, ...pauses]};
  }

  /** When a move or a restart that waits for time to pass may begin, ms. */
  wakeAtMs(nowMs: number): number {
    const {planCache, inFlightMoves} = this.parts;
    const hasMoves = planCache.queue.length > 0;
    const budgetsMs =
      hasMoves || inFlightMoves.hasRestarts ? inFlightMoves.wakeAtMs(nowMs) : Infinity;
    if (!hasMoves) return budgetsMs;
    return Math.min(budgetsMs, this.quiet.wakeAtMs(nowMs), planCache.queue.wakeAtMs());
  }

  /** The last plan, for readers; undefined: there is none that counts. */
  inUse(
    {isThere, revision, isDue}: Pick<Planning, 'isThere' | 'revision' | 'isDue'>,
    living: Living,
    nowMs: number,
  ): PlanInUse | undefined {
    if (!isThere) return undefined;
    const {planCache: plan, pending, loads} = this.parts;
    const isNewest = !isDue && pending.size === 0;
    const gate = this.gate(living, nowMs);
    return {revision, isNewest, plan, gate, balance: loads.namedBalance};
  }

  private gate(living: Living, nowMs: number): MoveGate {
    const {planCache, evictor} = this.parts;
    return {
      ...this.parts,
      ...{living, nowMs},
      isBreakerOpen: evictor.isBreakerOpen,
      isQuiet: this.quiet.isQuiet(nowMs),
      drainsFirst: firstToDrain(planCache.queue, {...this.parts, living}),
      plannedCount: (container) => planCache.plannedCount(container),
    };
  }
}
