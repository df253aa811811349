/** Values that cannot be read: which, and why. Their shards and containers are left alone, the rest goes on. */
import type {CorruptChange} from '../model/change.ts';

type What = CorruptChange['what'];

export class Quarantine {
  private readonly byKey = new Map<string, CorruptChange>();

  get size(): number {
    return this.byKey.size;
  }

  all(): Iterable<CorruptChange> {
    return this.byKey.values();
  }

  /** Why the value cannot be read; undefined when it can, or there is none. An app has one spec. */
  problem(what: 'spec'): string | undefined;
  problem(what: Exclude<What, 'spec'>, id: string): string | undefined;
  problem(what: What, id = ''): string | undefined {
    return this.byKey.size === 0 ? undefined : this.byKey.get(unreadableKey(what, id))?.problem;
  }

  /** Why the shard's record or spec cannot be read. */
  shardProblem(shard: string): string | undefined {
    return this.problem('own', shard) ?? this.problem('shard', shard);
  }

  /** True when the problem is news. */
  take(key: string, change: CorruptChange): boolean {
    const before = this.byKey.get(key);
    this.byKey.set(key, change);
    return before?.problem !== change.problem;
  }

  /** The value can be read again, or is gone; false when it was none of these. */
  release(key: string): boolean {
    return this.byKey.delete(key);
  }
}

/** The key in a listing of the app. */
export function unreadableKey(what: What, id: string): string {
  return what === 'spec' ? what : `${what}/${id}`;
}

/** How a text names the value. */
export function quarantinedName({what, id}: CorruptChange): string {
  return `${what}/${id}`;
}
