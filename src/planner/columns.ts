/** What containers may hold and shards weigh, as numbers in which nothing is NaN, negative or infinite. */
import type {PlacementContainer, PlacementMetric, PlacementSnapshot} from '../model/placement.ts';
import {
  LIMIT_UNITS,
  LOAD_PARTS,
  MOST_LOAD,
  MOST_WEIGHT,
  UNLIMITED,
  WEIGHT_PARTS,
} from './limits.ts';
import type {ShardColumns} from './shard-columns.ts';

/** The columns of a table that most apps do not use; undefined where the snapshot says nothing of the kind. */
export interface PolicyColumns {
  /** Per container: its weight in thousandths. */
  readonly weights: Int32Array;
  /** Per container: most shards it may hold, UNLIMITED for any number. */
  readonly caps: Int32Array | undefined;
  /** Per container: index of its zone. */
  readonly zones: Int32Array | undefined;
  /** Per shard: index of its spread key, -1 for one that no other shard has. */
  readonly spreadKeys: Int32Array | undefined;
  /** Per shard: its priority. */
  readonly priorities: Float64Array | undefined;
  readonly loads: Loads | undefined;
  /** By which share of its even count a container may hold more or fewer; 0 where loads are not looked at. */
  readonly slack: number;
}

/** Loads of shards and limits of containers by metric: entry `row * metrics.length + metric`. */
export interface Loads {
  readonly metrics: readonly PlacementMetric[];
  /** As parts of the metric's greatest load. */
  readonly ofShards: Float64Array;
  readonly limits: Limits | undefined;
  /** Per shard: 1 when it is not moved for load. */
  readonly cooling: Uint8Array;
}

/**
 * What limits say, in whole units that are a tiny part of the metric's greatest limit: sums are exact, whatever comes and goes.
 * A unit is a power of two, so whole numbers and halves are exact. Other loads are rounded down: shards that fill a limit to the last bit fit, and what is above
 * it by that is less than anybody measures. A load that no limit allows counts as a little more than the greatest limit.
 */
export interface Limits {
  readonly ofContainers: Float64Array;
  readonly ofShards: Float64Array;
}

/** `order`: shards in tie-break order, by which keys are numbered. */
export function policyColumns(
  snapshot: PlacementSnapshot,
  shards: ShardColumns,
  order: Int32Array,
): PolicyColumns {
  const {containers, spreadZones = false, countSlack = 0} = snapshot;
  const loads = loadsOf(snapshot);
  return {
    weights: Int32Array.from(containers, weightOf),
    caps: capsOf(snapshot),
    zones: spreadZones ? zonesOf(containers) : undefined,
    spreadKeys: spreadKeysOf(shards, order),
    priorities: prioritiesOf(shards),
    loads,
    slack: loads === undefined ? 0 : Math.min(1, harmless(countSlack)),
  };
}

/** NaN, negative and infinite numbers count as 0, giants as one of which sums stay finite. */
function harmless(value: number | undefined): number {
  return value !== undefined && value > 0 && value < Number.POSITIVE_INFINITY
    ? Math.min(MOST_LOAD, value)
    : 0;
}

function weightOf({weight = 1}: PlacementContainer): number {
  if (weight === 1 || !(weight >= 0)) return WEIGHT_PARTS;
  const parts = Math.min(MOST_WEIGHT, weight) * WEIGHT_PARTS;
  return weight === 0 ? 0 : Math.max(1, Math.round(parts));
}

function capsOf({containers, maxShardCount}: PlacementSnapshot): Int32Array | undefined {
  if (maxShardCount === 0 && !containers.some(({capacity = 0}) => capacity > 0)) return undefined;
  const most = (limit: number): number =>
    limit > 0 ? Math.min(UNLIMITED, Math.floor(limit)) : UNLIMITED;
  return Int32Array.from(containers, ({capacity = 0}) =>
    Math.min(most(capacity), most(maxShardCount)),
  );
}

/** Numbered by name. Undefined where all containers are in one zone. */
function zonesOf(containers: readonly PlacementContainer[]): Int32Array | undefined {
  const names = [...new Set(containers.map(({zone = ''}) => zone))].sort();
  if (names.length < 2) return undefined;
  const index = new Map(names.map((name, at) => [name, at]));
  return Int32Array.from(containers, ({zone = ''}) => index.get(zone) ?? 0);
}

function spreadKeysOf(
  {numbers: {spreadKey}, spreadKeys, count}: ShardColumns,
  order: Int32Array,
): Int32Array | undefined {
  const counts = new Int32Array(spreadKeys.texts.length);
  if (counts.length === 1) return undefined;
  for (let at = 0; at < count; at += 1) {
    const key = spreadKey[at] ?? 0;
    if (key > 0) counts[key] = (counts[key] ?? 0) + 1;
  }
  const keys = new Int32Array(count).fill(-1);
  const index = new Map<number, number>();
  for (const at of order) {
    const key = spreadKey[at] ?? 0;
    if ((counts[key] ?? 0) < 2) continue;
    const known = index.get(key) ?? index.size;
    index.set(key, known);
    keys[at] = known;
  }
  return index.size === 0 ? undefined : keys;
}

function prioritiesOf({numbers, count, urgent}: ShardColumns): Float64Array | undefined {
  return urgent === 0 ? undefined : numbers.priority.subarray(0, count);
}

function loadsOf({shards, containers, metrics = []}: PlacementSnapshot): Loads | undefined {
  const width = metrics.length;
  if (width === 0) return undefined;
  const ofShards = new Float64Array(shards.length * width);
  const cooling = new Uint8Array(shards.length);
  for (const [at, shard] of shards.entries()) {
    if (shard.cooling === true) cooling[at] = 1;
    const {load} = shard;
    if (load === undefined) continue;
    for (let metric = 0; metric < width; metric += 1)
      ofShards[at * width + metric] = harmless(load[metric]);
  }
  const limits = limitsOf(containers, ofShards, width);
  for (let metric = 0; metric < width; metric += 1) makeRelative(ofShards, metric, width);
  return {metrics, ofShards, cooling, limits};
}

/**
 * As parts of the greatest, in whole multiples of a tiny part: whatever the unit of a load, and in whatever order loads are added, the plan is the same to the last
 * bit.
 */
function makeRelative(loads: Float64Array, metric: number, width: number): void {
  let greatest = 0;
  for (let at = metric; at < loads.length; at += width)
    greatest = Math.max(greatest, loads[at] ?? 0);
  if (greatest === 0) return;
  for (let at = metric; at < loads.length; at += width)
    loads[at] = Math.round(((loads[at] ?? 0) / greatest) * LOAD_PARTS) / LOAD_PARTS;
}

/** Undefined where no container has any. */
function limitsOf(
  containers: readonly PlacementContainer[],
  loads: Float64Array,
  width: number,
): Limits | undefined {
  const greatest = new Float64Array(width);
  for (const {limits} of containers)
    for (let metric = 0; metric < width; metric += 1)
      greatest[metric] = Math.max(greatest[metric] ?? 0, harmless(limits?.[metric]));
  if (!greatest.some((limit) => limit > 0)) return undefined;
  const ofContainers = new Float64Array(containers.length * width).fill(Number.POSITIVE_INFINITY);
  const units = greatest.map((limit) => 2 ** Math.ceil(Math.log2(limit / LIMIT_UNITS)));
  for (const [at, {limits}] of containers.entries())
    for (let metric = 0; metric < width; metric += 1) {
      const limit = harmless(limits?.[metric]);
      if (limit > 0) ofContainers[at * width + metric] = Math.floor(limit / (units[metric] ?? 1));
    }
  const ofShards = loads.map((load, at) => {
    const unit = units[at % width] ?? 0;
    if (unit === 0 || load === 0) return 0;
    return Math.min(LIMIT_UNITS + 1, Math.max(1, Math.floor(load / unit)));
  });
  return {ofContainers, ofShards};
}
