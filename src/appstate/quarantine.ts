/**
 * Values that cannot be read, and records that contradict the heartbeat of their holder: which, and why. Their shards and containers are left
 * alone, the rest goes on.
 */
import type {CorruptChange} from '../model/change.ts';
import type {Heartbeat} from '../model/container.ts';
import type {OwnershipRecord} from '../model/ownership.ts';

type What = CorruptChange['what'];

export class Quarantine {
  private readonly byKey = new Map<string, CorruptChange>();
  /** By shard: records that can be read. No shard of these has a record in `byKey`. */
  private readonly contradicting = new Map<string, CorruptChange>();

  get size(): number {
    return this.byKey.size + this.contradicting.size;
  }

  *all(): Generator<CorruptChange> {
    yield* this.byKey.values();
    yield* this.contradicting.values();
  }

  get hasContradictions(): boolean {
    return this.contradicting.size > 0;
  }

  /** Of values that cannot be read. */
  unreadable(): Iterable<CorruptChange> {
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
    return (
      this.problem('own', shard) ??
      this.contradicting.get(shard)?.problem ??
      this.problem('shard', shard)
    );
  }

  /** How the shard's record contradicts the heartbeat of its holder; undefined: it does not. True when that is news. */
  contradicts(shard: string, problem: string | undefined, mod: number): boolean {
    const before = this.contradicting.get(shard)?.problem;
    if (problem === undefined || this.byKey.has(unreadableKey('own', shard)))
      return this.contradicting.delete(shard);
    this.contradicting.set(shard, {kind: 'corrupt', what: 'own', id: shard, mod, problem});
    return before !== problem;
  }

  /** True when the problem is news. */
  take(key: string, change: CorruptChange): boolean {
    const before = this.byKey.get(key);
    this.byKey.set(key, change);
    if (change.what === 'own') this.contradicting.delete(change.id);
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

/**
 * An incarnation is of one container for ever: a record that names another one was not written by sm. Undefined: it does not, or nobody knows.
 */
export function contradiction(
  record: OwnershipRecord | undefined,
  holder: Heartbeat | undefined,
): string | undefined {
  if (record === undefined || record.state === 'free') return undefined;
  if (holder === undefined || holder.container === '') return undefined;
  if (holder.container === record.container) return undefined;
  return `names container ${record.container}, but its incarnation is that of ${holder.container}`;
}

/** How a text names the value. */
export function quarantinedName({what, id}: CorruptChange): string {
  return `${what}/${id}`;
}
