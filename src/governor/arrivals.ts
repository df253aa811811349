/** Shards that wait until their container has claimed others: so a queue of unclaimed records stays short, whatever the size of the app. */

/** Most records assigned to one container and not yet claimed. */
export const UNCLAIMED_PER_CONTAINER = 200;

export class ArrivalQueue {
  private readonly waiting = new Map<string, Set<string>>();

  wait(incarnation: string, shard: string): void {
    const shards = this.waiting.get(incarnation);
    if (shards === undefined) this.waiting.set(incarnation, new Set([shard]));
    else shards.add(shard);
  }

  /** The first shards in the queue, as many as there is room; they are taken out. */
  admit(incarnation: string, unclaimed: number): string[] {
    const shards = this.waiting.get(incarnation);
    if (shards === undefined) return [];
    const admitted: string[] = [];
    for (const shard of shards) {
      if (unclaimed + admitted.length >= UNCLAIMED_PER_CONTAINER) break;
      admitted.push(shard);
    }
    for (const shard of admitted) shards.delete(shard);
    if (shards.size === 0) this.waiting.delete(incarnation);
    return admitted;
  }

  /** The container is gone: all that waited for it. */
  forget(incarnation: string): ReadonlySet<string> {
    const shards = this.waiting.get(incarnation);
    this.waiting.delete(incarnation);
    return shards ?? new Set();
  }
}
