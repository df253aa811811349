/** A container whose id another incarnation waits for gets its shards first: no plan is made until it has come back (protocol.md, "Eviction"). Pure. */
import type {AppView} from '../appstate/app-view.ts';
import type {FailureDetector} from '../ownership/failure-detector.ts';
import type {Living} from './containers.ts';
import {SUCCESSOR_WAIT_MS} from './limits.ts';

/** How many plans have been begun. */
interface Plans {
  readonly begun: number;
}

const NOBODY: ReadonlySet<string> = new Set();

export class Successors {
  private readonly view: AppView;
  private readonly detector: FailureDetector;
  private readonly plans: Plans;
  /** Since when plans wait, and how many had been begun by then; undefined: they do not. */
  private hold: {readonly sinceMs: number; readonly begun: number} | undefined;
  /** By container id: nobody waits for it any longer than until then. */
  private readonly awaited = new Map<string, number>();

  constructor(view: AppView, detector: FailureDetector, plans: Plans) {
    this.view = view;
    this.detector = detector;
    this.plans = plans;
  }

  /**
   * `before`, `now`: the living containers at the last look and at this one. Returns the moment from which a plan may be made; -Infinity when
   * nobody is awaited. Where there is always somebody, one plan is made each time that they have waited for so long: others wait for it. Heartbeat and id of a container go with one write, but come here by two watches, in any order: who has gone is what counts.
   */
  look(before: Living, now: Living, nowMs: number): number {
    const gone = [...before.keys()].filter((container) => !now.has(container));
    const waiting = gone.length === 0 ? NOBODY : heardSuccessors(this.view, this.detector, nowMs);
    for (const container of gone)
      if (waiting.has(container)) this.awaited.set(container, nowMs + SUCCESSOR_WAIT_MS);
    let untilMs = Number.NEGATIVE_INFINITY;
    for (const [container, atMs] of this.awaited)
      if (now.has(container) || atMs <= nowMs) this.awaited.delete(container);
      else untilMs = Math.max(untilMs, atMs);
    return Math.min(untilMs, this.holdEndsMs(nowMs));
  }

  private holdEndsMs(nowMs: number): number {
    const {begun} = this.plans;
    if (this.awaited.size === 0) this.hold = undefined;
    else if (this.hold?.begun !== begun) this.hold = {sinceMs: nowMs, begun};
    return (this.hold?.sinceMs ?? nowMs) + SUCCESSOR_WAIT_MS;
  }
}

/** Containers whose id somebody waits for who is heard: one that has crashed while it waited will not come in anybody's place. */
export function heardSuccessors(
  view: AppView,
  detector: FailureDetector,
  nowMs: number,
): ReadonlySet<string> {
  const heard = new Set<string>();
  for (const [incarnation, {value}] of view.heartbeats)
    if (value.state === 'waiting' && !detector.suspect(incarnation, nowMs))
      heard.add(value.container);
  return heard;
}
