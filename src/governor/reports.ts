/** What a governor puts down for others: its summary, the history of moves, and the alarm of shards that nobody serves. Passive. */
import type {RecordChange} from '../model/ownership.ts';
import {isFromBefore} from '../model/status.ts';
import type {AppStatus} from '../model/status.ts';
import type {GovernorAction} from './actions.ts';
import {Chronicle} from './chronicle.ts';
import type {Living} from './containers.ts';
import type {FigureInput} from './figures.ts';
import {MoveHistory} from './move-history.ts';
import type {NewlyFor} from './plan-reasons.ts';
import {ServiceTimes} from './service-times.ts';
import {StatusReporter} from './status-reporter.ts';
import type {StatusInput} from './status-reporter.ts';
import {UnservedShards} from './unserved.ts';
import type {Instant} from './unserved.ts';
import type {AppView} from '../appstate/app-view.ts';

/** All that a summary is made of but what is found here. */
export type KnownStatus = Omit<StatusInput, 'unserved'>;

/** How the governor is, besides what it knows of the app. */
export interface ReportInstant extends Instant {
  /** No move is under way. */
  readonly quiet: boolean;
  /** Nothing is left to do. */
  readonly settled: boolean;
}

export class Reports {
  readonly status = new StatusReporter();
  private readonly view: AppView;
  private readonly history = new MoveHistory();
  private readonly chronicle = new Chronicle();
  readonly unserved: UnservedShards;
  /** What metrics are made of. */
  readonly service: ServiceTimes;

  /** `view` has each change in it already when it is noted here. */
  constructor(view: AppView) {
    this.view = view;
    this.unserved = new UnservedShards(view);
    this.service = new ServiceTimes(view, this.unserved);
  }

  /** The last summary of the governor before this one. */
  inherit(last: AppStatus): void {
    this.status.inherit(last);
    const longest = last.alarms.find(({code}) => code === 'UNSERVED');
    const sinceMs = Date.parse(longest?.since ?? '');
    if (longest?.object !== undefined && Number.isFinite(sinceMs))
      this.unserved.inherit(longest.object, sinceMs);
  }

  /** Of what is reported, what metrics count. */
  figures(nowMs: number): Pick<FigureInput, 'alarms' | 'oldestUnservedMs'> {
    return {
      alarms: this.status.alarms,
      oldestUnservedMs: this.unserved.oldestMs(nowMs),
    };
  }

  ownChanged(change: RecordChange, wallMs: number, nowMs: number): void {
    this.history.note(change, wallMs, nowMs);
    this.chronicle.ownChanged(change, wallMs, nowMs);
    this.service.recordChanged(change, nowMs);
  }

  /** A plan was taken: who has no home by it that had one, or for another reason. */
  planned(newlyUnplaced: readonly NewlyFor[], wallMs: number, nowMs: number): void {
    this.chronicle.planned(newlyUnplaced, wallMs, nowMs);
    this.status.touch();
  }

  /** The incarnation has come, is gone, has fallen silent or is heard again. */
  heartbeatChanged(
    incarnation: string,
    detector: KnownStatus['failureDetector'],
    {nowMs, wallMs}: Instant,
  ): void {
    const {accepted, heartbeats} = this.view;
    const isBefore = isFromBefore(accepted, heartbeats.get(incarnation)?.mod);
    // Who was not heard since a restore has served nothing since then, whenever this governor began.
    const stoppedMs = isBefore ? wallMs - (accepted?.sinceMs ?? wallMs) : 0;
    const ageMs = Math.max(detector.ageMs(incarnation, nowMs), stoppedMs);
    this.service.heartbeatChanged(incarnation, nowMs - ageMs, nowMs);
  }

  /** `known` is asked for only when a summary is due: most turns write none. */
  due(now: ReportInstant, loads: KnownStatus['loads'], known: () => KnownStatus): GovernorAction[] {
    const {nowMs, quiet, settled} = now;
    const actions: GovernorAction[] = [];
    const moves = this.history.due(quiet, nowMs);
    if (moves.length > 0) actions.push({type: 'recordMoves', moves});
    if (nowMs >= this.unserved.wakeAtMs()) this.status.touch();
    const status = this.status.due(nowMs, settled, () => this.withUnserved(known(), now));
    if (status !== undefined) actions.push({type: 'status', status});
    const events = this.chronicle.due(nowMs);
    if (events.length > 0) actions.push({type: 'recordEvents', events});
    const parts = loads.summaryDue(nowMs, now.wallMs);
    if (parts !== undefined) actions.push({type: 'loads', parts});
    return actions;
  }

  wakeAtMs(): number {
    const {history, status, unserved, chronicle} = this;
    // Who has waited for T by now is in the next summary, and that is not due sooner.
    const unservedMs = Math.max(unserved.wakeAtMs(), status.nextAtMs);
    return Math.min(unservedMs, ...[history, status, chronicle].map((each) => each.wakeAtMs()));
  }

  private withUnserved(known: KnownStatus, now: ReportInstant): StatusInput {
    this.lookAtSilence(known, now);
    return {...known, unserved: this.unserved.long(now)};
  }

  /** Containers that have fallen silent serve nothing since they were heard last; those that are heard again do. */
  private lookAtSilence({living, failureDetector}: KnownStatus, now: Instant): void {
    for (const incarnation of this.unserved.noteSilent(silentOf(living)))
      this.heartbeatChanged(incarnation, failureDetector, now);
  }
}

function silentOf(living: Living): ReadonlySet<string> {
  const silent = [...living.values()].filter(({state}) => state === 'silent');
  return new Set(silent.map(({incarnation}) => incarnation));
}
