/** Shards by spread key, as their specs come and go. Passive. */

const NOBODY: ReadonlySet<string> = new Set();

export class SpreadKeys {
  private readonly shardsByKey = new Map<string, Set<string>>();
  /** Keys of shards whose spec is gone, while a container still has them. */
  private readonly leaving = new Map<string, string>();

  /** Shards of the key; of '' there are none. */
  shardsOf(key: string): ReadonlySet<string> {
    return this.shardsByKey.get(key) ?? NOBODY;
  }

  /** The shard had the key `before` and has `after` from now on; '' for none. */
  replace(shard: string, before: string, after: string): void {
    this.left(shard);
    if (before === after) return;
    this.remove(shard, before);
    if (after === '') return;
    const shards = this.shardsByKey.get(after);
    if (shards === undefined) this.shardsByKey.set(after, new Set([shard]));
    else shards.add(shard);
  }

  /** The spec of the shard is gone, and a container still has it: it counts for its key until it has left. */
  leaves(shard: string, key: string): void {
    if (key !== '') this.leaving.set(shard, key);
  }

  /** No container has the shard any more. */
  left(shard: string): void {
    const key = this.leaving.get(shard);
    if (key === undefined) return;
    this.leaving.delete(shard);
    this.remove(shard, key);
  }

  private remove(shard: string, key: string): void {
    const shards = this.shardsByKey.get(key);
    shards?.delete(shard);
    if (shards?.size === 0) this.shardsByKey.delete(key);
  }
}
