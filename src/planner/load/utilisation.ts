/** How much load each container has, as a multiple of its share. Containers by rank, entry `container * metrics + metric`. */
import type {PlacementMetric} from '../../model/placement.ts';
import type {Loads} from '../columns.ts';
import {LOAD_LOWER_FACTOR, LOAD_UPPER_FACTOR} from './limits.ts';
import type {Demand} from '../matrix/demand.ts';
import type {Narrow} from '../matrix/narrow.ts';
import {OPEN} from '../table.ts';
import type {Table} from '../table.ts';

/** The bounds of a metric, whatever the policy says. */
export interface Band {
  readonly upper: number;
  readonly lower: number;
}

export function bandOf({upper, lower}: PlacementMetric): Band {
  const stop = lower >= 1 && lower < Number.POSITIVE_INFINITY ? lower : LOAD_LOWER_FACTOR;
  return {lower: stop, upper: upper >= stop ? upper : Math.max(stop, LOAD_UPPER_FACTOR)};
}

export class Utilisation {
  readonly metrics: number;
  readonly loads: Loads;
  /** What it has, and what its share is. */
  readonly load: Float64Array;
  readonly share: Float64Array;
  /** 1 for containers that take part: open, and with a share of load. */
  readonly takes: Uint8Array;

  /** `placed` per shard: its container; `table.m` for one that will get one, -1 for one that will not. */
  constructor(table: Table, demand: Demand, loads: Loads, placed: Int32Array) {
    this.loads = loads;
    this.metrics = loads.metrics.length;
    this.load = new Float64Array(table.m * this.metrics);
    this.share = new Float64Array(table.m * this.metrics);
    this.takes = new Uint8Array(table.m);
    const ofPool = loadsOfPools(table, demand, loads, placed);
    for (const [pool, members] of demand.pools.entries())
      this.shareOut(demand, pool, members, ofPool);
  }

  ofShard(shard: number, metric: number): number {
    return this.loads.ofShards[shard * this.metrics + metric] ?? 0;
  }

  /** The load as a multiple of the share; 0 where there is no share. */
  of(container: number, metric: number): number {
    const at = container * this.metrics + metric;
    const share = this.share[at] ?? 0;
    return share > 0 ? (this.load[at] ?? 0) / share : 0;
  }

  /** The metric of which it has most compared with its share. */
  hottestMetric(container: number): number {
    let hottest = 0;
    for (let metric = 1; metric < this.metrics; metric += 1)
      if (this.of(container, metric) > this.of(container, hottest)) hottest = metric;
    return hottest;
  }

  add(shard: number, container: number): void {
    const {metrics, load, loads} = this;
    for (let metric = 0; metric < metrics; metric += 1) {
      const at = container * metrics + metric;
      load[at] = (load[at] ?? 0) + (loads.ofShards[shard * metrics + metric] ?? 0);
    }
  }

  /** All shards are where `target` has them, as container indexes. */
  recount(table: Table, target: Int32Array): void {
    this.load.fill(0);
    this.addAll(table, target);
  }

  /** Shards come to where `target` has them, as container indexes; -1 for nowhere. */
  addAll({containerRank}: Table, target: Int32Array): void {
    const {load, metrics, loads} = this;
    addToContainers(load, loads.ofShards, metrics, target, containerRank);
  }

  /** The shards from one index of the list to another come to the containers beside them, as 1 + their rank. */
  addListed(shards: Int32Array, places: Narrow, from: number, end: number): void {
    addLoads(this.load, this.loads.ofShards, this.metrics, shards, places, from, end);
  }

  remove(shard: number, container: number): void {
    const {metrics, load, loads} = this;
    for (let metric = 0; metric < metrics; metric += 1) {
      const at = container * metrics + metric;
      load[at] = Math.max(0, (load[at] ?? 0) - (loads.ofShards[shard * metrics + metric] ?? 0));
    }
  }

  private shareOut(
    {weights}: Demand,
    pool: number,
    members: Int32Array,
    ofPool: Float64Array,
  ): void {
    const ofMember = (container: number): number => weights[pool]?.[container] ?? 0;
    let whole = 0;
    for (const container of members) whole += ofMember(container);
    if (whole === 0) return;
    for (const container of members) {
      const part = ofMember(container) / whole;
      if (part > 0) this.takes[container] = 1;
      for (let metric = 0; metric < this.metrics; metric += 1) {
        const at = container * this.metrics + metric;
        this.share[at] = (this.share[at] ?? 0) + (ofPool[pool * this.metrics + metric] ?? 0) * part;
      }
    }
  }
}

/*
 * What follows goes over all shards. It takes columns alone: code for objects that do not outlive a plan is thrown away with them, and the next plan would
 * begin with a slow one.
 */

/** Per pool and metric: the load of the shards that have, or will get, an open container. */
function loadsOfPools(
  {n, m, mode, bucket, bucketPool}: Table,
  {pools}: Demand,
  {ofShards, metrics: {length: metrics}}: Loads,
  placed: Int32Array,
): Float64Array {
  const sums = new Float64Array(pools.length * metrics);
  for (let shard = 0; shard < n; shard += 1) {
    const at = placed[shard] ?? -1;
    if (at < 0 || (at < m && mode[at] !== OPEN)) continue;
    const pool = (bucketPool[bucket[shard] ?? 0] ?? 0) * metrics;
    for (let metric = 0; metric < metrics; metric += 1)
      sums[pool + metric] = (sums[pool + metric] ?? 0) + (ofShards[shard * metrics + metric] ?? 0);
  }
  return sums;
}

function addToContainers(
  load: Float64Array,
  ofShards: Float64Array,
  metrics: number,
  target: Int32Array,
  containerRank: Int32Array,
): void {
  for (let shard = 0; shard < target.length; shard += 1) {
    const container = target[shard] ?? -1;
    if (container < 0) continue;
    const to = (containerRank[container] ?? 0) * metrics;
    for (let metric = 0; metric < metrics; metric += 1)
      load[to + metric] = (load[to + metric] ?? 0) + (ofShards[shard * metrics + metric] ?? 0);
  }
}

function addLoads(
  load: Float64Array,
  ofShards: Float64Array,
  metrics: number,
  shards: Int32Array,
  places: Narrow,
  from: number,
  end: number,
): void {
  for (let at = from; at < end; at += 1) {
    const own = (shards[at] ?? 0) * metrics;
    const to = ((places[at] ?? 0) - 1) * metrics;
    for (let metric = 0; metric < metrics; metric += 1)
      load[to + metric] = (load[to + metric] ?? 0) + (ofShards[own + metric] ?? 0);
  }
}
