/** How much containers bear: before a plan, and after it. */
import type {PlacementSnapshot} from '../model/placement.ts';
import {ROWS_PER_STEP} from './limits.ts';

/** By container: shards, then loads by metric. */
export type ContainerSums = readonly (readonly number[])[];

export interface SumsOfPlan {
  readonly before: ContainerSums;
  readonly after: ContainerSums;
}

/** In steps. `order`: the indexes of the shards in the order in which loads are added up, which the last digits depend on. */
export function* containerSums(
  {shards, containers, metrics = []}: Pick<PlacementSnapshot, 'shards' | 'containers' | 'metrics'>,
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
