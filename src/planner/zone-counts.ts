/**
 * How many shards of each bucket each zone is to hold, kept up while single shards are redirected: among the open containers and those whose trial is
 * due, which are open once they have proved themselves.
 */
import {haveWeight} from '../model/weights.ts';
import {whenFewer, whenMore} from './matrix/bounds.ts';
import {evenBounds} from './matrix/levels.ts';
import {OPEN, TRIAL_DUE, poolOfShard} from './table.ts';
import type {Pool, Table} from './table.ts';

export class ZoneCounts {
  private readonly table: Table;
  private readonly zones: Int32Array;
  private readonly zoneCount: number;
  /** Per container: 1 where it takes part. */
  private readonly takesPart: Uint8Array;
  /** Entry `bucket * zoneCount + zone`. */
  private readonly counts: Int32Array;
  /** Per pool, by zone: the part of its weight that is there. */
  private readonly parts = new Map<Pool, Float64Array>();

  constructor(table: Table, zones: Int32Array, target: Int32Array) {
    this.table = table;
    this.zones = zones;
    this.zoneCount = 1 + zones.reduce((most, zone) => Math.max(most, zone), 0);
    this.takesPart = table.mode.map((mode, at) =>
      Number(mode === OPEN || ((table.unproved?.[at] ?? 0) & TRIAL_DUE) > 0),
    );
    this.counts = new Int32Array(table.bucketPool.length * this.zoneCount);
    for (const [shard, container] of target.entries()) this.count(shard, container, 1);
  }

  /** The shard goes elsewhere. `from` -1: it had no container. */
  redirect(shard: number, from: number, to: number): void {
    this.count(shard, from, -1);
    this.count(shard, to, 1);
  }

  /** By how much zones are more even when the shard goes to the other container; below 0: less. */
  gain(shard: number, from: number, to: number): number {
    const [leaves, enters] = [this.zones[from] ?? 0, this.zones[to] ?? 0];
    const pool = poolOfShard(this.table, shard);
    if (leaves === enters || pool === undefined) return 0;
    const first = (this.table.bucket[shard] ?? 0) * this.zoneCount;
    const size = this.counts
      .subarray(first, first + this.zoneCount)
      .reduce((sum, count) => sum + count, 0);
    const worse = (zone: number, by: typeof whenMore): number => {
      const share = size * (this.partsOf(pool)[zone] ?? 0);
      return by(this.counts[first + zone] ?? 0, ...evenBounds(share, this.table.slack));
    };
    return -(worse(leaves, whenFewer) + worse(enters, whenMore));
  }

  private count(shard: number, container: number, by: number): void {
    if (this.takesPart[container] !== 1) return;
    const at = (this.table.bucket[shard] ?? 0) * this.zoneCount + (this.zones[container] ?? 0);
    this.counts[at] = (this.counts[at] ?? 0) + by;
  }

  private partsOf(pool: Pool): Float64Array {
    const known = this.parts.get(pool);
    if (known !== undefined) return known;
    const {weights} = this.table;
    const members = [...weights.keys()].filter(
      (at) => pool.has[at] === 1 && this.takesPart[at] === 1,
    );
    const isByWeight = haveWeight(members.map((at) => weights[at] ?? 0));
    const parts = new Float64Array(this.zoneCount);
    let whole = 0;
    for (const at of members) {
      const weight = isByWeight ? (weights[at] ?? 0) : 1;
      const zone = this.zones[at] ?? 0;
      parts[zone] = (parts[zone] ?? 0) + weight;
      whole += weight;
    }
    const shares = parts.map((weight) => weight / Math.max(1, whole));
    this.parts.set(pool, shares);
    return shares;
  }
}
