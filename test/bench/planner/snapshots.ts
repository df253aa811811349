/** Snapshots of the planner's benches: all containers open, no pools, no pins. */
import type {PlacementSnapshot} from '../../../src/model/placement.ts';
import {seeded} from '../../planner/instances.ts';

const NOBODY = {workerGroup: '', pin: '', current: '', prefer: '', avoid: ''};
const ZIPF_EXPONENT = 1.1;
/** The largest shard has this share of what a container has in the middle. */
const CAP_SHARE = 0.5;
const CAP_ROUNDS = 60;

/** Shards that run nowhere. */
export function coldSnapshot(n: number, m: number, groups = 1): PlacementSnapshot {
  return {
    shards: Array.from({length: n}, (_, at) => ({
      ...NOBODY,
      id: `shard-${at}`,
      group: groups === 1 ? '' : `g${at % groups}`,
    })),
    containers: Array.from({length: m}, (_, at) => ({id: `c${at}`, mode: 'open' as const})),
    pools: new Map(),
    maxShardCount: 0,
  };
}

export function withoutOne(snapshot: PlacementSnapshot): PlacementSnapshot {
  return {...snapshot, containers: snapshot.containers.slice(1)};
}

export function withTenth(snapshot: PlacementSnapshot): PlacementSnapshot {
  const {containers} = snapshot;
  const joined = containers.slice(0, containers.length / 10);
  const news = joined.map(({id}) => ({id: `new-${id}`, mode: 'open' as const}));
  return {...snapshot, containers: [...containers, ...news]};
}

/** The same shards with loads of one metric, balanced from `upper` down to `lower`. */
export function withLoads(
  snapshot: PlacementSnapshot,
  loads: Float64Array,
  upper: number,
  lower: number,
): PlacementSnapshot {
  const shards = snapshot.shards.map((shard, at) => ({...shard, load: [loads[at] ?? 0]}));
  return {...snapshot, shards, metrics: [{name: 'qps', upper, lower}]};
}

/** Loads by Zipf's law in random order. */
export function zipf(n: number, seed = 7): Float64Array {
  const loads = Float64Array.from({length: n}, (_, at) => (at + 1) ** -ZIPF_EXPONENT);
  const next = seeded(seed);
  for (let at = n - 1; at > 0; at -= 1) {
    const other = next(at + 1);
    [loads[at], loads[other]] = [loads[other] ?? 0, loads[at] ?? 0];
  }
  return loads;
}

/** As `zipf`, but nobody above half of a container's mean. */
export function cappedZipf(n: number, m: number, seed = 7): Float64Array {
  const loads = zipf(n, seed);
  let cap = Number.POSITIVE_INFINITY;
  for (let round = 0; round < CAP_ROUNDS; round += 1)
    cap = (CAP_SHARE * loads.reduce((sum, load) => sum + Math.min(load, cap), 0)) / m;
  return loads.map((load) => Math.min(load, cap));
}

export function uniform(n: number, seed = 7): Float64Array {
  const next = seeded(seed);
  return Float64Array.from({length: n}, () => (1 + next(1_000_000)) / 1_000_000);
}

export function exponential(n: number, seed = 7): Float64Array {
  return uniform(n, seed).map((one) => -Math.log(one));
}
