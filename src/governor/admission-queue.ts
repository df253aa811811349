/** Shards that wait until their container has claimed others: so a queue of unclaimed records stays short, whatever the size of the app. */
import {UNCLAIMED_AT_LEAST, UNCLAIMED_PER_APP, UNCLAIMED_PER_CONTAINER} from './limits.ts';

/**
 * So many records may wait for the claim of one of so many containers. Who waits for seconds is hinted at again and again, and is taken for a
 * container that does not claim.
 */
export function unclaimedLimit(containers: number): number {
  const share = Math.ceil(UNCLAIMED_PER_APP / Math.max(1, containers));
  return Math.max(UNCLAIMED_AT_LEAST, Math.min(UNCLAIMED_PER_CONTAINER, share));
}

/** How many records wait for this incarnation's claim. */
export type UnclaimedOf = (incarnation: string) => number;

export class AdmissionQueue {
  /** Most records that wait for the claim of one container. */
  limit = UNCLAIMED_PER_CONTAINER;
  private readonly waiting = new Map<string, Set<string>>();

  wait(incarnation: string, shard: string): void {
    const shards = this.waiting.get(incarnation);
    if (shards === undefined) this.waiting.set(incarnation, new Set([shard]));
    else shards.add(shard);
  }

  /** Whether somebody may be admitted now. */
  hasCapacity(unclaimedOf: UnclaimedOf): boolean {
    for (const incarnation of this.waiting.keys())
      if (unclaimedOf(incarnation) < this.limit) return true;
    return false;
  }

  /**
   * The first of each queue, up to the limit of unclaimed shards; they are taken out. Some may belong elsewhere by now and
   * not count after all: ask again while the limit allows.
   */
  admit(unclaimedOf: UnclaimedOf): string[] {
    const admitted: string[] = [];
    for (const [incarnation, shards] of this.waiting) {
      let free = this.limit - unclaimedOf(incarnation);
      for (const shard of shards) {
        if (free <= 0) break;
        free -= 1;
        shards.delete(shard);
        admitted.push(shard);
      }
      if (shards.size === 0) this.waiting.delete(incarnation);
    }
    return admitted;
  }

  /** The container is gone: all that waited for it. */
  forget(incarnation: string): ReadonlySet<string> {
    const shards = this.waiting.get(incarnation);
    this.waiting.delete(incarnation);
    return shards ?? new Set();
  }
}
