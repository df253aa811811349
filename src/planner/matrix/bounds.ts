/** The target matrix while single shards are moved about in it: what keeps it even. Containers by rank. */
import {WEIGHTLESS_DISTANCE} from './limits.ts';
import type {Targets} from './targets.ts';

export class MatrixBounds {
  private readonly targets: Targets;

  constructor(targets: Targets) {
    this.targets = targets;
  }

  /** Whether the matrix is as even when a free shard of the bucket goes from one to the other, also where it is not even. */
  allowsMove(bucket: number, from: number, to: number): boolean {
    return this.ofTotals(from, to) <= 0 && this.allowsInBucket(bucket, from, to);
  }

  /** Whether it is as even when a free shard of `bucket` goes to `to`, and one of `other` comes from there. */
  allowsSwap(bucket: number, other: number, from: number, to: number): boolean {
    if (bucket === other) return true;
    return this.allowsInBucket(bucket, from, to) && this.allowsInBucket(other, to, from);
  }

  /** A free shard of the bucket goes elsewhere; -1: nowhere, or from nowhere. */
  move(bucket: number, from: number, to: number): void {
    if (from >= 0) this.count(bucket, from, -1);
    if (to >= 0) this.count(bucket, to, 1);
  }

  /** A shard that is bound to it comes to the container, or leaves it. */
  countFixed(container: number, by: number): void {
    const {totals} = this.targets.levels;
    totals[container] = (totals[container] ?? 0) + by;
  }

  /** How far above what is even the container is. */
  heightOf(container: number): number {
    const {totals, even} = this.targets.levels;
    return (totals[container] ?? 0) - (even[container] ?? 0);
  }

  /** Whether the container has a share of the bucket. */
  hasShare(bucket: number, container: number): boolean {
    return this.weightOf(bucket, container) > 0;
  }

  /** How many more of the bucket than are even it would have with one more; below 0 for fewer. */
  excessOf(bucket: number, container: number): number {
    const {cells, levels} = this.targets;
    const cell = cells.find(bucket, container);
    if (cell < 0)
      return (
        1 +
        levels.leastOf(bucket, this.weightOf(bucket, container)) -
        this.mostOf(bucket, container)
      );
    return 1 + (cells.want[cell] ?? 0) - (cells.least[cell] ?? 0) - (cells.spare[cell] ?? 0);
  }

  /** How far cells, zones and totals are from even, in all. */
  unevenness(): number {
    const {cells, levels, zones} = this.targets;
    let sum = WEIGHTLESS_DISTANCE * this.weightless();
    for (let cell = 0; cell < cells.count; cell += 1) {
      const least = cells.least[cell] ?? 0;
      sum += outside(cells.want[cell] ?? 0, least, least + (cells.spare[cell] ?? 0));
    }
    for (const [container, total] of levels.totals.entries())
      sum += outside(total, levels.least[container] ?? 0, levels.most[container] ?? 0);
    for (const [at, count] of (zones?.counts ?? []).entries())
      sum += outside(count, zones?.least[at] ?? 0, zones?.most[at] ?? 0);
    return sum;
  }

  /** Shards where their bucket has no share, because of weight 0. */
  private weightless(): number {
    const {count, bucket, container, want} = this.targets.cells;
    let sum = 0;
    for (let cell = 0; cell < count; cell += 1)
      if (!this.hasShare(bucket[cell] ?? 0, container[cell] ?? 0)) sum += want[cell] ?? 0;
    return sum;
  }

  /** Shards on weight 0; then how far zones, then buckets, then totals are from even: 1 + 2 + 3 and so on for each. */
  distances(): readonly number[] {
    const {cells, levels, zones} = this.targets;
    let [ofZones, ofBuckets, ofTotals] = [0, 0, 0];
    for (const [at, count] of (zones?.counts ?? []).entries())
      ofZones += triangle(outside(count, zones?.least[at] ?? 0, zones?.most[at] ?? 0));
    for (let cell = 0; cell < cells.count; cell += 1) {
      const least = cells.least[cell] ?? 0;
      const most = least + (cells.spare[cell] ?? 0);
      ofBuckets += triangle(outside(cells.want[cell] ?? 0, least, most));
    }
    for (const [at, total] of levels.totals.entries())
      ofTotals += triangle(outside(total, levels.least[at] ?? 0, levels.most[at] ?? 0));
    return [this.weightless(), ofZones, ofBuckets, ofTotals];
  }

  private allowsInBucket(bucket: number, from: number, to: number): boolean {
    return this.ofBucket(bucket, from, to) <= 0 && this.ofZones(bucket, from, to) <= 0;
  }

  /** By how much totals are less even when a shard goes from one to the other; below 0: more even. */
  private ofTotals(from: number, to: number): number {
    const {totals, least, most} = this.targets.levels;
    const leaves = whenFewer(totals[from] ?? 0, least[from] ?? 0, most[from] ?? 0);
    return leaves + whenMore(totals[to] ?? 0, least[to] ?? 0, most[to] ?? 0);
  }

  /** The same of a bucket when one of its free shards does. */
  private ofBucket(bucket: number, from: number, to: number): number {
    const [leaves, enters] = [this.cellOf(bucket, from), this.cellOf(bucket, to)];
    const weightless = Number(!this.hasShare(bucket, to)) - Number(!this.hasShare(bucket, from));
    return (
      WEIGHTLESS_DISTANCE * weightless +
      whenFewer(leaves.want, leaves.least, leaves.most) +
      whenMore(enters.want, enters.least, enters.most)
    );
  }

  private ofZones(bucket: number, from: number, to: number): number {
    const {zones} = this.targets;
    if (zones === undefined) return 0;
    const {counts, least, most} = zones;
    const [leaves, enters] = [zones.at(bucket, from), zones.at(bucket, to)];
    if (leaves === enters) return 0;
    const fewer = whenFewer(counts[leaves] ?? 0, least[leaves] ?? 0, most[leaves] ?? 0);
    return fewer + whenMore(counts[enters] ?? 0, least[enters] ?? 0, most[enters] ?? 0);
  }

  private cellOf(bucket: number, container: number): {want: number; least: number; most: number} {
    const {cells, levels} = this.targets;
    const cell = cells.find(bucket, container);
    if (cell < 0) {
      const weight = this.weightOf(bucket, container);
      const least = levels.leastOf(bucket, weight);
      return {want: least, least, most: levels.mostOf(bucket, weight)};
    }
    const least = cells.least[cell] ?? 0;
    return {want: cells.want[cell] ?? 0, least, most: least + (cells.spare[cell] ?? 0)};
  }

  private count(bucket: number, container: number, by: number): void {
    const {cells, zones} = this.targets;
    const known = cells.find(bucket, container);
    const cell = known < 0 ? cells.add(bucket, container) : known;
    cells.want[cell] = (cells.want[cell] ?? 0) + by;
    this.countFixed(container, by);
    if (zones === undefined) return;
    const at = zones.at(bucket, container);
    zones.counts[at] = (zones.counts[at] ?? 0) + by;
  }

  private weightOf(bucket: number, container: number): number {
    const {weights, poolOf} = this.targets.demand;
    return weights[poolOf[bucket] ?? 0]?.[container] ?? 0;
  }

  private mostOf(bucket: number, container: number): number {
    return this.targets.levels.mostOf(bucket, this.weightOf(bucket, container));
  }
}

function outside(count: number, least: number, most: number): number {
  return Math.max(0, least - count, count - most);
}

/** By how much the distance of a count from its bounds costs more with one more; below 0: less. */
export function whenMore(count: number, least: number, most: number): number {
  if (count >= most) return count - most + 1;
  return count < least ? count - least : 0;
}

/** The same with one fewer. */
export function whenFewer(count: number, least: number, most: number): number {
  if (count <= least) return least - count + 1;
  return count > most ? most - count : 0;
}

function triangle(distance: number): number {
  return (distance * (distance + 1)) / 2;
}
