/**
 * Since when shards are not served: one rule for the alarm and for metrics. A record does not say: it is counted from when this governor first saw
 * it, from the last heartbeat of a container that is lost or silent, or from what the summary of the governor before says of the one that waited
 * longest. Passive; times come in from outside.
 */
import type {AppView} from '../appstate/app-view.ts';
import {UnservedGaps} from './unserved-gaps.ts';
import {TTL_DEFAULT_MS} from '../model/limits.ts';

/** With a T below this, shards are still on their way when T has passed: a first plan alone may wait for 3 s. */
const UNSERVED_MIN_MS = TTL_DEFAULT_MS;

/** The same instant by both clocks, ms. */
export interface Instant {
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
  private readonly view: AppView;
  private readonly gaps = new UnservedGaps();
  private readonly silent = new Set<string>();
  private inherited: {readonly shard: string; readonly wallMs: number} | undefined;
  /** Since when the first is not served that has not waited for T. */
  private nextSinceMs = Number.POSITIVE_INFINITY;

  constructor(view: AppView) {
    this.view = view;
  }

  /** What the governor before this one has said of the longest: its shard, and Unix time in ms. Counts at the next `long`. */
  inherit(shard: string, wallMs: number): void {
    this.inherited = {shard, wallMs};
  }

  /**
   * The shard, or what serves it, may have changed. `sinceMs`: when it was served last if it is not served now and was before.
   * Says for how long it was not served, ms, where that ends here; undefined: nothing ends.
   */
  look(shard: string, nowMs: number, sinceMs = nowMs): number | undefined {
    const gap = this.gaps.get(shard);
    if (!this.view.shards.has(shard) || this.isServed(shard)) {
      this.gaps.delete(shard);
      return gap === undefined || !this.view.shards.has(shard) ? undefined : nowMs - gap.sinceMs;
    }
    if (gap !== undefined) return undefined;
    this.gaps.set(shard, {sinceMs});
    this.nextSinceMs = Math.min(this.nextSinceMs, sinceMs);
    return undefined;
  }

  /** Notes which living containers are silent; the incarnations that became it, or are it no more. */
  noteSilent(silent: ReadonlySet<string>): string[] {
    const changed = [...silent].filter((one) => !this.silent.has(one));
    for (const one of this.silent) if (!silent.has(one)) changed.push(one);
    for (const one of changed)
      if (silent.has(one)) this.silent.add(one);
      else this.silent.delete(one);
    return changed;
  }

  get isEmpty(): boolean {
    return this.gaps.size === 0;
  }

  has(shard: string): boolean {
    return this.gaps.has(shard);
  }

  /** How long the shard that has waited longest is not served, ms; 0 where all are. */
  oldestMs(nowMs: number): number {
    const longest = this.gaps.longest();
    return longest === undefined ? 0 : Math.max(0, nowMs - longest[1].sinceMs);
  }

  /** Undefined: there are none. */
  long({nowMs, wallMs}: Instant): LongUnserved | undefined {
    this.takeInherited({nowMs, wallMs});
    const {limitMs} = this;
    const {count, nextMs} = this.gaps.split(nowMs - limitMs);
    this.nextSinceMs = nextMs;
    const longest = this.gaps.longest();
    if (count === 0 || longest === undefined) return undefined;
    const [shard, gap] = longest;
    gap.sinceWallMs ??= wallMs - (nowMs - gap.sinceMs);
    return {count, shard, sinceMs: gap.sinceWallMs, limitMs};
  }

  /** When one more shard will have waited for T; Infinity: none will. */
  wakeAtMs(): number {
    if (this.nextSinceMs === Number.POSITIVE_INFINITY) return this.nextSinceMs;
    return this.nextSinceMs + this.limitMs;
  }

  /** Its record says that it is ready, at an incarnation that has its heartbeat and is not silent. */
  private isServed(shard: string): boolean {
    const record = this.view.own.get(shard)?.value;
    if (record?.state !== 'owned' || !record.ready) return false;
    return this.view.heartbeats.has(record.incarnation) && !this.silent.has(record.incarnation);
  }

  private takeInherited({nowMs, wallMs}: Instant): void {
    const {inherited} = this;
    const gap = this.gaps.get(inherited?.shard ?? '');
    this.inherited = undefined;
    if (inherited === undefined || gap === undefined) return;
    const sinceMs = nowMs - Math.max(0, wallMs - inherited.wallMs);
    if (sinceMs > gap.sinceMs) return;
    this.gaps.set(inherited.shard, {sinceMs, sinceWallMs: Math.min(wallMs, inherited.wallMs)});
  }

  private get limitMs(): number {
    return Math.max(UNSERVED_MIN_MS, this.view.longestTtlMs());
  }
}
