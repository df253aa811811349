/** When the next plan is made, and where: within the turn, or beside the governor for apps so large that a turn would take too long. */
import type {AppView} from '../appstate/app-view.ts';
import {waitFor} from '../model/move-wait.ts';
import type {MoveWait} from '../model/move-wait.ts';
import type {RecordChange} from '../model/ownership.ts';
import type {RowPlan} from '../planner/row-plan.ts';
import type {GovernorAction} from './actions.ts';
import type {AppLoads} from './app-loads.ts';
import type {ContainerTrust} from './container-trust.ts';
import type {Living} from './containers.ts';
import type {GovernorOptions} from './governor-options.ts';
import {LargePlans} from './large-plans.ts';
import type {LargePlanningContext} from './large-plans.ts';
import {PLAN_PAUSE_SHOWN_MS} from './limits.ts';
import {PlanCache} from './plan-cache.ts';
import {changesPlan} from './placement.ts';
import {TrialPlanner} from './trial-planner.ts';
import type {PlanningContext} from './trial-planner.ts';

export class Planning {
  readonly cache: PlanCache;
  readonly trials: TrialPlanner;
  /** Shards on their way to a container where the plan leaves more than may be there together. Until their records change they count for no container. */
  private readonly turnedAway = new Set<string>();
  private readonly view: AppView;
  private readonly trust: ContainerTrust;
  private readonly options: GovernorOptions;
  private readonly large: LargePlans;
  /** An answer has come since the last turn. It is acted on before there is another question: that would forget trials that have not begun. */
  private isNew = false;
  /** Of the newest record that the last plan was made of. */
  revision = 0;
  /** The same of the one that was asked for. */
  private askedRevision = 0;

  constructor(view: AppView, trust: ContainerTrust, options: GovernorOptions, nowMs: number) {
    const from = options.plansBesideFrom ?? Number.POSITIVE_INFINITY;
    this.view = view;
    this.trust = trust;
    this.options = options;
    this.cache = new PlanCache(view.rows, nowMs);
    this.trials = new TrialPlanner(trust, this.turnedAway);
    const {trials, turnedAway} = this;
    this.large = new LargePlans(view, trials, {trials: trust.trials, turnedAway}, from);
  }

  /** A plan is wanted, or asked for. */
  get isDue(): boolean {
    return this.cache.dirty || this.large.isAsking;
  }

  /** There is a plan that counts. */
  get isThere(): boolean {
    return this.revision > 0 && !this.cache.isSettling;
  }

  /** A plan is wanted where loads have become too uneven; whatever the next one is for, it is made with the loads that the last look has shown. */
  lookAtLoads(loads: AppLoads, living: PlanningContext['living'], nowMs: number): void {
    if (this.large.isSendingLoads) return;
    const {renewals} = loads;
    const isPlanWanted = loads.look(living, nowMs);
    this.cache.dirty ||= isPlanWanted;
    if (isPlanWanted || loads.renewals !== renewals) this.large.loadsChanged();
  }

  /** The shard finds no room where it is on its way to, for the plan leaves too many there: it is planned as one that runs nowhere. */
  turnAway(shard: string): void {
    this.turnedAway.add(shard);
    this.view.rows.touch(this.view.rows.rowOf(shard));
    this.cache.want(true);
  }

  /** The shard's record has changed: another plan may be wanted. */
  ownChanged(change: RecordChange, living: PlanningContext['living']): void {
    const {shard} = change;
    this.turnedAway.delete(shard);
    const target = this.cache.destination(shard)?.target ?? '';
    const trial = this.trust.trials.get(shard)?.container;
    this.cache.dirty ||= changesPlan(change, living, target, trial);
  }

  /** Whoever plans beside has ended; as `LargePlans.lost`. */
  lost(isForGood: boolean): void {
    this.cache.dirty = true;
    this.large.lost(isForGood);
  }

  /** Makes a plan if one is due, or adds to the actions what asks for one. Returns the rows whose destination has changed, once there is a plan. */
  make(
    context: LargePlanningContext,
    nowMs: number,
    actions: GovernorAction[],
  ): Int32Array | undefined {
    actions.push(...this.large.rowsToSend(context));
    const {isNew} = this;
    this.isNew = false;
    if (isNew || nowMs < this.cache.wakeAtMs() || this.view.spec === undefined) return undefined;
    if (!this.large.isOn) {
      const made = this.trials.plan(context, this.options.plan, nowMs);
      this.revision = this.view.newest;
      return this.cache.adopt(made.snapshot, made.plan, nowMs);
    }
    const asked = this.large.ask(context, nowMs);
    if (asked === undefined) return undefined;
    this.cache.begin();
    this.askedRevision = this.view.newest;
    actions.push(...asked);
    return undefined;
  }

  /** The plan that was asked for by that number; returns as `make` does. */
  answered(
    generation: number,
    plan: RowPlan,
    living: Living,
    nowMs: number,
  ): Int32Array | undefined {
    const taken = this.large.take(generation, plan, living, nowMs);
    if (taken === undefined) return undefined;
    this.isNew = true;
    this.revision = this.askedRevision;
    return this.cache.adoptLarge(taken);
  }

  /** A plan is wanted that waits because of the one before; a short pause is not worth a word. */
  pauseAt(nowMs: number): readonly MoveWait[] {
    const {cache} = this;
    const isPausing =
      cache.dirty && !cache.isSettling && cache.wakeAtMs() > nowMs + PLAN_PAUSE_SHOWN_MS;
    return isPausing ? [waitFor('planPause')] : [];
  }

  wakeAtMs(nowMs: number): number {
    const {cache, large, trials} = this;
    if (large.isLeft || this.isNew) return nowMs;
    if (large.isAsking) return Number.POSITIVE_INFINITY;
    // Who is tried next comes with the plan.
    return cache.dirty ? cache.wakeAtMs() : trials.wakeAtMs();
  }
}
