/**
 * Plans for readers (what-if, why, waits, lists of moves) of large apps, in a thread of their own, so that no governor waits for them. The thread keeps the shards of an
 * app for a while: the next plan costs what has changed.
 */
import {ComparedRows} from '../governor/compared-rows.ts';
import type {LivingContainer} from '../governor/containers.ts';
import type {LoadTerms} from '../governor/load-terms.ts';
import {placementTerms} from '../governor/placement.ts';
import {RowFeed} from '../governor/row-feed.ts';
import type {AppView} from '../appstate/app-view.ts';
import type {AppListing} from '../appview/listing.ts';
import type {Trial} from '../governor/container-trust.ts';
import {SmError} from '../model/errors.ts';
import type {PlacementSnapshot, Plan} from '../model/placement.ts';
import {plan, planWithFigures} from '../planner/index.ts';
import type {PlanTerms, WarmFitness} from '../planner/warm-table.ts';
import {runInSlices} from '../runtime/slices.ts';
import type {AskedOfPlan, PlanOfView} from './admin/dependencies.ts';
import {readTerms} from './admin/read/loads.ts';
import {readerTrials} from './admin/read/planner-input.ts';
import {PlannerLost} from './governing/planners-beside.ts';
import type {PlannerBeside, PlannersBeside} from './governing/planners-beside.ts';
import {READER_TABLES, READER_TABLE_KEPT_MS, ROWS_PER_UPDATE} from './limits.ts';

type Living = ReadonlyMap<string, LivingContainer>;

/** As `AdminDependencies.plan`. @throws Error when the plan breaks a rule, which is a bug. */
export function planAtOnce(snapshot: PlacementSnapshot, {withFigures}: AskedOfPlan = {}): Plan {
  if (withFigures !== true) return plan(snapshot);
  const made = planWithFigures(snapshot);
  return {...made.plan, figures: made.figures};
}

export class ReaderPlans {
  private readonly planners: PlannersBeside;
  /** Of apps whose shards the thread has and nobody asks for now; the one that was asked for last is the last. */
  private readonly kept = new Map<string, ReaderTable>();
  private inUse = 0;

  /** `planners`: for no governor. */
  constructor(planners: PlannersBeside) {
    this.planners = planners;
  }

  /** As `AdminDependencies.planBeside`. @throws also Error when the plan breaks a rule, which is a bug. */
  async plan(
    listing: AppListing,
    living: Living,
    asked: AskedOfPlan = {},
  ): Promise<PlanOfView | undefined> {
    if (listing.view.shards.size <= this.planners.from) return undefined;
    const known = this.taken(listing);
    try {
      return await this.planBy(known ?? this.opened(listing), listing, living, asked);
    } catch (error) {
      if (!(error instanceof PlannerLost)) throw error;
      // What the thread had is gone with it: it may have ended long ago.
      if (known !== undefined) return this.plan(listing, living, asked);
      if (error.isForGood) return undefined;
      throw new SmError('SERVER_UNAVAILABLE', 'the planner thread has ended', {
        hint: 'try again',
        retryable: true,
      });
    }
  }

  /** The thread need not keep anything any more. */
  close(): void {
    for (const table of this.kept.values()) table.close();
    this.kept.clear();
  }

  private async planBy(
    table: ReaderTable,
    listing: AppListing,
    living: Living,
    asked: AskedOfPlan,
  ): Promise<PlanOfView> {
    let isGood = false;
    this.inUse += 1;
    this.closeOldest();
    try {
      const made = await table.plan(listing, living, asked);
      isGood = true;
      return made;
    } finally {
      this.inUse -= 1;
      // Of a listing that nobody else reads there is no second plan.
      if (isGood && listing.ids !== undefined && !this.kept.has(listing.app))
        this.keep(listing.app, table);
      else table.close();
    }
  }

  /** The table of the app: it is nobody else's until it is kept again. */
  private taken({app, view}: AppListing): ReaderTable | undefined {
    const known = this.kept.get(app);
    this.kept.delete(app);
    if (known?.view === view) return known;
    known?.close();
    return undefined;
  }

  private opened({view}: AppListing): ReaderTable {
    return new ReaderTable(view, this.planners.open());
  }

  private keep(app: string, table: ReaderTable): void {
    this.kept.set(app, table);
    this.closeOldest();
    table.closeAfter(READER_TABLE_KEPT_MS, () => this.kept.delete(app));
  }

  private closeOldest(): void {
    for (const [app, table] of this.kept) {
      if (this.kept.size + this.inUse <= READER_TABLES) return;
      this.kept.delete(app);
      table.close();
    }
  }
}

/** The shards of one view, as the thread has them. */
class ReaderTable {
  readonly view: AppView;
  private readonly planner: PlannerBeside;
  private readonly rows: ComparedRows;
  private readonly feed: RowFeed;
  private readonly trials = new Map<string, Trial>();
  private timer: NodeJS.Timeout | undefined;

  constructor(view: AppView, planner: PlannerBeside) {
    this.view = view;
    this.planner = planner;
    this.rows = new ComparedRows(view);
    this.feed = new RowFeed(view, {trials: this.trials, turnedAway: new Set()}, this.rows);
  }

  /** One at a time. @throws PlannerLost. */
  async plan(listing: AppListing, living: Living, asked: AskedOfPlan): Promise<PlanOfView> {
    clearTimeout(this.timer);
    const {view, feed} = this;
    const {born} = view.rows;
    const {trials, unproved} = await runInSlices(readerTrials(view, living));
    const loads = readTerms(listing);
    await runInSlices(this.sendRows(trials, loads));
    this.sendNext(loads);
    const terms: PlanTerms = {
      ...placementTerms(view, living, unproved),
      homes: feed.homesNow(living),
      fitness: [...unproved.values()].some(({trialDue}) => trialDue)
        ? this.fitness(living)
        : undefined,
      ...asked,
    };
    const found = await this.planner.plan(terms);
    if (found === undefined) throw new PlannerLost('the planner has been closed', false);
    // The plan before was asked for something else, and was another reader's.
    const {changed: _, ...rows} = found;
    return {rows, born, terms, idAt: (row) => this.rows.idAt(row)};
  }

  close(): void {
    clearTimeout(this.timer);
    this.planner.close();
  }

  closeAfter(afterMs: number, onClosed: () => void): void {
    this.timer = setTimeout(() => {
      onClosed();
      this.close();
    }, afterMs);
    this.timer.unref();
  }

  private *sendRows(
    trials: ReadonlyMap<string, Trial>,
    loads: LoadTerms | undefined,
  ): Generator<undefined, void> {
    const {view, feed, rows} = this;
    if (feed.isOld) feed.restart();
    this.trials.clear();
    for (const [shard, trial] of trials) this.trials.set(shard, trial);
    feed.noteTrials();
    for (let from = 0; from < view.rows.end; from += ROWS_PER_UPDATE) {
      rows.compare(from, Math.min(view.rows.end, from + ROWS_PER_UPDATE), loads);
      this.sendNext(loads);
      yield;
    }
  }

  private sendNext(loads: LoadTerms | undefined): void {
    if (this.feed.isLeft) this.planner.update(this.feed.next(Number.POSITIVE_INFINITY, loads));
  }

  /** Of everybody but whom an operator has spoken of. */
  private fitness(living: Living): WarmFitness {
    return {
      onlyForced: this.view.spec?.value.paused === true,
      homelessWaiting: new Set(),
      runningWaiting: new Set(),
      cancelled: this.feed.cancelledNow(living),
    };
  }
}
