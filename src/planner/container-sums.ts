/** How much containers bear: before a plan, and after it. */
import type {PlacementSnapshot} from '../model/placement.ts';
import {ROWS_PER_STEP} from './limits.ts';

/** By container: shards, then loads by metric. */
export type ContainerSums = readonly (readonly number[])[];

/** Loads by metric of the shards that have an open container, with the worker group that the planner has for them. */
export type GroupSums = readonly (readonly [workerGroup: string, loads: readonly number[]])[];

export interface SumsOfPlan {
  readonly before: ContainerSums;
  readonly after: ContainerSums;
  readonly groupsAfter: GroupSums;
}

type Summed = Pick<PlacementSnapshot, 'shards' | 'containers' | 'metrics'>;

/** In steps. `order`: the indexes of the shards in the order in which loads are added up, which the last digits depend on. */
export function* containerSums(
  {shards, containers, metrics = []}: Summed,
  whereOf: (shard: number) => number,
  order: Iterable<number> = shards.keys(),
): Generator<undefined, ContainerSums> {
  const sums = containers.map(() => [0, ...metrics.map(() => 0)]);
  let looks = 0;
  for (const at of order) {
    if ((looks += 1) % ROWS_PER_STEP === 0) yield;
    const sum = sums[whereOf(at)];
    if (sum === undefined) continue;
    sum[0] = (sum[0] ?? 0) + 1;
    for (const [metric, one] of (shards[at]?.load ?? []).entries())
      sum[metric + 1] = (sum[metric + 1] ?? 0) + one;
  }
  return sums;
}

/** As `containerSums`. */
export function* groupSums(
  {shards, containers, metrics = []}: Summed,
  whereOf: (shard: number) => number,
  order: Iterable<number> = shards.keys(),
): Generator<undefined, GroupSums> {
  const sums = new Map<string, number[]>();
  let looks = 0;
  for (const at of order) {
    if ((looks += 1) % ROWS_PER_STEP === 0) yield;
    const {workerGroup = '', load = []} = shards[at] ?? {};
    if (containers[whereOf(at)]?.mode !== 'open') continue;
    const sum = sums.get(workerGroup) ?? metrics.map(() => 0);
    sums.set(workerGroup, sum);
    for (const [metric, one] of load.entries()) sum[metric] = (sum[metric] ?? 0) + one;
  }
  return [...sums];
}
