/** How evenly loads lie on containers. Pure. */

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

/** Where nobody has a weight, all have the same: so the planner takes it. */
export function balanceOf(given: readonly LoadedContainer[], metrics: number): Balance {
  const hasWeight = given.some(({weight}) => weight > 0);
  const containers = hasWeight ? given : given.map((one) => ({...one, weight: 1}));
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
