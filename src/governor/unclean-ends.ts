/**
 * Containers that ended without leaving, by id and by host: what crashes again and again may come back under a new incarnation each time, or under a
 * new id (flap damping).
 */
import {EXPIRE_INTERVAL_MS, SHORT_LIFE_MS, UNCLEAN_WINDOW_MS} from './limits.ts';

/** An incarnation that ended without leaving. */
export interface UncleanEnd {
  readonly container: string;
  /** '' when it is not known. */
  readonly host: string;
  readonly hadProved: boolean;
  readonly livedMs: number;
}

export class UncleanEnds {
  /** When the ends were, ms, oldest first, by `id NAME` and `host NAME`. */
  private readonly byKey = new Map<string, number[]>();
  /** Ids whose last incarnation had proved itself, and when it ended, ms. */
  private readonly hadProved = new Map<string, number>();

  private expireAtMs = Number.NEGATIVE_INFINITY;

  note({container, host, hadProved, livedMs}: UncleanEnd, nowMs: number): void {
    this.expire(nowMs);
    if (hadProved) this.hadProved.set(container, nowMs);
    else this.hadProved.delete(container);
    if (hadProved && livedMs >= SHORT_LIFE_MS) return;
    for (const key of keysOf(container, host))
      this.byKey.set(key, [...(this.byKey.get(key) ?? []), nowMs]);
  }

  /** How often what has this id, or runs on this host, ended within the window, and when last, ms. */
  of(container: string, host: string, nowMs: number): {count: number; lastMs: number} {
    this.expire(nowMs);
    let count = 0;
    let lastMs = Number.NEGATIVE_INFINITY;
    for (const key of this.byKey.size === 0 ? [] : keysOf(container, host)) {
      const ends = this.byKey.get(key) ?? [];
      count = Math.max(count, ends.length);
      lastMs = Math.max(lastMs, ends.at(-1) ?? lastMs);
    }
    return {count, lastMs};
  }

  /** The id is that of a container which served its shards until it was lost: its successor may have them back. */
  succeedsProved(container: string): boolean {
    return this.hadProved.has(container);
  }

  private expire(nowMs: number): void {
    if (nowMs < this.expireAtMs) return;
    this.expireAtMs = nowMs + EXPIRE_INTERVAL_MS;
    const fromMs = nowMs - UNCLEAN_WINDOW_MS;
    for (const [key, ends] of this.byKey) {
      const left = ends.filter((atMs) => atMs > fromMs);
      if (left.length === 0) this.byKey.delete(key);
      else if (left.length < ends.length) this.byKey.set(key, left);
    }
    for (const [container, atMs] of this.hadProved)
      if (atMs <= fromMs) this.hadProved.delete(container);
  }
}

function keysOf(container: string, host: string): string[] {
  return host === '' ? [`id ${container}`] : [`id ${container}`, `host ${host}`];
}
