/** Which containers report loads that cannot be taken as they are. One answer may be odd; two in a row are shown. */
import {LOAD_FAULTS} from './load-faults.ts';
import type {LoadFault} from './load-faults.ts';

const NONE: ReadonlySet<LoadFault> = new Set();

interface Seen {
  before: ReadonlySet<LoadFault>;
  now: ReadonlySet<LoadFault>;
  /** What the container itself has counted, as of its last answer. */
  counted: Readonly<Record<string, unknown>>;
}

export class FaultWatch {
  private readonly seen = new Map<string, Seen>();

  /** Takes one answer. `counted`: what the container says it has counted since it joined. `found`: what was found in the answer. */
  take(
    incarnation: string,
    counted: Readonly<Record<string, unknown>>,
    found: Iterable<LoadFault>,
  ): void {
    const last = this.seen.get(incarnation);
    const now = new Set<LoadFault>(found);
    for (const fault of LOAD_FAULTS) if (grew(last?.counted[fault], counted[fault])) now.add(fault);
    // A load that jumps may be true.
    now.delete('jump');
    this.seen.set(incarnation, {before: last?.now ?? NONE, now, counted});
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

function grew(before: unknown, now: unknown): boolean {
  return typeof now === 'number' && now > (typeof before === 'number' ? before : 0);
}
