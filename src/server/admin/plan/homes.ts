/** The best homes of one shard by the live planner, from one plan. */
import {SHARDS_PER_STEP} from '../../../governor/limits.ts';
import {compareText} from '../../../model/compare-text.ts';
import type {PlacementShard, PlacementSnapshot} from '../../../model/placement.ts';
import {runInSlices} from '../../../runtime/slices.ts';
import type {PlanDependencies} from '../dependencies.ts';

/** What one container would hold if the plan were carried out, without the shard in question. */
interface Share {
  readonly container: string;
  /** Shards of the same group and worker group. */
  bucket: number;
  total: number;
}

export interface Homes {
  /** Containers that may have it, best first; empty when there is none. */
  readonly containers: readonly string[];
  /** Why it is nowhere and stays so; '' when it is somewhere, or gets a container. */
  readonly reason: string;
  /** Why it stays on a container that is drained; '' where it does not. */
  readonly stranded: string;
}

/**
 * The planner is asked once, for the app with this shard nowhere. Its choice is the best home; then follow the containers that may take the
 * shard too, by the planner's own order: fewest of the bucket in that plan, where it is now, fewest in all. At most `limit`.
 */
export async function homesOf(
  plan: PlanDependencies['plan'],
  base: PlacementSnapshot,
  shardId: string,
  limit: number,
): Promise<Homes> {
  const at = await runInSlices(indexOfShard(base, shardId));
  const shard = base.shards[at];
  if (shard === undefined) return {containers: [], reason: '', stranded: ''};
  const homeless = {...shard, current: '', prefer: shard.current || shard.prefer};
  const {target, unplaced} = await plan({...base, shards: base.shards.with(at, homeless)});
  const first = base.containers[target[at] ?? -1]?.id;
  if (first === undefined) {
    const reason = unplaced.find((found) => found.shard === at)?.reason ?? '';
    const holder = base.containers.find(({id}) => id === shard.current);
    const stranded = holder?.mode === 'draining' ? reason : '';
    return {containers: [], reason: shard.current === '' ? reason : '', stranded};
  }
  const others = (await runInSlices(shares(base, shard, at, target)))
    .filter(({container, total}) => container !== first && hasCapacity(base, total))
    .sort((a, b) => order(shard, a, b))
    .map(({container}) => container);
  return {containers: [first, ...others].slice(0, limit), reason: '', stranded: ''};
}

/** -1 where it is not there. */
function* indexOfShard({shards}: PlacementSnapshot, shardId: string): Generator<undefined, number> {
  for (const [at, {id}] of shards.entries()) {
    if (id === shardId) return at;
    if (at % SHARDS_PER_STEP === 0) yield;
  }
  return -1;
}

/** Of the containers that take something new and may have the shard. */
function* shares(
  {shards, containers, pools}: PlacementSnapshot,
  {pin, group, workerGroup}: PlacementShard,
  at: number,
  target: Int32Array,
): Generator<undefined, Share[]> {
  const pool = workerGroup === '' ? undefined : pools.get(workerGroup);
  const all = containers.map(({id}) => ({container: id, bucket: 0, total: 0}));
  for (const [index, other] of shards.entries()) {
    if (index % SHARDS_PER_STEP === 0) yield;
    const share = all[target[index] ?? -1];
    if (share === undefined || index === at) continue;
    share.total += 1;
    if (other.group === group && other.workerGroup === workerGroup) share.bucket += 1;
  }
  return all.filter(({container}, index) => {
    const isAllowed = pin === '' ? workerGroup === '' || pool?.has(container) : pin === container;
    return isAllowed === true && containers[index]?.mode === 'open';
  });
}

function hasCapacity({maxShardCount}: PlacementSnapshot, total: number): boolean {
  return maxShardCount === 0 || total < maxShardCount;
}

function order({current, avoid}: PlacementShard, a: Share, b: Share): number {
  const last = Number(a.container === avoid) - Number(b.container === avoid);
  const stays = Number(b.container === current) - Number(a.container === current);
  const fewest = a.bucket - b.bucket || stays || a.total - b.total;
  return last || fewest || compareText(a.container, b.container);
}
