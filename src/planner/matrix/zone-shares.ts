/** How many shards of each bucket each zone shall hold: the sum of its containers' shares, rounded down or up. */
import type {Cells} from './cells.ts';
import type {Demand} from './demand.ts';
import {evenBounds} from './levels.ts';
import type {Levels} from './levels.ts';

/** Entry `bucket * zones + zone`; pinned shards are not counted. */
export class ZoneShares {
  readonly zones: number;
  readonly counts: Int32Array;
  readonly least: Int32Array;
  readonly most: Int32Array;
  private readonly zoneOf: Int32Array;

  constructor(demand: Demand, levels: Levels, cells: Cells, zoneOf: Int32Array) {
    this.zones = demand.zoneCount;
    this.zoneOf = zoneOf;
    const size = demand.buckets * this.zones;
    this.counts = new Int32Array(size);
    this.least = new Int32Array(size);
    this.most = new Int32Array(size);
    const shares = new Float64Array(this.zones);
    for (let bucket = 0; bucket < demand.buckets; bucket += 1) {
      if (levels.weightOf(bucket) === 0) continue;
      shares.fill(0);
      this.addShares(demand, levels, bucket, shares);
      this.addPinned(demand, levels, cells, bucket, shares);
      for (const [zone, share] of shares.entries()) {
        const at = bucket * this.zones + zone;
        [this.least[at], this.most[at]] = evenBounds(share, levels.slack);
      }
    }
  }

  /** The entry of a bucket and the zone of a container. */
  at(bucket: number, container: number): number {
    return bucket * this.zones + (this.zoneOf[container] ?? 0);
  }

  private addShares(
    {classes, poolOf}: Demand,
    levels: Levels,
    bucket: number,
    shares: Float64Array,
  ): void {
    const share = levels.sharedOf(bucket) / levels.weightOf(bucket);
    for (const {zone, weight, members} of classes[poolOf[bucket] ?? 0] ?? []) {
      const at = bucket * this.zones + zone;
      shares[zone] = (shares[zone] ?? 0) + share * weight * members.length;
      this.counts[at] = (this.counts[at] ?? 0) + levels.leastOf(bucket, weight) * members.length;
    }
  }

  /** Who is pinned counts for its zone; whoever is full by pins has no share. */
  private addPinned(
    {pins, weights, poolOf}: Demand,
    levels: Levels,
    cells: Cells,
    bucket: number,
    shares: Float64Array,
  ): void {
    for (const [container, count] of pins.get(bucket) ?? []) {
      const zone = this.zoneOf[container] ?? 0;
      const weight = weights[poolOf[bucket] ?? 0]?.[container] ?? 0;
      const full = levels.full.get(bucket)?.has(container) === true;
      const share = (levels.sharedOf(bucket) * weight) / levels.weightOf(bucket);
      shares[zone] = (shares[zone] ?? 0) - (full ? share : count);
      const at = bucket * this.zones + zone;
      const least = cells.least[cells.find(bucket, container)] ?? 0;
      this.counts[at] = (this.counts[at] ?? 0) + least - levels.leastOf(bucket, weight);
    }
  }
}

/** How many extras of one bucket may still go where. */
export class ExtraCapacity {
  left = 0;
  private readonly zones: ZoneShares | undefined;
  private bucket = 0;
  /** Extras that no zone is short of. */
  private free = 0;

  constructor(zones: ZoneShares | undefined) {
    this.zones = zones;
  }

  begin(bucket: number, extras: number): void {
    this.bucket = bucket;
    this.left = extras;
    this.free = extras;
    if (this.zones === undefined) return;
    const {zones, least, counts} = this.zones;
    for (let at = bucket * zones; at < (bucket + 1) * zones; at += 1)
      this.free -= Math.max(0, (least[at] ?? 0) - (counts[at] ?? 0));
  }

  /** Takes room for up to so many extras on the container; returns for how many. */
  take(container: number, wanted: number): number {
    if (this.zones === undefined) {
      const count = Math.min(wanted, this.left);
      this.left -= count;
      return count;
    }
    const {counts, least, most} = this.zones;
    const at = this.zones.at(this.bucket, container);
    const count = counts[at] ?? 0;
    const missing = Math.max(0, (least[at] ?? 0) - count);
    const spare = Math.min(this.free, (most[at] ?? 0) - Math.max(count, least[at] ?? 0));
    const taken = Math.min(wanted, this.left, missing + Math.max(0, spare));
    counts[at] = count + taken;
    this.free -= Math.max(0, taken - missing);
    this.left -= taken;
    return taken;
  }
}
