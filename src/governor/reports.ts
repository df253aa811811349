/** What a governor puts down for others: its summary, the history of moves, and the alarm of shards that nobody serves. Passive. */
import type {OwnershipRecord} from '../model/ownership.ts';
import type {AppStatus} from '../model/status.ts';
import type {GovernorAction} from './actions.ts';
import {Chronicle} from './chronicle.ts';
import {MoveHistory} from './move-history.ts';
import {StatusReporter} from './status-reporter.ts';
import type {StatusInput} from './status-reporter.ts';
import {UnservedShards} from './unserved.ts';
import type {AppView} from '../appstate/app-view.ts';

/** All that a summary is made of but what is found here. */
export type KnownStatus = Omit<StatusInput, 'unserved'>;

/** How the governor is, besides what it knows of the app. */
export interface ReportMoment {
  readonly nowMs: number;
  readonly wallMs: number;
  /** No move is under way. */
  readonly quiet: boolean;
  /** Nothing is left to do. */
  readonly settled: boolean;
}

export class Reports {
  readonly status = new StatusReporter();
  private readonly history = new MoveHistory();
  private readonly unserved = new UnservedShards();
  private readonly chronicle = new Chronicle();

  /** The last summary of the governor before this one. */
  inherit(last: AppStatus): void {
    this.status.inherit(last);
    const longest = last.alarms.find(({code}) => code === 'UNSERVED');
    const sinceMs = Date.parse(longest?.since ?? '');
    if (longest?.object !== undefined && Number.isFinite(sinceMs))
      this.unserved.inherit(longest.object, sinceMs);
  }

  ownChanged(
    shard: string,
    before: OwnershipRecord | undefined,
    after: OwnershipRecord | undefined,
    wallMs: number,
    nowMs: number,
  ): void {
    this.history.note(shard, before, after, wallMs, nowMs);
    this.chronicle.ownChanged(shard, before, after, wallMs, nowMs);
  }

  /** These shards, or what serves them, have changed. */
  changed(shards: Iterable<string>, view: AppView, wallMs: number, nowMs: number): void {
    this.unserved.look(shards, view, {wallMs, nowMs});
  }

  due(moment: ReportMoment, known: KnownStatus): GovernorAction[] {
    const {nowMs, quiet, settled} = moment;
    const actions: GovernorAction[] = [];
    const moves = this.history.due(quiet, nowMs);
    if (moves.length > 0) actions.push({type: 'recordMoves', moves});
    if (nowMs >= this.unserved.wakeAtMs()) this.status.touch();
    const status = this.status.due(nowMs, settled, () => this.withUnserved(known, moment));
    if (status !== undefined) actions.push({type: 'status', status});
    const events = this.chronicle.due(nowMs);
    if (events.length > 0) actions.push({type: 'recordEvents', events});
    return actions;
  }

  wakeAtMs(): number {
    const {history, status, unserved, chronicle} = this;
    return Math.min(...[history, status, unserved, chronicle].map((each) => each.wakeAtMs()));
  }

  private withUnserved(known: KnownStatus, moment: ReportMoment): StatusInput {
    const {view, living, plan} = known;
    this.chronicle.planned(plan.unplaced, moment.wallMs, moment.nowMs);
    this.unserved.lookAtSilence(living, view, moment);
    return {...known, unserved: this.unserved.long(view, moment.nowMs)};
  }
}
