/** How many shards are in which state, by the incarnation that their records name: counted as records and specs come and go, so that nobody walks through all. */
import type {OwnershipRecord} from '../model/ownership.ts';
import {PartitionedSet} from '../model/partitioned-map.ts';
import {recordState} from '../model/shard-state.ts';
import type {ShardState} from '../model/shard-state.ts';

/** Of shards that no record names a container of. */
const NOBODY = '';

type Counts = Map<ShardState, number>;

export class StateTally {
  /** Shards whose records say anything but `ready`; with or without a spec. */
  readonly notReady = new PartitionedSet();
  /** Shards whose records say so; with or without a spec. */
  readonly failed = new PartitionedSet();
  /** Shards that have a spec, and a record that names nobody and no failure. */
  readonly free = new PartitionedSet();
  /** Shards that have a record and no spec. */
  readonly unwanted = new PartitionedSet();
  private readonly counts = new Map<string, Counts>();

  /** By incarnation, '' for nobody: shards that have a spec, by the states of their records alone. */
  get byIncarnation(): ReadonlyMap<string, ReadonlyMap<ShardState, number>> {
    return this.counts;
  }

  /** The shard has another record now. `isWanted`: it has a spec. */
  recordChanged(
    shard: string,
    before: OwnershipRecord | undefined,
    after: OwnershipRecord | undefined,
    isWanted: boolean,
  ): void {
    const state = after && recordState(after);
    if (state === undefined || state === 'ready') this.notReady.delete(shard);
    else this.notReady.add(shard);
    if (state === 'failed') this.failed.add(shard);
    else this.failed.delete(shard);
    if (!isWanted) return this.noteUnwanted(shard, after);
    this.count(shard, before, -1);
    this.count(shard, after, 1);
  }

  /** The shard has come to have a spec, or to have none. */
  wantedChanged(shard: string, record: OwnershipRecord | undefined, isWanted: boolean): void {
    this.count(shard, record, isWanted ? 1 : -1);
    this.noteUnwanted(shard, isWanted ? undefined : record);
  }

  private noteUnwanted(shard: string, record: OwnershipRecord | undefined): void {
    if (record === undefined) this.unwanted.delete(shard);
    else this.unwanted.add(shard);
  }

  private count(shard: string, record: OwnershipRecord | undefined, by: 1 | -1): void {
    const state = recordState(record);
    if (state === 'free' && by > 0) this.free.add(shard);
    else if (state === 'free') this.free.delete(shard);
    const whose = holderOf(record);
    const counts = this.counts.get(whose) ?? new Map<ShardState, number>();
    const count = (counts.get(state) ?? 0) + by;
    if (count === 0) counts.delete(state);
    else counts.set(state, count);
    if (counts.size === 0) this.counts.delete(whose);
    else this.counts.set(whose, counts);
  }
}

/** The incarnation that the record names as having the shard, or about to; '' for nobody. */
function holderOf(record: OwnershipRecord | undefined): string {
  return record === undefined || record.state === 'free' ? NOBODY : record.incarnation;
}
