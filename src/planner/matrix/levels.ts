/** The share of every bucket per container, by weight, and what follows for the totals. */
import type {Demand} from './demand.ts';
import {NEARLY_WHOLE_SHARE} from './limits.ts';

const NO_SUMS = new Float64Array();

export class Levels {
  /** Those of the demand. */
  private start: Int32Array;
  private poolOf: Int32Array;
  /** Per pool: the weight of its members. */
  private weightOfPool: Float64Array;
  /** Per bucket with pins on open containers: shards to be shared, pins of those that share included, and the weights among which. */
  private pinned: Map<number, {readonly shared: number; readonly weight: number}> | undefined;
  /** Per bucket: containers that pins lift above their share; they get no free shard. */
  readonly full = new Map<number, ReadonlySet<number>>();
  readonly slack: number;
  /** Buckets but for those of arrivals. */
  private readonly buckets: number;
  /** Per container: shards in all, at first without the extras. */
  readonly totals: Int32Array;
  /** Per container: the sum of its shares over the buckets, rounded down and up. */
  readonly least: Int32Array;
  readonly most: Int32Array;
  /** Per container: the sum rounded down without slack, above which its height is measured. */
  readonly even: Int32Array;
  /** Per container: that sum, not rounded. */
  readonly shares: Float64Array;

  constructor(demand: Demand) {
    this.start = demand.start;
    this.poolOf = demand.poolOf;
    this.weightOfPool = weightsOf(demand);
    this.slack = demand.slack;
    this.buckets = demand.buckets;
    this.totals = Int32Array.from(demand.fixed);
    this.shares = Float64Array.from(demand.fixed);
    this.shareOut(demand, this.shares);
    this.least = new Int32Array(demand.containers);
    this.most = new Int32Array(demand.containers);
    this.even = new Int32Array(demand.containers);
    this.roundShares();
  }

  /** Buckets more, whose shards are in the totals already: each has a pool of one container. */
  addArrivals(demand: Demand): void {
    this.start = demand.start;
    this.poolOf = demand.poolOf;
    this.weightOfPool = weightsOf(demand);
  }

  /** Shards of the bucket to be shared, pins of those that share included. */
  sharedOf(bucket: number): number {
    const own = this.pinned?.get(bucket);
    return own?.shared ?? (this.start[bucket + 1] ?? 0) - (this.start[bucket] ?? 0);
  }

  /** The weights among which they are shared. */
  weightOf(bucket: number): number {
    const own = this.pinned?.get(bucket);
    return own?.weight ?? this.weightOfPool[this.poolOf[bucket] ?? 0] ?? 0;
  }

  /** Whether all totals are within their bounds. */
  areKept(): boolean {
    const {totals, least, most} = this;
    for (let at = 0; at < totals.length; at += 1) {
      const total = totals[at] ?? 0;
      if (total < (least[at] ?? 0) || total > (most[at] ?? 0)) return false;
    }
    return true;
  }

  /** Fewest of the bucket that are even on a container of that weight, pins counted. */
  leastOf(bucket: number, weight: number): number {
    const shared = this.sharedOf(bucket) * weight;
    const whole = this.weightOf(bucket);
    if (whole === 0) return 0;
    return Math.max(0, Math.floor(shared / whole) - this.slackOf(bucket, shared / whole));
  }

  /** The share there, rounded down; without slack. */
  levelOf(bucket: number, weight: number): number {
    const whole = this.weightOf(bucket);
    return whole === 0 ? 0 : Math.floor((this.sharedOf(bucket) * weight) / whole);
  }

  /** Most of the bucket that are even there. */
  mostOf(bucket: number, weight: number): number {
    const shared = this.sharedOf(bucket) * weight;
    const whole = this.weightOf(bucket);
    if (whole === 0) return 0;
    return Math.ceil(shared / whole) + this.slackOf(bucket, shared / whole);
  }

  /** So many shards of the bucket are more than what its containers hold at least, where nobody is pinned; below 0: fewer, for slack is counted. */
  extrasOf({poolOf, start, classes}: Demand, bucket: number): number {
    let left = (start[bucket + 1] ?? 0) - (start[bucket] ?? 0);
    for (const {members, weight} of classes[poolOf[bucket] ?? 0] ?? [])
      left -= members.length * this.leastOf(bucket, weight);
    return left;
  }

  /** Arrivals have no slack: they are what they are. */
  private slackOf(bucket: number, share: number): number {
    return this.slack === 0 || bucket >= this.buckets ? 0 : Math.floor(this.slack * share);
  }

  private roundShares(): void {
    for (let at = 0; at < this.shares.length; at += 1) {
      const share = this.shares[at] ?? 0;
      [this.even[at]] = evenBounds(share, 0);
      [this.least[at], this.most[at]] = evenBounds(share, this.slack);
    }
  }

  /** Adds the shares of all buckets to `shares`, and what they hold at least to `totals`. */
  private shareOut(demand: Demand, shares: Float64Array): void {
    const base = demand.classes.map((classes) => new Float64Array(classes.length));
    const share = new Float64Array(demand.pools.length);
    for (let bucket = 0; bucket < demand.buckets; bucket += 1) {
      const pool = demand.poolOf[bucket] ?? 0;
      if ((demand.pools[pool]?.length ?? 0) === 0) continue;
      const pins = demand.pins.get(bucket);
      const size = (demand.start[bucket + 1] ?? 0) - (demand.start[bucket] ?? 0);
      const weight = this.weightOfPool[pool] ?? 0;
      if (pins !== undefined) {
        this.setShare(demand, bucket, size, weight, pins);
        this.addPinned(demand, bucket, pins, shares);
        continue;
      }
      share[pool] = (share[pool] ?? 0) + size / weight;
      const sums = base[pool] ?? NO_SUMS;
      const classes = demand.classes[pool] ?? [];
      for (let at = 0; at < classes.length; at += 1)
        sums[at] = (sums[at] ?? 0) + this.leastOf(bucket, classes[at]?.weight ?? 0);
    }
    for (const [pool, classes] of demand.classes.entries())
      for (const [at, {members, weight}] of classes.entries())
        for (const container of members) {
          shares[container] = (shares[container] ?? 0) + (share[pool] ?? 0) * weight;
          this.totals[container] = (this.totals[container] ?? 0) + (base[pool]?.[at] ?? 0);
        }
  }

  /** Containers that pins lift above their share keep their pins and get nothing; the others share the rest. `weight`: of the whole pool. */
  private setShare(
    {poolOf, weights}: Demand,
    bucket: number,
    size: number,
    weight: number,
    pins: ReadonlyMap<number, number>,
  ): void {
    const pool = poolOf[bucket] ?? 0;
    const weightOf = (container: number): number => weights[pool]?.[container] ?? 0;
    let [shared, left] = [size, weight];
    const highest = [...pins].sort(
      (a, b) => b[1] * weightOf(a[0]) - a[1] * weightOf(b[0]) || b[1] - a[1],
    );
    for (const [, count] of highest) shared += count;
    const full = new Set<number>();
    for (const [container, count] of highest) {
      if (count * left <= shared * weightOf(container)) break;
      shared -= count;
      left -= weightOf(container);
      full.add(container);
    }
    if (full.size > 0) this.full.set(bucket, full);
    this.pinned ??= new Map();
    this.pinned.set(bucket, {shared, weight: left});
  }

  /** Pins are in the totals already: whoever shares gets only what is missing to its share. */
  private addPinned(
    {pools, poolOf, weights}: Demand,
    bucket: number,
    pins: ReadonlyMap<number, number>,
    shares: Float64Array,
  ): void {
    const pool = poolOf[bucket] ?? 0;
    const whole = this.weightOf(bucket);
    if (whole === 0) return;
    for (const container of pools[pool] ?? []) {
      if (this.full.get(bucket)?.has(container) === true) continue;
      const weight = weights[pool]?.[container] ?? 0;
      const pinned = pins.get(container) ?? 0;
      const missing = Math.max(0, this.leastOf(bucket, weight) - pinned);
      this.totals[container] = (this.totals[container] ?? 0) + missing;
      shares[container] =
        (shares[container] ?? 0) + (this.sharedOf(bucket) * weight) / whole - pinned;
    }
  }
}

function weightsOf({classes}: Demand): Float64Array {
  return Float64Array.from(classes, (alike) =>
    alike.reduce((sum, {members, weight}) => sum + members.length * weight, 0),
  );
}

/** Per pool: its buckets whose level is above zero somewhere. */
export function levelledOf(demand: Demand, levels: Levels): number[][] {
  const levelled: number[][] = demand.pools.map(() => []);
  const heaviest = demand.classes.map((classes) =>
    classes.reduce((most, {weight}) => Math.max(most, weight), 0),
  );
  for (let bucket = 0; bucket < demand.buckets; bucket += 1) {
    const pool = demand.poolOf[bucket] ?? 0;
    if (levels.leastOf(bucket, heaviest[pool] ?? 0) > 0) levelled[pool]?.push(bucket);
  }
  return levelled;
}

/** The fewest and the most that are even where the share is so much: it is rounded down and up, beside what slack allows. */
export function evenBounds(share: number, slack: number): [least: number, most: number] {
  const spare = Math.floor(slack * Math.max(0, share));
  const [down, up] = [Math.floor(nearby(share)), Math.ceil(nearby(share))];
  return [Math.max(0, down - spare), Math.max(0, up + spare)];
}

/** The share; the next whole number where only the rounding errors of a sum are between them. */
function nearby(share: number): number {
  const whole = Math.round(share);
  return Math.abs(share - whole) < NEARLY_WHOLE_SHARE ? whole : share;
}
