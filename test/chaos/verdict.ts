/**
 * The judge of owners, pure: it is told of guard passes with the machine's monotonic clock and says whether two owners ever had the
 * right at once, when each owner had it, and how long shards had none. One token at one process is one term of ownership.
 */

/** A guard that let an effect pass. */
export interface Pass {
  readonly shard: string;
  readonly token: string;
  /** Container and process. */
  readonly owner: string;
  /** Read right before the guard, µs of the machine's monotonic clock. */
  readonly atUs: number;
  /** How much of the right was left at that time, µs. */
  readonly leftUs: number;
}

export interface Term {
  readonly token: string;
  readonly owner: string;
  firstUs: number;
  lastUs: number;
  /** Until when it has had the right for all it knew: the end of the right at its last pass. */
  rightUs: number;
  /** It said that it stops, by itself; undefined: it never did. */
  endedUs?: number;
  /** Why it stopped. */
  reason?: string;
}

export interface Overlap {
  readonly shard: string;
  readonly older: {readonly owner: string; readonly token: string};
  readonly newer: {readonly owner: string; readonly token: string};
  /** `acts`: guard passes of both at once. `right`: the newer acted while the older still had the right. */
  readonly kind: 'acts' | 'right' | 'one token';
  readonly atUs: number;
  readonly overlapMs: number;
}

export interface Gap {
  readonly shard: string;
  readonly fromUs: number;
  readonly toUs: number;
  /** Who acted before, and why it stopped, if it said so. */
  readonly owner: string;
  readonly reason: string;
}

/** In the name of shards that are added and removed by a fault. */
export const PASSING_SHARD = '/extra-';
/** Shorter pauses are the rhythm of the workload. */
export const GAP_MIN_US = 300_000;

export class OwnerVerdict {
  private readonly termsByShard = new Map<string, Term[]>();
  /** Ends that were told before the first pass: an effect that takes its time is told when it has left. */
  private readonly early = new Map<string, Pick<Term, 'endedUs' | 'reason'>>();
  passes = 0;

  pass({shard, token, owner, atUs, leftUs}: Pass): void {
    this.passes += 1;
    const term = this.termOf(shard, token, owner, atUs);
    term.firstUs = Math.min(term.firstUs, atUs);
    term.lastUs = Math.max(term.lastUs, atUs);
    term.rightUs = Math.max(term.rightUs, atUs + leftUs);
    // It was given the shard anew under the same token: the end before was none.
    if (term.endedUs !== undefined && atUs > term.endedUs) delete term.endedUs;
  }

  /** The owner says that it has stopped acting. */
  ended(shard: string, token: string, owner: string, atUs: number, reason: string): void {
    const term = this.termsByShard
      .get(shard)
      ?.find((one) => one.token === token && one.owner === owner);
    if (term === undefined) this.early.set(termKey(shard, token, owner), {endedUs: atUs, reason});
    else Object.assign(term, {endedUs: atUs, reason});
  }

  get shards(): ReadonlyMap<string, readonly Term[]> {
    return this.termsByShard;
  }

  get terms(): number {
    let count = 0;
    for (const terms of this.termsByShard.values()) count += terms.length;
    return count;
  }

  /** Shards that somebody acted for at or after this time; those that come and go do not count. */
  actingSince(sinceUs: number): number {
    let count = 0;
    for (const [shard, terms] of this.termsByShard)
      if (!shard.includes(PASSING_SHARD) && terms.some(({lastUs}) => lastUs >= sinceUs)) count += 1;
    return count;
  }

  /** All pairs of terms that were not one after the other. To be asked when all that was said has arrived. */
  overlaps(): Overlap[] {
    const found: Overlap[] = [];
    for (const [shard, terms] of this.termsByShard) {
      const sorted = [...terms].sort((a, b) => (a.token < b.token ? -1 : 1));
      sorted.forEach((older, index) => {
        for (const newer of sorted.slice(index + 1)) {
          const overlap = overlapOf(shard, older, newer);
          if (overlap !== undefined) found.push(overlap);
        }
      });
    }
    return found.sort((a, b) => a.atUs - b.atUs);
  }

  /** Times without any pass, between the terms and inside of them. */
  readonly gaps: Gap[] = [];
  private readonly last = new Map<string, {atUs: number; owner: string; term: Term}>();

  private noteGap(shard: string, term: Term, atUs: number): void {
    const last = this.last.get(shard);
    if (last !== undefined && atUs - last.atUs > GAP_MIN_US)
      this.gaps.push({
        shard,
        fromUs: last.atUs,
        toUs: atUs,
        owner: last.owner,
        reason: last.term.reason ?? '',
      });
    if (last === undefined || atUs > last.atUs)
      this.last.set(shard, {atUs, owner: term.owner, term});
  }

  private termOf(shard: string, token: string, owner: string, atUs: number): Term {
    const terms = this.termsByShard.get(shard) ?? [];
    this.termsByShard.set(shard, terms);
    let term = terms.find((one) => one.token === token && one.owner === owner);
    if (term === undefined) {
      const key = termKey(shard, token, owner);
      const end = this.early.get(key);
      this.early.delete(key);
      term = {token, owner, firstUs: atUs, lastUs: atUs, rightUs: atUs, ...end};
      terms.push(term);
    }
    this.noteGap(shard, term, atUs);
    return term;
  }
}

function termKey(shard: string, token: string, owner: string): string {
  return JSON.stringify([shard, token, owner]);
}

function overlapOf(shard: string, older: Term, newer: Term): Overlap | undefined {
  const make = (kind: Overlap['kind'], overlapUs: number): Overlap => ({
    shard,
    older: {owner: older.owner, token: older.token},
    newer: {owner: newer.owner, token: newer.token},
    kind,
    atUs: newer.firstUs,
    overlapMs: Math.max(0, overlapUs) / 1_000,
  });
  if (older.token === newer.token) return make('one token', older.lastUs - newer.firstUs);
  if (older.lastUs >= newer.firstUs) return make('acts', older.lastUs - newer.firstUs);
  const rightUs = Math.min(older.rightUs, older.endedUs ?? Number.POSITIVE_INFINITY);
  return rightUs > newer.firstUs ? make('right', rightUs - newer.firstUs) : undefined;
}
