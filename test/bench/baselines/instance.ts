/** A placement problem as the baselines see it: numbers alone, no pools, no pins. All containers are open. */
import type {PlacementSnapshot} from '../../../src/model/placement.ts';
import {hashOf} from '../../../src/planner/hash.ts';

export interface Instance {
  readonly shards: number;
  readonly containers: number;
  /** Per shard: its container, -1 for nowhere. */
  readonly current: Int32Array;
  /** Per shard: its group. */
  readonly group: Int32Array;
  readonly groups: number;
  /** Per shard: its load in the first metric; 1 where the snapshot has no metric. */
  readonly load: Float64Array;
  /** Hashes of ids: they stay when other containers come and go. */
  readonly shardHash: Uint32Array;
  readonly containerHash: Uint32Array;
}

/** Container by shard. */
export type Baseline = (instance: Instance) => Int32Array;

export function instanceOf({shards, containers, metrics = []}: PlacementSnapshot): Instance {
  const index = new Map(containers.map(({id}, at) => [id, at]));
  const groups = new Map<string, number>();
  const groupOf = (name: string): number => {
    const known = groups.get(name) ?? groups.size;
    groups.set(name, known);
    return known;
  };
  return {
    shards: shards.length,
    containers: containers.length,
    current: Int32Array.from(shards, ({current}) => index.get(current) ?? -1),
    group: Int32Array.from(shards, ({group}) => groupOf(group)),
    groups: groups.size,
    load: Float64Array.from(shards, ({load}) => (metrics.length === 0 ? 1 : (load?.[0] ?? 0))),
    shardHash: Uint32Array.from(shards, ({id}) => hashOf(id)),
    containerHash: Uint32Array.from(containers, ({id}) => hashOf(id)),
  };
}

/** The instance as it is for a way that has placed all itself before: where the planner has put them says nothing about hashes. `placed`: by an instance of `ids`. */
export function carriedOver(
  after: Instance,
  placed: Int32Array,
  ids: readonly string[],
  idsAfter: readonly string[],
): Instance {
  const index = new Map(idsAfter.map((id, at) => [id, at]));
  const now = Int32Array.from(ids, (id) => index.get(id) ?? -1);
  return {
    ...after,
    current: placed.map((container) => (container < 0 ? -1 : (now[container] ?? -1))),
  };
}
