/** How evenly loads lie on containers. Pure. */
import {haveWeight} from '../model/weights.ts';

export interface LoadedContainer {
  readonly container: string;
  /** Its share beside the others; 0: none. */
  readonly weight: number;
  /** By metric. */
  readonly loads: readonly number[];
}

export interface Balance {
  readonly containers: readonly LoadedContainer[];
  /** By metric: load of one unit of weight, if all were even. */
  readonly targets: readonly number[];
  /** By metric: the largest load of a container as a multiple of its share; 0 where there is no load. */
  readonly levels: readonly number[];
}

export function balanceOf(given: readonly LoadedContainer[], metrics: number): Balance {
  const isByWeight = haveWeight(given.map(({weight}) => weight));
  const containers = isByWeight ? given : given.map((one) => ({...one, weight: 1}));
  const weight = containers.reduce((sum, one) => sum + one.weight, 0);
  const totals = Array.from({length: metrics}, (_, at) =>
    containers.reduce((sum, {loads}) => sum + (loads[at] ?? 0), 0),
  );
  const targets = totals.map((total) => (weight > 0 ? total / weight : 0));
  const levels = targets.map((target, at) => {
    if (target <= 0) return 0;
    const ratios = containers.map(({loads, weight: own}) =>
      own > 0 ? (loads[at] ?? 0) / (target * own) : 0,
    );
    return Math.max(0, ...ratios);
  });
  return {containers, targets, levels};
}
