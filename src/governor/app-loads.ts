/**
 * Loads of one app, as its governor knows them: what containers report, what the planner sees of it, when to plan for it, and what others get
 * of it. An app whose policy names no metrics has none of it. Passive.
 */
import type {Balance} from '../load/balance.ts';
import {FaultWatch} from '../load/fault-watch.ts';
import {
  FIRST_SUMMARY_MS,
  LOAD_RETRY_MS,
  PLANNED_EVERY_MS,
  SUMMARY_EVERY_MS,
  WORSE_FACTOR,
} from '../load/limits.ts';
import type {LoadFault} from '../load/load-faults.ts';
import {loadFaultText} from '../load/load-faults.ts';
import {LoadTable} from '../load/load-table.ts';
import type {SaidLoads} from '../load/load-table.ts';
import {harmlessFigures} from '../load/own-figures.ts';
import type {OwnFigures} from '../load/own-figures.ts';
import {loadSummary} from '../load/summary.ts';
import type {LoadSummary, ReadLoads} from '../load/summary.ts';
import type {RaisedAlarm} from '../model/alarm.ts';
import {PLACEMENT_DEFAULTS, placementOf} from '../model/placement-policy.ts';
import type {Placement} from '../model/placement-policy.ts';
import type {MoveCause, PlannedMove} from '../model/placement.ts';
import type {AppSpec} from '../model/specs.ts';
import type {AppView} from '../appstate/app-view.ts';
import {balanceIn, declaredLoads} from './load-balance.ts';
import {loadTerms} from './load-terms.ts';
import type {LoadTerms} from './load-terms.ts';
import type {Living} from './containers.ts';
import type {NamedBalance} from './move-numbers.ts';

/** What one container says of loads, unchecked. */
export interface SaidByContainer {
  /** By shard. */
  readonly shards: ReadonlyMap<string, SaidLoads>;
  readonly own: Readonly<Record<string, unknown>>;
  /** Faults that it has counted since it joined. */
  readonly faults: Readonly<Record<string, unknown>>;
}

/** Causes of moves that no load has part in. */
const FORCED: ReadonlySet<MoveCause> = new Set<MoveCause>(['constraint', 'drain', 'capacity']);

export class AppLoads {
  /** As of the last look; undefined: there was none. */
  balance: Balance | undefined;
  /** What was made harmless since the last call of `takeFaults`. */
  private counts: Partial<Record<LoadFault, number>> = {};
  private readonly view: AppView;
  private faults = new FaultWatch();
  private readonly own = new Map<string, OwnFigures>();
  private spec: AppSpec | undefined;
  private policy: Placement = PLACEMENT_DEFAULTS;
  private table: LoadTable | undefined;
  /** There may be news that the planner does not see yet. */
  private isFresh = false;
  /** Times that what the planner sees was renewed. */
  renewals = 0;
  private lookedAtMs = Number.NEGATIVE_INFINITY;
  private resting: {readonly levels: readonly number[]; readonly untilMs: number} | undefined;
  private summaryAtMs = Number.POSITIVE_INFINITY;
  private lastSummary = '';
  private isSummaryStored = false;

  /** `view`: the governor's. */
  constructor(view: AppView) {
    this.view = view;
  }

  /** Containers are to be asked for loads. */
  get areWanted(): boolean {
    return this.known() !== undefined;
  }

  /** One container's answer. Loads of shards that it does not hold are not taken. True when there is something else to say of its loads than before. */
  said(incarnation: string, {shards, own, faults}: SaidByContainer, nowMs: number): boolean {
    const table = this.known();
    if (table === undefined || !this.view.heartbeats.has(incarnation)) return false;
    const before = loadFaultText(this.faults.lasting(incarnation));
    const found = new Set<LoadFault>();
    const count = (fault: LoadFault, more: number): void => {
      this.counts[fault] = (this.counts[fault] ?? 0) + more;
    };
    const note = (fault: LoadFault): void => {
      found.add(fault);
      count(fault, 1);
    };
    for (const [shard, loads] of shards) {
      if (!this.holds(incarnation, shard)) note('foreign');
      else table.take(shard, loads, nowMs, note);
    }
    this.ownSaid(incarnation, own, note);
    // Most faults never leave the container: it makes them harmless itself, and says how many there were.
    const grown = Object.entries(this.faults.take(incarnation, faults, found));
    for (const [fault, more] of grown) count(fault as LoadFault, more);
    this.isFresh = true;
    if (this.summaryAtMs === Number.POSITIVE_INFINITY) this.summaryAtMs = nowMs + FIRST_SUMMARY_MS;
    return loadFaultText(this.faults.lasting(incarnation)) !== before;
  }

  /** What a container takes of its machine. */
  ownSaid(
    incarnation: string,
    own: Readonly<Record<string, unknown>>,
    onFault: (fault: LoadFault) => void = () => undefined,
  ): void {
    if (!this.areWanted || !this.view.heartbeats.has(incarnation)) return;
    this.own.set(incarnation, harmlessFigures(own, onFault));
  }

  /** A shard has come, has gone, or may declare another load. */
  specChanged(): void {
    this.isFresh = true;
  }

  forget(incarnation: string): void {
    this.own.delete(incarnation);
    this.faults.forget(incarnation);
  }

  /** What the governor before this one knew. */
  inherit(last: ReadLoads, nowMs: number): void {
    this.isSummaryStored = last.at !== '';
    const table = this.known();
    if (table === undefined) return;
    table.inheritAll(last.metrics, last.shards, nowMs);
    table.renew(nowMs, declaredLoads(this.view));
    this.renewals += 1;
  }

  /** Containers whose last answers had loads that cannot be taken; none where loads are not looked at. */
  alarms(): RaisedAlarm[] {
    const alarms: RaisedAlarm[] = [];
    if (!this.areWanted) return alarms;
    for (const [incarnation, {value}] of this.view.heartbeats) {
      const {container} = value;
      const lasting = this.faults.lasting(incarnation);
      if (lasting.size === 0) continue;
      const text = `container ${container} reports loads that are not used: ${loadFaultText(lasting)}`;
      alarms.push({code: 'LOAD_REJECTED', text});
    }
    return alarms;
  }

  /**
   * True when a plan for load is wanted. What the planner sees is renewed here, at most once in 20 s; a plan is wanted while a metric is above its
   * band, unless the last one found nothing to do and it has not become worse.
   */
  look(living: Living, nowMs: number): boolean {
    const table = this.known();
    if (table === undefined || nowMs < this.lookedAtMs + PLANNED_EVERY_MS) return false;
    this.lookedAtMs = nowMs;
    if (this.isFresh) this.renew(table, nowMs);
    this.balance = balanceIn(this.view, table, living);
    const {levels} = this.balance;
    if (!this.isAbove(levels) || !this.mayHelp(levels, nowMs)) return false;
    // Who reads shall see the loads for which shards move, not those of a minute ago.
    this.summaryAtMs = Math.min(this.summaryAtMs, nowMs);
    return true;
  }

  /** A plan was made that moves these. */
  planned(moves: Iterable<Pick<PlannedMove, 'cause'>>, nowMs: number): void {
    const {balance} = this;
    if (balance === undefined) return;
    if (areAnyFree(moves)) this.resting = undefined;
    else this.resting = {levels: balance.levels, untilMs: nowMs + LOAD_RETRY_MS};
  }

  /** For the planner; undefined: it does not look at loads. */
  terms(wallMs: number): LoadTerms | undefined {
    const table = this.known();
    if (table === undefined) return undefined;
    return loadTerms(table, this.policy, wallMs);
  }

  /** The summary to be stored now; without parts: there is to be none any more. Undefined: not now. */
  summaryDue(nowMs: number, wallMs: number): readonly LoadSummary[] | undefined {
    const table = this.known();
    if (table === undefined) return this.endOfSummary();
    if (nowMs < this.summaryAtMs) return undefined;
    this.summaryAtMs = nowMs + SUMMARY_EVERY_MS;
    const at = new Date(wallMs).toISOString();
    const summary = loadSummary({table, containers: this.figures(), at});
    const text = JSON.stringify(summary.map((part) => ({...part, at: ''})));
    if (text === this.lastSummary) return undefined;
    this.lastSummary = text;
    this.isSummaryStored = true;
    return summary;
  }

  wakeAtMs(): number {
    if (this.known() === undefined) {
      const isLeft = this.isSummaryStored && !this.isRemoved;
      return isLeft ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    }
    return Math.min(this.lookedAtMs + PLANNED_EVERY_MS, this.summaryAtMs);
  }

  /** As of the last look, with the names of the metrics. */
  get namedBalance(): NamedBalance | undefined {
    return this.balance === undefined ? undefined : {...this.balance, metrics: this.metrics};
  }

  /** Names of the metrics, in the order of all loads; none: loads are not looked at. */
  get metrics(): readonly string[] {
    return this.known()?.metrics ?? [];
  }

  /** By metric: shards whose load is not known by report. */
  get unmeasured(): readonly number[] {
    return this.known()?.measured.map((count) => this.view.shards.size - count) ?? [];
  }

  takeFaults(): Readonly<Partial<Record<LoadFault, number>>> {
    const {counts} = this;
    this.counts = {};
    return counts;
  }

  /** The table for the policy as it is now; what is known of metrics that stay is kept. */
  private known(): LoadTable | undefined {
    const spec = this.view.spec?.value;
    if (spec === this.spec) return this.table;
    this.spec = spec;
    this.policy = placementOf(spec);
    const names = this.isRemoved ? [] : this.policy.metrics.map(({name}) => name);
    const {table} = this;
    if (names.join() === (table?.metrics.join() ?? '')) return table;
    this.table = names.length === 0 ? undefined : new LoadTable(names, table);
    if (this.table === undefined) {
      this.own.clear();
      this.faults = new FaultWatch();
    }
    this.lookedAtMs = Number.NEGATIVE_INFINITY;
    this.balance = this.resting = undefined;
    // What is declared of the new metrics is known before anything is reported.
    this.isFresh = true;
    return this.table;
  }

  /** Whatever is stored goes with the app. */
  private get isRemoved(): boolean {
    return this.spec?.deleting === true;
  }

  private holds(incarnation: string, shard: string): boolean {
    const record = this.view.own.get(shard)?.value;
    return record?.incarnation === incarnation && record.state !== 'free';
  }

  private renew(table: LoadTable, nowMs: number): void {
    for (const shard of table.shards) if (!this.view.shards.has(shard)) table.forget(shard);
    table.renew(nowMs, declaredLoads(this.view));
    this.isFresh = false;
    this.renewals += 1;
  }

  /** Not while the last plan found nothing to do, unless it has become worse. */
  private mayHelp(levels: readonly number[], nowMs: number): boolean {
    const {resting} = this;
    if (resting === undefined || nowMs >= resting.untilMs) return true;
    return levels.some((level, at) => level > WORSE_FACTOR * (resting.levels[at] ?? 0));
  }

  private isAbove(levels: readonly number[]): boolean {
    return this.policy.metrics.some(({upper}, at) => (levels[at] ?? 0) > upper);
  }

  private *figures(): Iterable<readonly [string, OwnFigures]> {
    for (const [incarnation, own] of this.own) {
      const container = this.view.heartbeats.get(incarnation)?.value.container;
      if (container !== undefined) yield [container, own];
    }
  }

  private endOfSummary(): readonly LoadSummary[] | undefined {
    if (!this.isSummaryStored) return undefined;
    this.isSummaryStored = false;
    this.summaryAtMs = Number.POSITIVE_INFINITY;
    this.lastSummary = '';
    return [];
  }
}

function areAnyFree(moves: Iterable<Pick<PlannedMove, 'cause'>>): boolean {
  for (const {cause} of moves) if (!FORCED.has(cause)) return true;
  return false;
}
