/**
 * What containers say that they hold against what the records say. The record is the truth; a container that differs for long hides a
 * shard that nobody serves, or one that two serve. It gets nothing new, and nothing is taken from it while its heartbeat lives.
 */
import {andMore} from '../model/and-more.ts';
import type {HintItem} from './hints.ts';
import type {AppView} from '../appstate/app-view.ts';
import {AGREEING_TO_TRUST, DIFFERENCES_LIMIT, FAILURES_TO_ALARM} from './limits.ts';

/** Shards that a container says it holds; the value says whether it serves the shard. */
export type Holdings = ReadonlyMap<string, boolean>;

/** Why a container did not say it. */
export interface NoAnswer {
  readonly cause: string;
}

interface Sighting {
  readonly differences: ReadonlySet<string>;
  readonly agreeing: number;
}

export class HoldingsCheck {
  /** By incarnation: what the container says against its records, for people. */
  readonly doubted = new Map<string, string>();
  /** By incarnation: why the container cannot be asked. */
  readonly failures = new Map<string, string>();
  /** Questions in a row that had no answer, by incarnation. */
  private readonly unanswered = new Map<string, number>();
  private readonly sightings = new Map<string, Sighting>();
  /** Incarnations that have answered since `takeReminders`. */
  private readonly answered = new Set<string>();

  /** Takes one answer, or why there was none; true when that changes what the status says of the container. */
  take(incarnation: string, said: Holdings | NoAnswer, view: AppView): boolean {
    if ('cause' in said) return this.failed(incarnation, said.cause);
    this.unanswered.delete(incarnation);
    const hadFailed = this.failures.delete(incarnation);
    return this.compared(incarnation, said, view) || hadFailed;
  }

  private failed(incarnation: string, cause: string): boolean {
    const times = (this.unanswered.get(incarnation) ?? 0) + 1;
    this.unanswered.set(incarnation, times);
    if (times < FAILURES_TO_ALARM || this.failures.get(incarnation) === cause) return false;
    this.failures.set(incarnation, cause);
    return true;
  }

  /**
   * True when the container is doubted from now on, or no more. Only a difference that two answers in a row show at the same
   * revision of the record counts: a move that is under way changes the record in between.
   */
  private compared(incarnation: string, said: Holdings, view: AppView): boolean {
    const before = this.sightings.get(incarnation);
    const differences = differencesOf(incarnation, said, view);
    const agreeing = differences.size === 0 ? (before?.agreeing ?? 0) + 1 : 0;
    this.sightings.set(incarnation, {differences, agreeing});
    this.answered.add(incarnation);
    if (agreeing >= AGREEING_TO_TRUST) return this.doubted.delete(incarnation);
    const lasting = [...differences].filter((one) => before?.differences.has(one) === true);
    const [first] = lasting;
    if (first === undefined) return false;
    const text = andMore([wording(first)], lasting.length);
    const changed = this.doubted.get(incarnation) !== text;
    this.doubted.set(incarnation, text);
    return changed;
  }

  /**
   * Hints by incarnation, once for each answer, for records that the container did not name: no record may name a container that does not
   * know of it, and one that is ready gets no other hints.
   */
  takeReminders(view: AppView): Map<string, HintItem[]> {
    const reminders = new Map<string, HintItem[]>();
    for (const incarnation of this.answered) {
      const shards = lackedIn(this.sightings.get(incarnation)?.differences ?? []);
      const items = shards.map((shard) => reminderOf(shard, view));
      if (items.length > 0) reminders.set(incarnation, items);
    }
    this.answered.clear();
    return reminders;
  }

  forget(incarnation: string): void {
    this.sightings.delete(incarnation);
    this.doubted.delete(incarnation);
    this.unanswered.delete(incarnation);
    this.failures.delete(incarnation);
  }
}

/** Each as `kind revision shard`. Records that are on their way in or out may differ for a moment and are left out. */
function differencesOf(incarnation: string, said: Holdings, view: AppView): Set<string> {
  const found = new Set<string>();
  for (const shard of view.shardsOf(incarnation)) {
    const known = view.own.get(shard);
    if (known?.value.state === 'owned' && !said.has(shard))
      found.add(`lacks ${known.mod} ${shard}`);
    if (found.size >= DIFFERENCES_LIMIT) return found;
  }
  for (const [shard, serves] of said) {
    const known = view.own.get(shard);
    const mine = known?.value.incarnation === incarnation && known.value.state !== 'free';
    if (serves && !mine) found.add(`serves ${known?.mod ?? 0} ${shard}`);
    if (found.size >= DIFFERENCES_LIMIT) return found;
  }
  return found;
}

function lackedIn(differences: Iterable<string>): string[] {
  return [...differences].flatMap((difference) => {
    const [kind, , ...shard] = difference.split(' ');
    return kind === 'lacks' ? [shard.join(' ')] : [];
  });
}

function reminderOf(shard: string, view: AppView): HintItem {
  return {shard, op: 'add', revision: view.own.get(shard)?.mod ?? 0};
}

function wording(difference: string): string {
  const [kind = '', , ...shard] = difference.split(' ');
  const name = shard.join(' ');
  return kind === 'lacks'
    ? `does not run shard ${name}, which it owns according to the record`
    : `runs shard ${name}, which it does not own according to the record`;
}
