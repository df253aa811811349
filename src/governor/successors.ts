/** A container whose id another incarnation waits for gets its shards first: no plan is made until it has come back (protocol.md, "Eviction"). Pure. */
import type {AppView} from '../appstate/app-view.ts';
import type {FailureDetector} from '../ownership/failure-detector.ts';
import type {Living} from './containers.ts';
import {SUCCESSOR_WAIT_MS} from './limits.ts';

const NOBODY: ReadonlySet<string> = new Set();

export class Successors {
  private readonly view: AppView;
  private readonly detector: FailureDetector;
  /** By container id: nobody waits for it any longer than until then. */
  private readonly awaited = new Map<string, number>();

  constructor(view: AppView, detector: FailureDetector) {
    this.view = view;
    this.detector = detector;
  }

  /**
   * `before`, `now`: the living containers at the last look and at this one. Returns the moment from which a plan may be made; -Infinity when
   * nobody is awaited. Heartbeat and id of a container go with one write, but come here by two watches, in any order: who has gone is what counts.
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
    return untilMs;
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
