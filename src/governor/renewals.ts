/** Heartbeats that tell nothing but that their sender lives, with many containers most of all news: they need no look and no new summary. */
import type {AppChange} from '../model/change.ts';
import type {Heartbeat} from '../model/container.ts';
import type {Versioned} from '../model/ownership.ts';
import type {FailureDetector} from '../ownership/failure-detector.ts';
import {isByClock} from './containers.ts';
import type {Living} from './containers.ts';
import {clockRateText} from './status-reporter.ts';
import type {StatusReporter} from './status-reporter.ts';
import type {AppView} from '../appstate/app-view.ts';

interface Renewal extends Extract<AppChange, {kind: 'heartbeat'}> {
  readonly entry: Versioned<Heartbeat>;
}

export class Renewals {
  private readonly view: AppView;
  private readonly failureDetector: FailureDetector;
  private readonly status: StatusReporter;

  constructor(view: AppView, failureDetector: FailureDetector, status: StatusReporter) {
    this.view = view;
    this.failureDetector = failureDetector;
    this.status = status;
  }

  /** Takes a change that only renews a heartbeat: whether there is something to look at. Undefined: the change is another kind of news. */
  take(change: AppChange, living: Living, nowMs: number): boolean | undefined {
    if (!this.isRenewal(change)) return undefined;
    if (!this.view.apply(change)) return false;
    const {incarnation} = change;
    const {container, ttlMs, sentAtMs} = change.entry.value;
    this.failureDetector.observe(incarnation, change.entry.mod, ttlMs, nowMs, sentAtMs);
    const known = living.get(container);
    if (known?.incarnation !== incarnation) return false;
    const rate = clockRateText(this.failureDetector.clockRate(incarnation));
    const isNews = this.status.noteClockRate(incarnation, rate);
    return isNews || isByClock(known.state);
  }

  private isRenewal(change: AppChange): change is Renewal {
    if (change.kind !== 'heartbeat' || change.entry === undefined) return false;
    const known = this.view.heartbeats.get(change.incarnation);
    // One that can be read again is news, whatever it says.
    if (known === undefined || this.view.heartbeatProblem(change.incarnation) !== undefined)
      return false;
    return saysTheSame(known.value, change.entry.value);
  }
}

/** All that decisions and summaries are made of is as before; when it was sent is the failure detector's business. */
function saysTheSame(before: Heartbeat, after: Heartbeat): boolean {
  return (
    before.state === after.state &&
    before.ttlMs === after.ttlMs &&
    before.endpoint === after.endpoint &&
    before.container === after.container &&
    sameOverdue(before, after)
  );
}

function sameOverdue({overdue: before = []}: Heartbeat, {overdue: after = []}: Heartbeat): boolean {
  if (before.length === 0 && after.length === 0) return true;
  return JSON.stringify(before) === JSON.stringify(after);
}
