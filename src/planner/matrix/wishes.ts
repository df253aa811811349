/** Which containers homeless shards wish for or avoid: they decide among equals only. */
import type {Table} from '../table.ts';
import type {Demand} from './demand.ts';

/** Per bucket and container: below 0 wished for, above 0 avoided. */
export type Wishes = ReadonlyMap<number, ReadonlyMap<number, number>>;

export function wishesOf(table: Table, demand: Demand): Wishes {
  const wishes = new Map<number, Map<number, number>>();
  if (!table.hasWishes) return wishes;
  const note = (bucket: number, container: number, by: number): void => {
    if (container < 0) return;
    const known = wishes.get(bucket) ?? new Map<number, number>();
    const rank = table.containerRank[container] ?? 0;
    known.set(rank, (known.get(rank) ?? 0) + by);
    wishes.set(bucket, known);
  };
  for (let bucket = 0; bucket < demand.buckets; bucket += 1) {
    const start = demand.start[bucket] ?? 0;
    const end = start + (demand.waiting[bucket] ?? 0);
    for (let at = start; at < end; at += 1) {
      const shard = demand.shards[at] ?? 0;
      note(bucket, table.prefer[shard] ?? -1, -1);
      note(bucket, table.avoid[shard] ?? -1, 1);
    }
  }
  return wishes;
}
