/** Shards by spread key, as their specs come and go. Passive. */

const NOBODY: ReadonlySet<string> = new Set();

export class SpreadKeys {
  private readonly shardsByKey = new Map<string, Set<string>>();

  /** Shards of the key; of '' there are none. */
  shardsOf(key: string): ReadonlySet<string> {
    return this.shardsByKey.get(key) ?? NOBODY;
  }

  /** The shard had the key `before` and has `after` from now on; '' for none. */
  replace(shard: string, before: string, after: string): void {
    if (before === after) return;
    const left = this.shardsByKey.get(before);
    left?.delete(shard);
    if (left?.size === 0) this.shardsByKey.delete(before);
    if (after === '') return;
    const shards = this.shardsByKey.get(after);
    if (shards === undefined) this.shardsByKey.set(after, new Set([shard]));
    else shards.add(shard);
  }
}
