/**
 * Since when shards are not served. A record does not say: it is counted from when this governor first saw it, or from what the summary of the
 * governor before it says of the one that waited longest. Passive; times come in from outside.
 */
import {TTL_DEFAULT_MS} from '../model/container.ts';
import type {LivingContainer} from './containers.ts';
import {isServed} from './service-gap.ts';
import type {AppView} from '../appstate/app-view.ts';

/** With a T below this, shards are still on their way when T has passed: a first plan alone may wait for 3 s. */
const UNSERVED_MIN_MS = TTL_DEFAULT_MS;

/** The same instant by both clocks, ms. */
interface Instant {
  readonly nowMs: number;
  readonly wallMs: number;
}

/** Shards that have not been served for longer than T. */
export interface LongUnserved {
  readonly count: number;
  /** The one that waits longest. */
  readonly shard: string;
  /** Unix time, ms. */
  readonly sinceMs: number;
  /** T, ms. */
  readonly limitMs: number;
}

export class UnservedShards {
  private readonly since = new Map<string, Instant>();
  private readonly silent = new Set<string>();
  private inherited: {readonly shard: string; readonly wallMs: number} | undefined;
  private nextAtMs = Number.POSITIVE_INFINITY;

  /** What the governor before this one has said of the longest: its shard, and Unix time in ms. */
  inherit(shard: string, wallMs: number): void {
    const known = this.since.get(shard);
    this.inherited = {shard, wallMs};
    if (known !== undefined) this.since.set(shard, this.firstSeen(shard, known));
  }

  /** These shards, or what serves them, have changed. */
  look(shards: Iterable<string>, view: AppView, at: Instant): void {
    const limitMs = limitOf(view);
    for (const shard of shards) {
      if (!view.shards.has(shard) || this.serves(shard, view)) this.since.delete(shard);
      else if (!this.since.has(shard)) {
        const since = this.firstSeen(shard, at);
        this.since.set(shard, since);
        this.nextAtMs = Math.min(this.nextAtMs, since.nowMs + limitMs);
      }
    }
  }

  /** Containers that have fallen silent serve nothing; those that are heard again do. */
  lookAtSilence(living: ReadonlyMap<string, LivingContainer>, view: AppView, at: Instant): void {
    for (const {incarnation, state} of living.values()) {
      if ((state === 'silent') === this.silent.has(incarnation)) continue;
      if (state === 'silent') this.silent.add(incarnation);
      else this.silent.delete(incarnation);
      this.look(view.shardsOf(incarnation), view, at);
    }
    for (const incarnation of this.silent)
      if (!view.heartbeats.has(incarnation)) this.silent.delete(incarnation);
  }

  /** Undefined: there are none. */
  long(view: AppView, nowMs: number): LongUnserved | undefined {
    const limitMs = limitOf(view);
    let count = 0;
    let longest: {readonly shard: string; readonly since: Instant} | undefined;
    this.nextAtMs = Number.POSITIVE_INFINITY;
    for (const [shard, since] of this.since) {
      const dueMs = since.nowMs + limitMs;
      if (dueMs > nowMs) {
        this.nextAtMs = Math.min(this.nextAtMs, dueMs);
        continue;
      }
      count += 1;
      if (longest === undefined || since.nowMs < longest.since.nowMs) longest = {shard, since};
    }
    if (longest === undefined) return undefined;
    return {count, shard: longest.shard, sinceMs: longest.since.wallMs, limitMs};
  }

  /** When one more shard will have waited for T; Infinity: none will. */
  wakeAtMs(): number {
    return this.nextAtMs;
  }

  private serves(shard: string, view: AppView): boolean {
    return isServed(view, shard) && !this.silent.has(view.own.get(shard)?.value.incarnation ?? '');
  }

  private firstSeen(shard: string, at: Instant): Instant {
    const {inherited} = this;
    if (inherited?.shard !== shard) return at;
    this.inherited = undefined;
    const waitedMs = Math.max(0, at.wallMs - inherited.wallMs);
    return {nowMs: at.nowMs - waitedMs, wallMs: at.wallMs - waitedMs};
  }
}

function limitOf(view: AppView): number {
  return Math.max(UNSERVED_MIN_MS, view.longestTtlMs());
}
