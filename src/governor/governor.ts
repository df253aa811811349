/**
 * The governor of one app (protocol.md, "Governor"): takes news and time, returns what is to be done. Level-triggered:
 * news only marks shards; every decision looks at everything that is known. Passive; the shell holds clock and store.
 */
import type {AppChange} from '../model/change.ts';
import type {Heartbeat} from '../model/container.ts';
import {moveReasonText} from '../model/move-reason.ts';
import type {RecordChange} from '../model/ownership.ts';
import type {Transition} from '../model/transition.ts';
import type {RowPlan} from '../planner/row-plan.ts';
import {FailureDetector} from '../ownership/failure-detector.ts';
import type {GovernorAction, GovernorAnswer} from './actions.ts';
import {AdmissionQueue, unclaimedLimit} from './admission-queue.ts';
import {AppLoads} from './app-loads.ts';
import {ClaimMonitor} from './claim-monitor.ts';
import {ContainerTrust} from './container-trust.ts';
import {livingContainers} from './containers.ts';
import type {LivingContainer} from './containers.ts';
import {DirtyShards} from './dirty-shards.ts';
import {Evictor} from './eviction.ts';
import type {GovernorOptions} from './governor-options.ts';
import {MoveStarter} from './move-starter.ts';
import {governedFigures} from './figures.ts';
import type {GovernedFigures} from './figures.ts';
import {HintSchedule, hintBatches} from './hints.ts';
import {Listings} from './listings.ts';
import type {ListingTaker} from './listings.ts';
import {HoldingsCheck} from './holdings.ts';
import type {Holdings, NoAnswer} from './holdings.ts';
import {InFlightMoves} from './in-flight-moves.ts';
import {PendingWrites, committedChange} from './pending-writes.ts';
import type {PlanCache} from './plan-cache.ts';
import type {PlanInUse} from './plan-in-use.ts';
import {Planning} from './planning.ts';
import {freesCapacity} from './placement.ts';
import {zoneOf} from './placement-terms.ts';
import {reconcile, reconcileGone, reconcileUnplanned} from './reconcile.ts';
import type {ReconcileContext, Step} from './reconcile.ts';
import {reconcileContext} from './reconcile-context.ts';
import {Removal} from './removal.ts';
import {Renewals} from './renewals.ts';
import {Reports} from './reports.ts';
import type {KnownStatus} from './reports.ts';
import {RetrySchedule} from './retry.ts';
import {Successors} from './successors.ts';
import type {RaisedAlarm} from '../model/alarm.ts';
import {AppView, incarnationOf} from '../appstate/app-view.ts';
import {REFUSED_RETRY_MS} from './limits.ts';

export class Governor implements ListingTaker {
  readonly view = new AppView();
  readonly listings = new Listings(this.view, this);
  private readonly options: GovernorOptions;
  private readonly failureDetector: FailureDetector;
  private readonly evictor = new Evictor();
  private readonly inFlightMoves = new InFlightMoves(this.view, (id) => zoneOf(this.view, id));
  private readonly successors: Successors;
  private readonly claims = new ClaimMonitor((incarnation) => this.view.hasHeartbeat(incarnation));
  private readonly hints = new HintSchedule(this.claims.claimedAtMs);
  private readonly admissions = new AdmissionQueue();
  private readonly retries = new RetrySchedule();
  readonly holdings = new HoldingsCheck();
  private readonly removal = new Removal();
  readonly reports = new Reports(this.view);
  readonly loads = new AppLoads(this.view);
  private readonly trust = new ContainerTrust();
  readonly planning: Planning;
  private readonly planCache: PlanCache;
  private readonly starter: MoveStarter;
  private readonly renewals: Renewals;
  private living: Map<string, LivingContainer> = new Map();
  private readonly dirty: DirtyShards;
  private readonly pending = new PendingWrites();
  private readonly unclaimedOf = (incarnation: string): number =>
    this.claims.unclaimed(incarnation) + this.pending.arriving(incarnation);
  private readonly newMove: ReconcileContext['newMove'] = (from, to, reason) => {
    const startedAt = new Date(this.wallMs).toISOString();
    return {id: this.options.nextMoveId(), from, to, why: moveReasonText(reason), startedAt};
  };
  /** A container has lost a shard since the waiting shards were looked at last: one of them may have room now. */
  private capacityFreed = false;
  private wallMs = 0;
  constructor(options: GovernorOptions, nowMs: number) {
    this.options = options;
    this.planning = new Planning(this.view, this.trust, options, nowMs);
    this.planCache = this.planning.cache;
    this.dirty = new DirtyShards(this.view, this.planCache);
    const {view, pending, inFlightMoves, trust, planCache, newMove, evictor, loads} = this;
    const parts = {view, pending, inFlightMoves, trust, planCache, newMove, evictor, loads};
    this.starter = new MoveStarter({...parts, epoch: options.epoch, reports: this.reports});
    this.failureDetector = options.failureDetector ?? new FailureDetector();
    this.successors = new Successors(this.view, this.failureDetector, planCache);
    this.renewals = new Renewals(this.view, this.failureDetector, this.reports.status);
  }

  /** One key changed. True when there is something to look at: call `advance` soon. */
  changed(change: AppChange, nowMs: number): boolean {
    const renewed = this.renewals.take(change, this.living, nowMs);
    if (renewed !== undefined) return renewed;
    const before = change.kind === 'own' ? this.view.own.get(change.shard)?.value : undefined;
    const incarnation = incarnationOf(change);
    const last = this.view.heartbeats.get(incarnation ?? '')?.value;
    if (!this.view.apply(change) || change.kind === 'stops') return false;
    this.reports.status.touch();
    if (change.kind === 'own')
      this.ownChanged({shard: change.shard, before, after: change.entry?.value}, nowMs);
    else if (incarnation !== undefined) this.heartbeatChanged(incarnation, last, nowMs);
    else this.planCache.want(change.kind === 'shard' && !this.view.hasLivingOwner(change.shard));
    if (change.kind === 'shard') {
      this.dirty.add(change.shard);
      this.loads.specChanged();
      this.reports.service.wantedChanged(change.shard, nowMs);
    }
    return true;
  }

  /** The first listing starts the work; one that brings nothing new to an app at rest asks for none. */
  listingTaken(isNews: boolean, isFirst: boolean): void {
    this.reports.service.begin();
    const isAtRest = this.settled && !this.dirty.isAwaiting && this.reports.unserved.isEmpty;
    if (!isNews && !isFirst && isAtRest && this.planCache.isComplete(this.living)) return;
    this.planCache.dirty = true;
    // What came with the first is marked already.
    if (!isFirst) this.dirty.sweep();
  }

  /** A write of this daemon's own has committed: the store takes writes. */
  probeCommitted(nowMs: number): void {
    this.failureDetector.probeCommitted(nowMs);
  }

  /** What the store said of a write. */
  answered(shard: string, op: number, answer: GovernorAnswer, nowMs: number): GovernorAction[] {
    const pending = this.pending.of(shard);
    if (pending?.op !== op) return [];
    if (answer.kind === 'unknown') return [{type: 'reread', shard}];
    this.settlePending(shard);
    if (answer.kind === 'committed')
      this.changed(committedChange(pending.transition, answer.revision, this.view), nowMs);
    else this.refused(shard, answer.own, nowMs);
    return [];
  }

  /** The record of a shard whose write had no known outcome, as new as the view at least. */
  reread(shard: string, own: AppChange, nowMs: number): void {
    if (!this.pending.has(shard)) return;
    this.settlePending(shard);
    this.refused(shard, own, nowMs);
  }

  /** Takes alarms that are raised beside the governor, all that this source has; true when they have changed. */
  noteAlarms(source: string, alarms: readonly RaisedAlarm[]): boolean {
    return this.reports.status.noteOutside(source, alarms);
  }

  /** A call to the incarnation has succeeded, or has failed by that cause. */
  contacted(incarnation: string, failure: string | undefined, nowMs: number): void {
    if (this.claims.contacted(incarnation, failure, nowMs)) this.reports.status.touch();
  }

  /** What a container says that it holds, or why it does not: one that differs from its records for long gets nothing new. */
  holdingsSaid(incarnation: string, said: Holdings | NoAnswer): void {
    if (!this.view.heartbeats.has(incarnation)) return;
    if (this.holdings.take(incarnation, said, this.view)) this.reports.status.touch();
  }

  /** What is to be done now; call after news and at `wakeAtMs`. */
  advance(nowMs: number, wallMs: number): GovernorAction[] {
    this.wallMs = wallMs;
    const actions: GovernorAction[] = [];
    if (!this.listings.isComplete) return actions;
    this.refreshLiving(nowMs);
    this.evictSilent(nowMs, actions);
    for (const call of this.claims.callsDue(this.view.heartbeats, nowMs))
      actions.push({type: 'call', ...call});
    this.replan(nowMs, actions);
    this.reconcileDirty(nowMs, actions);
    for (const transition of this.starter.start(this.living, nowMs))
      this.submit(transition, actions);
    this.sendHints(nowMs, actions);
    if (this.view.spec?.value.deleting === true)
      actions.push(...this.removal.due(this.view, nowMs));
    else if (!this.view.isGone) actions.push(...this.report(nowMs));
    return actions;
  }

  /** When `advance` has to be called even without news. */
  wakeAtMs(nowMs: number): number {
    if (!this.listings.isComplete) return Number.POSITIVE_INFINITY;
    const marks = [
      this.evictor.wakeAtMs(this.view, this.failureDetector, nowMs),
      this.hints.wakeAtMs(nowMs),
      this.claims.wakeAtMs(),
      this.retries.wakeAtMs(),
    ];
    const {spec} = this.view;
    if (spec !== undefined) {
      marks.push(this.planning.wakeAtMs(nowMs), this.starter.wakeAtMs(nowMs));
      marks.push(this.dirty.isLeft ? nowMs : this.loads.wakeAtMs());
    }
    if (spec !== undefined && this.admissions.hasCapacity(this.unclaimedOf)) marks.push(nowMs);
    // What `advance` would not look at must not wake it, or it never sleeps again.
    if (spec?.value.deleting === true) marks.push(this.removal.wakeAtMs());
    else if (!this.view.isGone) marks.push(this.reports.wakeAtMs());
    return Math.max(nowMs, Math.min(...marks));
  }

  private ownChanged(change: RecordChange, nowMs: number): void {
    const {shard, after} = change;
    this.dirty.add(shard);
    this.hints.done(shard);
    this.inFlightMoves.note(shard, after);
    this.claims.note(change, nowMs);
    this.reports.ownChanged(change, this.wallMs, nowMs);
    this.retries.noteFailures(shard, after, nowMs);
    if (this.trust.note(change, nowMs)) this.planCache.dirty = true;
    this.capacityFreed ||= freesCapacity(change);
    this.planning.ownChanged(change, this.living);
  }

  private heartbeatChanged(incarnation: string, last: Heartbeat | undefined, nowMs: number): void {
    const entry = this.view.heartbeats.get(incarnation);
    if (entry !== undefined) {
      const {ttlMs, sentAtMs} = entry.value;
      this.failureDetector.observe(incarnation, entry.mod, ttlMs, nowMs, sentAtMs);
      if (last === undefined) this.planCache.joined(this.living.size === 0, nowMs);
    }
    this.reports.heartbeatChanged(incarnation, this.failureDetector, {nowMs, wallMs: this.wallMs});
    this.inFlightMoves.noteOverdue(incarnation, entry?.value);
    if (entry !== undefined) return;
    this.failureDetector.forget(incarnation);
    this.evictor.forget(incarnation, nowMs);
    this.claims.forget(incarnation);
    this.holdings.forget(incarnation);
    this.loads.forget(incarnation);
    if (last !== undefined) this.trust.ended(incarnation, last, nowMs);
    this.dirty.addAll(this.admissions.forget(incarnation));
    for (const shard of this.view.shardsOf(incarnation)) {
      this.dirty.add(shard);
      this.hints.done(shard);
    }
    this.planCache.want(this.view.shardsOf(incarnation).size > 0);
  }

  /** Container states depend on time, too; a change of state or incarnation changes what the planner may do. */
  private refreshLiving(nowMs: number): void {
    this.claims.advance(nowMs, this.dirty.isBehind);
    this.trust.look(this.view, nowMs);
    const closed = {claims: this.claims, doubted: this.holdings.doubted, trust: this.trust};
    const living = livingContainers(this.view, this.failureDetector, closed, nowMs);
    this.planCache.dirty ||= this.planning.trials.wakeAtMs() <= nowMs;
    let changed = living.size !== this.living.size;
    for (const [container, now] of living) {
      const before = this.living.get(container);
      if (before?.incarnation === now.incarnation && before.state === now.state) continue;
      changed = true;
      this.dirty.addByAndBy(this.view.shardsOf(now.incarnation));
    }
    this.planCache.notBeforeMs = this.successors.look(this.living, living, nowMs);
    this.living = living;
    this.admissions.limit = unclaimedLimit(living.size);
    if (changed) this.planCache.want(this.planCache.unplaced.size > 0);
    if (this.starter.look(living, nowMs, this.wallMs) || changed) this.reports.status.touch();
  }

  private evictSilent(nowMs: number, actions: GovernorAction[]): void {
    const {isBreakerOpen} = this.evictor;
    for (const eviction of this.evictor.due(this.view, this.failureDetector, nowMs))
      actions.push({type: 'evict', ...eviction});
    if (this.evictor.isBreakerOpen !== isBreakerOpen) this.reports.status.touch();
  }

  private replan(nowMs: number, actions: GovernorAction[]): void {
    this.planning.lookAtLoads(this.loads, this.living, nowMs);
    const {view, living, pending, retries} = this;
    const context = {view, living, pending, retries, loads: this.loads.terms(this.wallMs)};
    this.adopted(this.planning.make(context, nowMs, actions), nowMs);
  }
  /** The plan that an action has asked for by that number. */
  planned(generation: number, plan: RowPlan, nowMs: number): void {
    this.adopted(this.planning.answered(generation, plan, this.living, nowMs), nowMs);
  }

  /** `changed`: rows whose destination has; undefined: there is no new plan. */
  private adopted(changed: Int32Array | undefined, nowMs: number): void {
    if (changed === undefined) return;
    this.dirty.addRows(changed);
    this.dirty.addWaiting();
    this.loads.planned(this.planCache.queue, nowMs);
    this.reports.planned(this.planCache.newlyUnplaced, this.wallMs, nowMs);
  }

  /** The plan in use; undefined: there is none yet. */
  planInUse(nowMs: number): PlanInUse | undefined {
    return this.starter.inUse(this.planning, this.living, nowMs);
  }

  private reconcileDirty(nowMs: number, actions: GovernorAction[]): void {
    if (this.capacityFreed) this.dirty.addWaiting();
    this.capacityFreed = false;
    const admitted = this.admissions.admit(this.unclaimedOf);
    for (const due of [this.inFlightMoves.takeRestarts(), this.retries.due(nowMs), admitted])
      this.dirty.addAll(due);
    if (!this.dirty.isLeft || this.view.spec === undefined) return;
    const {view, living, newMove, admissions, pending, planCache, trust, unclaimedOf} = this;
    const parts = {view, living, newMove, admissions, pending, planCache, trust, unclaimedOf};
    const context = reconcileContext({...parts, epoch: this.options.epoch});
    for (const shard of this.dirty.take()) {
      this.reports.service.wantedChanged(shard, nowMs);
      if (this.mustRest(shard, nowMs)) continue;
      this.carryOut(shard, this.stepOf(shard, context, nowMs), nowMs, actions);
    }
  }

  private mustRest(shard: string, nowMs: number): boolean {
    const {pending, view, retries} = this;
    return pending.has(shard) || view.isQuarantined(shard) || retries.paused(shard, nowMs);
  }

  private stepOf(shard: string, context: ReconcileContext, nowMs: number): Step {
    if (!this.view.shards.has(shard)) return reconcileGone(shard, context);
    const known = this.view.own.get(shard)?.value;
    const mustWait = this.retries.mustWait(shard, nowMs) && !(known && this.trust.isToBlame(known));
    if (this.view.spec?.value.deleting === true || mustWait) return {step: 'wait', for: 'nothing'};
    const destination = this.planCache.destination(shard);
    if (destination !== undefined) return reconcile(shard, destination, context);
    return reconcileUnplanned(this.view.hasLivingOwner(shard) ? known?.state : undefined);
  }

  private carryOut(shard: string, step: Step, nowMs: number, actions: GovernorAction[]): void {
    this.dirty.waitsNoMore(shard);
    if (step.step === 'restart' && !this.inFlightMoves.restart(shard, step.container, nowMs))
      return;
    if (step.step === 'write' || step.step === 'restart')
      return this.submit(step.transition, actions);
    if (step.step === 'hint')
      return this.hints.follow(shard, this.view.own.get(shard), step, nowMs);
    if (step.step === 'queue') return this.admissions.wait(step.incarnation, shard);
    if (step.for === 'session') this.retries.pause(shard, nowMs + REFUSED_RETRY_MS);
    if (step.for === 'capacity') this.inFlightMoves.waitForCapacity(shard);
    if (step.for === 'home' || step.for === 'nowhere') this.inFlightMoves.end(shard);
    if (step.for === 'nowhere') this.planning.turnAway(shard);
    if (['capacity', 'nowhere', 'plan'].includes(step.for)) this.dirty.wait(shard);
    if (step.for === 'plan') this.planCache.dirty = true;
  }

  /** Other moves may begin in the same turn: they count with it. */
  private submit(transition: Transition, actions: GovernorAction[]): void {
    this.inFlightMoves.asked(transition.shard, transition.record);
    actions.push({type: 'write', op: this.pending.submit(transition), transition});
  }

  private settlePending(shard: string): void {
    this.pending.settle(shard);
    this.dirty.add(shard);
  }

  /** A write was refused, or its outcome is unknown: the shard is looked at again in a moment. */
  private refused(shard: string, own: AppChange, nowMs: number): void {
    this.changed(own, nowMs);
    this.retries.pause(shard, nowMs + REFUSED_RETRY_MS);
    this.inFlightMoves.note(shard, this.view.own.get(shard)?.value);
    // It may have been a move. The queue of moves has let go of it, so a new plan must put it back.
    this.planCache.dirty = true;
  }

  private sendHints(nowMs: number, actions: GovernorAction[]): void {
    const due = [...this.hints.due(nowMs), ...this.holdings.takeReminders(this.view)];
    for (const batch of hintBatches(due, this.view.heartbeats))
      actions.push({type: 'hints', ...batch});
  }

  private report(nowMs: number): GovernorAction[] {
    const {wallMs, settled} = this;
    const now = {nowMs, wallMs, quiet: this.inFlightMoves.size === 0, settled};
    return this.reports.due(now, this.loads, () => this.statusInput(nowMs));
  }

  /** What there is now, counted. `unknown`: no write of this daemon has committed within T. */
  figures(unknown: boolean, nowMs: number): GovernedFigures {
    const own = {...this.reports.figures(nowMs), movesInFlight: this.inFlightMoves.size, unknown};
    return governedFigures({...this.statusInput(nowMs), ...own, nowMs});
  }

  private statusInput(nowMs: number): KnownStatus {
    const {wallMs, view, living, settled, loads, holdings, evictor, failureDetector} = this;
    const [{app, governor}, plan] = [this.options, this.planCache];
    const own = {app, governor, evictor, holdings, wallMs, view, living, plan, settled, loads};
    return {...own, failureDetector, ...this.starter.statusAt(nowMs, this.planning.pauseAt(nowMs))};
  }

  private get settled(): boolean {
    if (this.pending.size > 0 || this.hints.size > 0 || !this.inFlightMoves.isAtRest) return false;
    return !this.planning.isDue && this.planCache.queue.length === 0;
  }
}
