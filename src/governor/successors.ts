/** Containers whose id another incarnation waits for get their shards first: no plan is made until they have come back (protocol.md, "Eviction"). Pure. */
import type {AppView} from '../appstate/app-view.ts';
import type {Living} from './containers.ts';
import {SUCCESSOR_WAIT_MS} from './limits.ts';

export class Successors {
  /** By container id: nobody waits for it any longer than until then. */
  private readonly awaited = new Map<string, number>();

  /**
   * `before`, `now`: the living containers at the last look and at this one. Returns the moment from which a plan may be made; -Infinity when
   * nobody is awaited. Heartbeat and id of a container go with one write, but come here by two watches, in any order: who has gone is what counts.
   */
  look(before: Living, now: Living, view: AppView, nowMs: number): number {
    const gone = [...before.keys()].filter((container) => !now.has(container));
    const waiting = gone.length === 0 ? undefined : view.awaitedContainers();
    for (const container of gone)
      if (waiting?.has(container)) this.awaited.set(container, nowMs + SUCCESSOR_WAIT_MS);
    let untilMs = Number.NEGATIVE_INFINITY;
    for (const [container, atMs] of this.awaited)
      if (now.has(container) || atMs <= nowMs) this.awaited.delete(container);
      else untilMs = Math.max(untilMs, atMs);
    return untilMs;
  }
}
