/**
 * How an app's shards are placed and moved, as far as operators say: the `placement` of an app's spec. Every field may be left out;
 * its default then counts.
 */
import {
  COOLDOWN_DEFAULT_S,
  METRICS_PER_APP,
  METRIC_RATIO_FACTOR,
  METRIC_UPPER_DEFAULT_FACTOR,
  MOVES_PER_CONTAINER_DEFAULT,
  POLICY_COUNT_LIMIT,
  POLICY_TIME_LIMIT_S,
} from './limits.ts';

/** A load that is balanced. Ratios are of a container's load to its share. */
export interface MetricPolicy {
  name: string;
  /** Moves for load begin above this ratio. Default 1.2. */
  upper?: number;
  /** They end at this ratio; below `upper`, or loads that vary would never come to rest. Default half way from 1 to `upper`. */
  lower?: number;
  [unknown: string]: unknown;
}

/** Most planned moves, beside the app's `maxMoving`. */
export interface MovingPolicy {
  /** At once with one end at one container. Default 20. */
  container?: number;
  /** At once with one end in one zone; 0: no limit. Default 0. */
  zone?: number;
  /** Started within any minute; 0: no limit. Default 0. */
  perMinute?: number;
  [unknown: string]: unknown;
}

/** together: all containers that drain give away at once; sequential: one after the other. */
export const DRAIN_ORDERS = ['together', 'sequential'] as const;

export type DrainOrder = (typeof DRAIN_ORDERS)[number];

/** Unknown fields survive a rewrite. */
export interface PlacementPolicy {
  /** Loads that are balanced; none: counts only. Default none. */
  metrics?: MetricPolicy[];
  /** Shards of each group are spread evenly over the zones. Default false. */
  spreadZones?: boolean;
  /** By how much counts may differ from even where that balances load, as a share. Default 0. */
  countSlack?: number;
  /** Seconds during which a shard that has moved is not moved for load. Default 300. */
  cooldown?: number;
  /** Seconds without moves for balance after a container has left, begun anew by each further one. Default 0. */
  quietTime?: number;
  /** Shards that a joiner takes at once at first; as many more each time as have become ready there. 0: no limit of its own. Default 0. */
  slowStart?: number;
  /** Default together. */
  drainOrder?: DrainOrder;
  moving?: MovingPolicy;
  /** Containers that may be away at once for one more to be stopped with a permission; 0: a tenth of them, at least one. Default 0. */
  maxUnavailable?: number;
  [unknown: string]: unknown;
}

/** A policy with every default filled in. */
export interface Placement {
  readonly metrics: readonly Readonly<Required<MetricPolicy>>[];
  readonly spreadZones: boolean;
  readonly countSlack: number;
  readonly cooldown: number;
  readonly quietTime: number;
  readonly slowStart: number;
  readonly drainOrder: DrainOrder;
  readonly maxUnavailable: number;
  readonly moving: Readonly<Required<MovingPolicy>>;
}

/** What counts where the spec says nothing. */
export const PLACEMENT_DEFAULTS: Placement = {
  metrics: [],
  spreadZones: false,
  countSlack: 0,
  cooldown: COOLDOWN_DEFAULT_S,
  quietTime: 0,
  slowStart: 0,
  drainOrder: 'together',
  maxUnavailable: 0,
  moving: {container: MOVES_PER_CONTAINER_DEFAULT, zone: 0, perMinute: 0},
};

/** Bounds of what a policy may say. */
export const PLACEMENT_BOUNDS = {
  /** Most metrics of one app. */
  metrics: METRICS_PER_APP,
  /** Largest ratio of a band. */
  ratio: METRIC_RATIO_FACTOR,
  /** Longest cooldown and quiet time, seconds. */
  seconds: POLICY_TIME_LIMIT_S,
  /** Most moves, shards or starts of one limit. */
  moves: POLICY_COUNT_LIMIT,
} as const;

const POLICY_FIELDS = Object.keys(PLACEMENT_DEFAULTS);

/** The same policy always in the same order and without what says nothing; undefined when nothing is left. Unknown fields come last. */
export function plainPolicy(policy: PlacementPolicy | undefined): PlacementPolicy | undefined {
  if (policy === undefined) return undefined;
  const rest = Object.keys(policy).filter((name) => !POLICY_FIELDS.includes(name));
  const plain: PlacementPolicy = {};
  for (const name of [...POLICY_FIELDS, ...rest.sort()])
    if (!saysNothing(policy[name])) plain[name] = policy[name];
  if (plain.metrics !== undefined)
    plain.metrics = plain.metrics.map(({name, ...band}) => ({name, ...band}));
  return Object.keys(plain).length === 0 ? undefined : plain;
}

function saysNothing(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && isEmpty(value));
}

function isEmpty(value: object | null): boolean {
  return value === null || Object.keys(value).length === 0;
}

/** As people see it and as it is compared; '' for none. */
export function policyText(policy: PlacementPolicy | undefined): string {
  const plain = plainPolicy(policy);
  return plain === undefined ? '' : JSON.stringify(plain);
}

/** Asked for again with each move that waits; a policy that was read is never changed. */
const filled = new WeakMap<PlacementPolicy, Placement>();

/** The app's policy with every default filled in. */
export function placementOf(spec: {readonly placement?: PlacementPolicy} | undefined): Placement {
  const policy = spec?.placement;
  if (policy === undefined) return PLACEMENT_DEFAULTS;
  const known = filled.get(policy);
  if (known !== undefined) return known;
  const placement = filledIn(policy);
  filled.set(policy, placement);
  return placement;
}

function filledIn({metrics = [], moving, ...said}: PlacementPolicy): Placement {
  return {
    ...PLACEMENT_DEFAULTS,
    ...said,
    metrics: metrics.map(bandOf),
    moving: {...PLACEMENT_DEFAULTS.moving, ...moving},
  };
}

function bandOf({
  name,
  upper = METRIC_UPPER_DEFAULT_FACTOR,
  lower,
}: MetricPolicy): Required<MetricPolicy> {
  // Rounded, or 1.2 would give 1.1 and a bit.
  return {name, upper, lower: lower ?? Math.round(500 * (1 + upper)) / 1_000};
}

/** Two fields of which one makes the other pointless or impossible, as paths below the app, and why. */
export interface Contradiction {
  readonly fields: readonly [string, string];
  readonly problem: string;
}

/** What of an app's policy contradicts. `maxMoving` 0 or undefined: by default. */
export function contradictionsOf(
  policy: PlacementPolicy | undefined,
  maxMoving: number | undefined,
): Contradiction[] {
  if (policy === undefined) return [];
  const found: Contradiction[] = [];
  const {moving: said = {}, metrics = []} = policy;
  const {moving, slowStart} = placementOf({placement: policy});
  const below = (small: Limit, large: Limit): void => {
    if (small.value === undefined || !large.value || small.value <= large.value) return;
    const problem = `${small.name} ${small.value} is more than ${large.name} ${large.value} allows`;
    found.push({fields: [small.name, large.name], problem});
  };
  const app = {name: 'maxMoving', value: maxMoving};
  const zone = {name: 'placement.moving.zone', value: said.zone};
  const container = {name: 'placement.moving.container', value: said.container};
  below(zone, app);
  below(container, app);
  below(container, zone);
  const atOnce = {name: 'placement.moving.container', value: moving.container};
  below({name: 'placement.slowStart', value: slowStart || undefined}, atOnce);
  found.push(...metricContradictions(metrics));
  return found;
}

interface Limit {
  readonly name: string;
  readonly value: number | undefined;
}

function metricContradictions(metrics: readonly MetricPolicy[]): Contradiction[] {
  const found: Contradiction[] = [];
  const seen = new Map<string, number>();
  for (const [at, metric] of metrics.entries()) {
    const {name, upper, lower} = bandOf(metric);
    const path = `placement.metrics[${at}]`;
    const first = seen.get(name);
    if (first !== undefined) {
      const problem = `the metric ${name} is listed twice`;
      found.push({fields: [`placement.metrics[${first}].name`, `${path}.name`], problem});
    } else seen.set(name, at);
    if (lower > upper) {
      const problem = `moves for ${name} would end at ${lower}, above ${upper} where they begin`;
      found.push({fields: [`${path}.lower`, `${path}.upper`], problem});
    }
  }
  return found;
}
