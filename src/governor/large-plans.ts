/**
 * Plans for large apps, made beside the governor: it tells changes of shards as they come, asks for a plan when one is due, and takes the answer when it comes.
 * An answer counts only for the question that was asked last.
 */
import type {AppView} from '../appstate/app-view.ts';
import {placementOf} from '../model/placement-policy.ts';
import type {RowPlan} from '../planner/row-plan.ts';
import type {PlanTerms, WarmFitness} from '../planner/warm-table.ts';
import type {GovernorAction} from './actions.ts';
import {LARGE_PLAN_PAUSE_MAX_MS, PAUSE_PER_PLAN, ROWS_PER_TURN} from './limits.ts';
import type {PendingWrites} from './pending-writes.ts';
import {placementTerms} from './placement.ts';
import type {Arriving} from './placement.ts';
import type {RetrySchedule} from './retry.ts';
import {RowFeed, rowsOf} from './row-feed.ts';
import type {PlanningContext, TrialPlanner} from './trial-planner.ts';

export interface LargePlanningContext extends PlanningContext {
  readonly pending: Pick<PendingWrites, 'has' | 'shards'>;
  readonly retries: Pick<RetrySchedule, 'mustWait' | 'waitingShards'>;
}

/** A plan that was asked for. */
interface Question {
  readonly generation: number;
  /** Of shards that were born later it says nothing. */
  readonly born: number;
  readonly askedAtMs: number;
  readonly areAllProved: boolean;
}

/** An answer, with what is to be known of it. */
export interface LargePlan extends Omit<Question, 'generation' | 'askedAtMs'> {
  readonly plan: RowPlan;
  /** From when on the next plan may be made, ms. */
  readonly nextAtMs: number;
}

export class LargePlans {
  private readonly view: AppView;
  private readonly trialPlanner: TrialPlanner;
  private from: number;
  private readonly feed: RowFeed;
  private question: Question | undefined;
  private generation = 0;
  private metrics = '';
  private areLoadsOld = false;
  /** All shards are sent anew, with the loads of one moment; or were, if nothing is left to be sent. */
  private isResending = false;
  /** The app is large; one that becomes smaller is large until it has half as many shards. */
  isOn = false;

  /** `from`: apps of more shards are large. */
  constructor(view: AppView, trialPlanner: TrialPlanner, arriving: Arriving, from: number) {
    this.view = view;
    this.trialPlanner = trialPlanner;
    this.from = from;
    this.feed = new RowFeed(view, arriving);
  }

  /** An answer is awaited. */
  get isAsking(): boolean {
    return this.question !== undefined;
  }

  /** There is something to be sent now. */
  get isLeft(): boolean {
    return this.isOn && this.feed.isLeft;
  }

  /** Shards are being sent with the loads of one moment: these have to stay as they are. Renewed meanwhile they would be sent from the beginning, and where that takes longer than they last nobody would ever ask for a plan. */
  get isSendingLoads(): boolean {
    return this.isResending && this.isLeft;
  }

  /** The planner is to see other loads than before: all shards are sent with theirs before the next question. */
  loadsChanged(): void {
    this.areLoadsOld = true;
  }

  /** What is to be sent in this turn. */
  rowsToSend({loads}: Pick<PlanningContext, 'loads'>): GovernorAction[] {
    this.look();
    if (!this.isOn) return [];
    const metrics = JSON.stringify(placementOf(this.view.spec?.value).metrics);
    if (metrics !== this.metrics || this.feed.isOld) this.feed.restart();
    this.metrics = metrics;
    return this.feed.isLeft
      ? [{type: 'sendRows', batch: this.feed.next(ROWS_PER_TURN, loads)}]
      : [];
  }

  /** Asks for a plan of all there is now. Undefined: not everything is sent yet, or an answer is awaited. */
  ask(context: LargePlanningContext, nowMs: number): GovernorAction[] | undefined {
    if (this.question !== undefined) return undefined;
    // Whatever the plan is for, it is made with the loads of one moment.
    if (this.areLoadsOld) this.feed.resendAll();
    this.isResending ||= this.areLoadsOld;
    this.areLoadsOld = false;
    if (this.feed.isLeft) return undefined;
    this.isResending = false;
    const unproved = this.trialPlanner.look(context, nowMs);
    this.feed.noteTrials();
    const batch = this.feed.next(Number.POSITIVE_INFINITY, context.loads);
    const {view, living} = context;
    const isTrialDue = [...unproved.values()].some(({trialDue}) => trialDue);
    const terms: PlanTerms = {
      ...placementTerms(view, living, unproved),
      homes: this.feed.homesNow(living),
      fitness: isTrialDue ? this.fitness(context, nowMs) : undefined,
    };
    this.generation += 1;
    const {generation} = this;
    const areAllProved = unproved.size === 0;
    this.question = {generation, born: view.rows.born, askedAtMs: nowMs, areAllProved};
    return [
      {type: 'sendRows', batch},
      {type: 'plan', generation, terms},
    ];
  }

  /** The answer to that question; undefined: nobody waits for it any more. */
  take(
    generation: number,
    plan: RowPlan,
    living: PlanningContext['living'],
    nowMs: number,
  ): LargePlan | undefined {
    const {question} = this;
    if (question?.generation !== generation) return undefined;
    this.question = undefined;
    for (const row of plan.trials) {
      const shard =
        this.view.rows.bornAt(row) <= question.born ? this.view.rows.idAt(row) : undefined;
      const container = plan.containers[plan.target[row] ?? -1];
      if (shard !== undefined && container !== undefined)
        this.trialPlanner.begin(shard, container, {view: this.view, living}, nowMs);
    }
    const pauseMs = PAUSE_PER_PLAN * (nowMs - question.askedAtMs);
    const nextAtMs = nowMs + Math.min(LARGE_PLAN_PAUSE_MAX_MS, pauseMs);
    return {plan, nextAtMs, born: question.born, areAllProved: question.areAllProved};
  }

  /** Whoever plans has ended: all is to be sent again; `isForGood`: plans are made within the turn from now on. */
  lost(isForGood: boolean): void {
    this.question = undefined;
    if (isForGood) this.from = Number.POSITIVE_INFINITY;
    if (this.isOn) this.feed.restart();
  }

  private look(): void {
    const isLarge = this.view.shards.size > (this.isOn ? this.from / 2 : this.from);
    if (isLarge === this.isOn) return;
    this.isOn = isLarge;
    this.question = undefined;
    if (isLarge) this.feed.restart();
    else this.feed.stop();
  }

  /** Whoever has failed a moment ago, is being written or may only go where it must, is tried elsewhere later. */
  private fitness(
    {view, living, pending, retries}: LargePlanningContext,
    nowMs: number,
  ): WarmFitness {
    return {
      onlyForced: view.spec?.value.paused === true,
      homelessWaiting: rowsOf(view, retries.waitingShards(nowMs)),
      runningWaiting: rowsOf(view, pending.shards()),
      cancelled: this.feed.cancelledNow(living),
    };
  }
}
