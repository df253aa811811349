/** The share of every bucket per container, and what follows for the totals. */
import type {Demand} from './demand.ts';

/** A share this near to a whole number is one: sums of fractions are not exact. */
const NEARLY_WHOLE = 1e-6;

export interface Levels {
  /** Per bucket: what every container of its pool holds at least, pins counted. */
  readonly level: Int32Array;
  /** Per bucket: so many containers hold one more. */
  readonly extras: Int32Array;
  /** Per bucket: containers that pins lift above the level; they get no free shard. */
  readonly full: ReadonlyMap<number, ReadonlySet<number>>;
  /** Per container: shards in all, without the extras. */
  readonly totals: Int32Array;
  /** Per container: the sum of its shares over the buckets, rounded down and up. */
  readonly least: Int32Array;
  readonly most: Int32Array;
}

export function levelsOf(demand: Demand): Levels {
  const level = new Int32Array(demand.buckets);
  const extras = new Int32Array(demand.buckets);
  const full = new Map<number, Set<number>>();
  const totals = Int32Array.from(demand.fixed);
  const shares = Float64Array.from(demand.fixed);
  const base = new Float64Array(demand.pools.length);
  const spare = new Float64Array(demand.pools.length);
  for (let bucket = 0; bucket < demand.buckets; bucket += 1) {
    const pool = demand.poolOf[bucket] ?? 0;
    const open = demand.pools[pool]?.length ?? 0;
    if (open === 0) continue;
    const pins = demand.pins.get(bucket);
    const size = (demand.start[bucket + 1] ?? 0) - (demand.start[bucket] ?? 0);
    if (pins === undefined) {
      level[bucket] = Math.floor(size / open);
      extras[bucket] = size % open;
      base[pool] = (base[pool] ?? 0) + (level[bucket] ?? 0);
      spare[pool] = (spare[pool] ?? 0) + (extras[bucket] ?? 0);
    } else {
      const water = waterLevel(pins, size, open);
      level[bucket] = water.level;
      extras[bucket] = water.extras;
      if (water.full.size > 0) full.set(bucket, water.full);
      addPinned(demand.pools[pool], pins, water, totals, shares);
    }
  }
  for (const [pool, open] of demand.pools.entries()) {
    const whole = base[pool] ?? 0;
    const share = whole + (spare[pool] ?? 0) / open.length;
    for (const container of open) {
      totals[container] = (totals[container] ?? 0) + whole;
      shares[container] = (shares[container] ?? 0) + share;
    }
  }
  return {level, extras, full, totals, ...rounded(shares)};
}

interface Water {
  readonly level: number;
  readonly extras: number;
  readonly full: Set<number>;
  readonly open: number;
}

/** Containers that pins lift above the level keep their pins and get nothing; the others share the rest. */
function waterLevel(pins: ReadonlyMap<number, number>, size: number, open: number): Water {
  const highest = [...pins].sort((a, b) => b[1] - a[1]);
  let rest = highest.reduce((sum, [, count]) => sum + count, size);
  const full = new Set<number>();
  for (const [container, count] of highest) {
    if (full.size === open || count <= Math.floor(rest / (open - full.size))) break;
    rest -= count;
    full.add(container);
  }
  const sharing = open - full.size;
  if (sharing === 0) return {level: 0, extras: 0, full, open: 0};
  return {level: Math.floor(rest / sharing), extras: rest % sharing, full, open: sharing};
}

/** Pins are in the totals already: whoever shares gets only what is missing to the level. */
function addPinned(
  containers: Int32Array | undefined,
  pins: ReadonlyMap<number, number>,
  {level, extras, full, open}: Water,
  totals: Int32Array,
  shares: Float64Array,
): void {
  for (const container of containers ?? []) {
    if (full.has(container)) continue;
    const missing = level - (pins.get(container) ?? 0);
    totals[container] = (totals[container] ?? 0) + missing;
    shares[container] = (shares[container] ?? 0) + missing + extras / open;
  }
}

function rounded(shares: Float64Array): Pick<Levels, 'least' | 'most'> {
  const whole = shares.map((share) => {
    const near = Math.round(share);
    return Math.abs(share - near) < NEARLY_WHOLE ? near : share;
  });
  return {least: Int32Array.from(whole, Math.floor), most: Int32Array.from(whole, Math.ceil)};
}
