/** How evenly loads lie on containers. Pure. */
import {haveWeight} from '../model/weights.ts';

/** What a container bears. */
export interface BearingContainer {
  readonly container: string;
  /** Its share beside the others; 0: none. */
  readonly weight: number;
  /** By metric. */
  readonly loads: readonly number[];
}

/** Shards that the same containers may have. */
export interface PoolLoad {
  /** Container ids, of others too; undefined: all. */
  readonly members: Iterable<string> | undefined;
  /** Of all of them, by metric. */
  readonly loads: readonly number[];
}

export interface LoadedContainer {
  readonly container: string;
  /** By metric. */
  readonly loads: readonly number[];
  /** By metric: what it would bear if all were even. As the planner's: of each pool in which it is. */
  readonly shares: readonly number[];
}

export interface Balance {
  readonly containers: readonly LoadedContainer[];
  /** By metric: the largest load of a container as a multiple of its share; 0 where there is no load. */
  readonly levels: readonly number[];
}

export function balanceOf(
  given: readonly BearingContainer[],
  pools: Iterable<PoolLoad>,
  metrics: number,
): Balance {
  const containers = given.map(({container, weight, loads}) => {
    const shares = Array.from({length: metrics}, () => 0);
    return {container, weight, loads, shares};
  });
  const byId = new Map(containers.map((one) => [one.container, one]));
  for (const {members, loads} of pools) {
    const some =
      members === undefined ? containers : [...members].flatMap((id) => byId.get(id) ?? []);
    const isByWeight = haveWeight(some.map(({weight}) => weight));
    const weightOf = ({weight}: BearingContainer): number => (isByWeight ? weight : 1);
    const whole = some.reduce((sum, one) => sum + weightOf(one), 0);
    for (const one of some)
      for (const [at, load] of loads.entries())
        one.shares[at] = (one.shares[at] ?? 0) + (load * weightOf(one)) / whole;
  }
  const levels = Array.from({length: metrics}, (_, at) =>
    Math.max(0, ...containers.map((one) => ratioOf(one, at))),
  );
  return {containers, levels};
}

/** The load of the metric as a multiple of the share; 0 where there is no share. */
export function ratioOf(
  {loads, shares}: Omit<LoadedContainer, 'container'>,
  metric: number,
): number {
  const share = shares[metric] ?? 0;
  return share > 0 ? (loads[metric] ?? 0) / share : 0;
}
