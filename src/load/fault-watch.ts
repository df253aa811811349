/** Which containers report loads that cannot be taken as they are. One answer may be odd; two in a row are shown. */
import {LOAD_FAULTS} from './load-faults.ts';
import type {LoadFault, LoadFaultCounts} from './load-faults.ts';

const NONE: ReadonlySet<LoadFault> = new Set();

interface Seen {
  before: ReadonlySet<LoadFault>;
  now: ReadonlySet<LoadFault>;
  /** What the container itself has counted, as of its last answer. */
  counted: Readonly<Record<string, unknown>>;
}

export class FaultWatch {
  private readonly seen = new Map<string, Seen>();

  /**
   * Takes one answer. `counted`: what the container says it has counted since it joined. `found`: what was found in the answer.
   * Gives back what the container has counted since its answer before; nothing at the first one, which may be old news.
   */
  take(
    incarnation: string,
    counted: Readonly<Record<string, unknown>>,
    found: Iterable<LoadFault>,
  ): LoadFaultCounts {
    const last = this.seen.get(incarnation);
    const now = new Set<LoadFault>(found);
    const grown: Partial<Record<LoadFault, number>> = {};
    for (const fault of LOAD_FAULTS) {
      const growth = growthOf(last?.counted[fault], counted[fault]);
      if (growth <= 0) continue;
      now.add(fault);
      if (last !== undefined) grown[fault] = growth;
    }
    // A load that jumps may be true.
    now.delete('jump');
    this.seen.set(incarnation, {before: last?.now ?? NONE, now, counted});
    return grown;
  }

  /** What its last two answers both had. */
  lasting(incarnation: string): ReadonlySet<LoadFault> {
    const {before = NONE, now = NONE} = this.seen.get(incarnation) ?? {};
    return new Set([...now].filter((fault) => before.has(fault)));
  }

  forget(incarnation: string): void {
    this.seen.delete(incarnation);
  }
}

function growthOf(before: unknown, now: unknown): number {
  if (typeof now !== 'number' || !Number.isFinite(now)) return 0;
  return now - (typeof before === 'number' ? before : 0);
}
