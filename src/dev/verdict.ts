/**
 * Whether a shard ever had two owners, checked by what the containers themselves say: each stamps a guard right before it passes, on
 * the machine's monotonic clock, which is the same for all processes. One token is one term of ownership; the passes of a newer term
 * must all come after those of every older one. Reports may come late (a stopped process has some in its pipe): terms are kept.
 */
import {BREACHES_KEPT, TERMS_KEPT} from './limits.ts';

interface Term {
  readonly token: string;
  readonly owner: string;
  firstUs: number;
  lastUs: number;
}

export interface Breach {
  readonly shard: string;
  readonly older: {readonly owner: string; readonly token: string};
  readonly newer: {readonly owner: string; readonly token: string};
  /** How long both acted at least, ms. */
  readonly overlapMs: number;
}

export interface Verdict {
  readonly twoOwners: boolean;
  readonly breachCount: number;
  readonly breaches: readonly Breach[];
  readonly shards: number;
  readonly passes: number;
  /** Guards that refused: a fence that never holds anybody back has not been tried. */
  readonly refusals: number;
  /** Times a shard came to an owner. */
  readonly terms: number;
}

export class OwnershipVerdict {
  private readonly termsByShard = new Map<string, Term[]>();
  private readonly known = new Set<string>();
  private readonly breaches: Breach[] = [];
  private breachCount = 0;
  private passes = 0;
  private refusals = 0;
  private terms = 0;

  /** A guard of the shard let `owner` (one process) pass under this token at this time. @returns what it breaks, if that is new. */
  pass(shard: string, token: string, owner: string, atUs: number): Breach | undefined {
    this.passes += 1;
    const terms = this.termsOf(shard);
    const term = this.termFor(terms, token, owner, atUs);
    term.firstUs = Math.min(term.firstUs, atUs);
    term.lastUs = Math.max(term.lastUs, atUs);
    let found: Breach | undefined;
    for (const other of terms) if (other !== term) found ??= this.compare(shard, term, other);
    return found;
  }

  refused(count: number): void {
    this.refusals += count;
  }

  get summary(): Verdict {
    const {breachCount, breaches, passes, refusals, terms} = this;
    return {
      twoOwners: breachCount > 0,
      breachCount,
      breaches: [...breaches],
      shards: this.termsByShard.size,
      passes,
      refusals,
      terms,
    };
  }

  private termsOf(shard: string): Term[] {
    const known = this.termsByShard.get(shard);
    if (known !== undefined) return known;
    const terms: Term[] = [];
    this.termsByShard.set(shard, terms);
    return terms;
  }

  private termFor(terms: Term[], token: string, owner: string, atUs: number): Term {
    const found = terms.find((term) => term.token === token && term.owner === owner);
    if (found !== undefined) return found;
    const term: Term = {token, owner, firstUs: atUs, lastUs: atUs};
    terms.push(term);
    this.terms += 1;
    if (terms.length > TERMS_KEPT) terms.shift();
    return term;
  }

  /** Two processes with one token are two owners whenever they act. */
  private compare(shard: string, one: Term, other: Term): Breach | undefined {
    const [older, newer] = one.token < other.token ? [one, other] : [other, one];
    if (older.token !== newer.token && older.lastUs < newer.firstUs) return undefined;
    const key = [shard, ...[termName(one), termName(other)].sort()].join(' ');
    if (this.known.has(key)) return undefined;
    this.known.add(key);
    this.breachCount += 1;
    const breach: Breach = {
      shard,
      older: {owner: older.owner, token: older.token},
      newer: {owner: newer.owner, token: newer.token},
      overlapMs: Math.max(0, older.lastUs - newer.firstUs) / 1_000,
    };
    if (this.breaches.length < BREACHES_KEPT) this.breaches.push(breach);
    return breach;
  }
}

function termName({token, owner}: Term): string {
  return `${token} ${owner}`;
}
