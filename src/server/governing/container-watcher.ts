/** From one summary of a governor to the next: which containers have changed their state. */
import type {ContainerEvent} from '../../model/audit.ts';
import type {AppStatus} from '../../model/status.ts';
import {EVENTS_PER_ROUND} from './limits.ts';

export class ContainerWatcher {
  private known: AppStatus['containers'] | undefined;
  private readonly lost = new Map<string, string>();

  /** Its heartbeat was deleted: its shards go to others. */
  evicted(container: string, incarnation: string): void {
    this.lost.set(incarnation, container);
  }

  /** Changes since the summary before; nothing for the first one. A summary names only containers that are not plainly ready. */
  compare({containers, at, omitted}: AppStatus): ContainerEvent[] {
    const before = this.known;
    this.known = containers;
    const events: ContainerEvent[] = [];
    for (const [incarnation, container] of this.lost)
      events.push({container, incarnation, at, state: 'lost', before: 'silent'});
    for (const [container, {state, incarnation, since}] of Object.entries(containers)) {
      const was = before?.[container];
      if (before === undefined || (was?.state === state && was.incarnation === incarnation))
        continue;
      const from = was?.incarnation === incarnation ? was.state : 'ready';
      events.push({container, incarnation, at: since, state, before: from});
    }
    // A container that there was no room for has not become ready by that.
    const complete = omitted?.containers === undefined;
    for (const [container, {state, incarnation}] of complete ? Object.entries(before ?? {}) : []) {
      if (containers[container] !== undefined || this.lost.has(incarnation)) continue;
      const gone = state === 'leaving';
      events.push({container, incarnation, at, state: gone ? 'gone' : 'ready', before: state});
    }
    this.lost.clear();
    return events.slice(0, EVENTS_PER_ROUND);
  }
}
