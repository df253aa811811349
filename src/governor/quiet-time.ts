/**
 * The quiet time of an app (docs/planner.md, "Deploys"): while containers are being replaced nothing moves for balance alone, so that an empty joiner takes the shards
 * of the next one that leaves, and each shard moves once. Begun by a container that leaves or falls silent, and by one that joins for one that left or with another
 * version; begun anew by each further one. Passive.
 */
import type {ContainerState} from '../model/container.ts';
import {LEAVES_OF_ONE_ID, REPLACEMENT_WINDOW_MS} from './limits.ts';

export interface SeenContainer {
  readonly container: string;
  readonly incarnation: string;
  readonly state: ContainerState;
  /** As registered; '' when it says none. */
  readonly version: string;
}

type Seen = ReadonlyMap<string, SeenContainer>;

export class QuietTime {
  /** What began it last; '' before the first. */
  why = '';
  private seen: Seen | undefined;
  private quietMs = 0;
  private endsAtMs = Number.NEGATIVE_INFINITY;
  /** So long as a container is not heard, nobody knows whether it is missing. */
  private isSuspected = false;
  /** Incarnations that leave or are silent; whether it lasts as long as they do. */
  private readonly going = new Map<string, boolean>();
  /** When the containers left that nobody has replaced yet, ms, oldest first. */
  private vacancies: number[] = [];
  /** Leaves within this quiet time, by id. */
  private readonly leaves = new Map<string, number>();

  isQuiet(nowMs: number): boolean {
    return this.isSuspected || nowMs < this.endsAtMs;
  }

  /** When it ends, ms; Infinity while a container is leaving or silent: then it lasts so long from when that is over; undefined: it is over. */
  endOf(nowMs: number): number | undefined {
    if (!this.isQuiet(nowMs)) return undefined;
    return this.isAwaiting || this.isSuspected ? Number.POSITIVE_INFINITY : this.endsAtMs;
  }

  /** When it ends by itself; Infinity when it is over. */
  wakeAtMs(nowMs: number): number {
    return nowMs < this.endsAtMs ? this.endsAtMs : Number.POSITIVE_INFINITY;
  }

  /** Takes note of the containers that there are now, by incarnation. `quietMs`: as the app's policy has it; 0: never quiet. */
  look(now: Seen, quietMs: number, nowMs: number): void {
    const {seen} = this;
    this.seen = now;
    this.quietMs = quietMs;
    if (quietMs === 0 || now.size === 0) return this.reset();
    if (!this.isQuiet(nowMs)) this.leaves.clear();
    if (seen === undefined) this.lookFirst(now, nowMs);
    else {
      for (const [incarnation, one] of seen) if (!now.has(incarnation)) this.ended(one, nowMs);
      for (const one of now.values()) this.lookAt(one, seen, now, nowMs);
    }
    if (this.isAwaiting) this.endsAtMs = nowMs + quietMs;
    const suspect = [...now.values()].find(({state}) => state === 'suspect');
    this.isSuspected = suspect !== undefined;
    if (suspect !== undefined && nowMs >= this.endsAtMs)
      this.why = `no heartbeats from container ${suspect.container}`;
  }

  /** It lasts until somebody is gone, or heard again. */
  private get isAwaiting(): boolean {
    for (const lasts of this.going.values()) if (lasts) return true;
    return false;
  }

  private reset(): void {
    this.isSuspected = false;
    this.endsAtMs = Number.NEGATIVE_INFINITY;
    this.going.clear();
    this.leaves.clear();
    this.vacancies = [];
  }

  /** Whoever begins to govern in the middle of a rollout sees it by its versions. */
  private lookFirst(now: Seen, nowMs: number): void {
    for (const one of now.values()) {
      if (isGoing(one)) this.leaving(one, nowMs);
      else if (differsInVersion(one, now)) this.begin('containers of several versions', nowMs);
    }
  }

  private lookAt(one: SeenContainer, before: Seen, now: Seen, nowMs: number): void {
    if (!before.has(one.incarnation)) this.joined(one, before, now, nowMs);
    if (!isGoing(one)) {
      // It was heard again: nobody is missing.
      if (this.going.delete(one.incarnation)) this.vacancies.pop();
    } else if (!this.going.has(one.incarnation)) this.leaving(one, nowMs);
  }

  private leaving(one: SeenContainer, nowMs: number): void {
    const leaves = (this.leaves.get(one.container) ?? 0) + 1;
    this.leaves.set(one.container, leaves);
    this.vacancies.push(nowMs);
    const isFew = leaves <= LEAVES_OF_ONE_ID;
    this.going.set(one.incarnation, isFew);
    if (!isFew) return;
    const how = one.state === 'silent' ? 'is silent' : 'leaves';
    this.begin(`container ${one.container} ${how}`, nowMs);
  }

  private ended(one: SeenContainer, nowMs: number): void {
    if (!this.going.has(one.incarnation)) this.leaving(one, nowMs);
    const begins = this.going.get(one.incarnation);
    this.going.delete(one.incarnation);
    if (begins === true) this.begin(`container ${one.container} has gone`, nowMs);
  }

  private joined(one: SeenContainer, before: Seen, now: Seen, nowMs: number): void {
    // The first of an app take what there is.
    if (before.size === 0) return;
    this.vacancies = this.vacancies.filter((atMs) => atMs > nowMs - REPLACEMENT_WINDOW_MS);
    const isReplacement = this.vacancies.shift() !== undefined;
    if ((this.leaves.get(one.container) ?? 0) > LEAVES_OF_ONE_ID) return;
    if (isReplacement) this.begin(`container ${one.container} replaces one that left`, nowMs);
    else if (differsInVersion(one, now))
      this.begin(`container ${one.container} has another version`, nowMs);
  }

  private begin(why: string, nowMs: number): void {
    this.why = why;
    this.endsAtMs = nowMs + this.quietMs;
  }
}

function isGoing({state}: SeenContainer): boolean {
  return state === 'leaving' || state === 'silent';
}

function differsInVersion({version}: SeenContainer, now: Seen): boolean {
  if (version === '') return false;
  for (const other of now.values())
    if (other.version !== '' && other.version !== version) return true;
  return false;
}
