/** Who gets the extras at first: where they save a move, then the containers with the lowest totals. */
import type {Cells} from './cells.ts';
import type {Demand} from './demand.ts';
import {LevelQueue} from './level-queue.ts';
import type {Levels} from './levels.ts';
import type {Wishes} from './wishes.ts';
import {ExtraCapacity} from './zone-shares.ts';
import type {ZoneShares} from './zone-shares.ts';

const NONE = -1;
/** Up to where extras go: to the share without slack, rounded down, or to the most that is even. */
type Bound = 'level' | 'most';

/** Gives all extras; every bucket is then as cheap in moves as it can be. Returns per bucket: 1 when more extras would save moves. */
export function giveExtras(
  demand: Demand,
  levels: Levels,
  cells: Cells,
  wishes: Wishes,
  zones: ZoneShares | undefined,
): Uint8Array {
  return new Giver(demand, levels, cells, wishes, zones).giveAll();
}

export class Giver {
  private readonly demand: Demand;
  private readonly levels: Levels;
  private readonly cells: Cells;
  private readonly wishes: Wishes;
  private readonly zones: ZoneShares | undefined;
  private readonly room: ExtraCapacity;
  private readonly queues = new Map<number, LevelQueue>();
  /** Per container: its cell of the bucket whose extras are spread, or of one before. */
  private readonly stored: Int32Array;
  /** Containers that leave the queue until their bucket has been served. Kept, for there may be a bucket for each shard. */
  private readonly passed: Int32Array;
  /** As `findSavers` has left it. */
  private readonly savers: Int32Array;

  constructor(
    demand: Demand,
    levels: Levels,
    cells: Cells,
    wishes: Wishes,
    zones: ZoneShares | undefined,
  ) {
    this.demand = demand;
    this.levels = levels;
    this.cells = cells;
    this.wishes = wishes;
    this.zones = zones;
    this.room = new ExtraCapacity(zones);
    this.stored = new Int32Array(demand.containers).fill(NONE);
    this.passed = new Int32Array(demand.containers);
    this.savers = new Int32Array(demand.containers);
  }

  giveAll(): Uint8Array {
    const {demand} = this;
    const contested = new Uint8Array(demand.buckets);
    const left = new Int32Array(demand.buckets);
    for (let bucket = 0; bucket < demand.buckets; bucket += 1) {
      const extras = extrasOf(demand, this.levels, this.cells, bucket);
      if (extras === 0) continue;
      const savers = this.findSavers(bucket);
      if (this.isContested(bucket, savers, extras)) contested[bucket] = 1;
      else {
        this.room.begin(bucket, extras);
        for (let at = 0; at < savers; at += 1) {
          const cell = this.savers[at] ?? 0;
          this.give(cell, this.savesOf(cell));
        }
        left[bucket] = this.room.left;
      }
    }
    for (let bucket = 0; bucket < demand.buckets; bucket += 1) {
      if (contested[bucket] === 0) continue;
      this.giveToLowest(bucket);
      left[bucket] = this.room.left;
    }
    this.spread(left, contested, 0);
    this.spread(left, contested, 1);
    return contested;
  }

  /** Whether more moves could be saved than there are extras, or than a zone may have. `count`: of savers. */
  private isContested(bucket: number, count: number, extras: number): boolean {
    const {zones, cells, savers} = this;
    let units = 0;
    for (let at = 0; at < count; at += 1) units += this.savesOf(savers[at] ?? 0);
    if (units > extras || zones === undefined) return units > extras;
    const ofZone = new Map<number, number>();
    for (const cell of savers.subarray(0, count)) {
      const at = zones.at(bucket, cells.container[cell] ?? 0);
      ofZone.set(at, (ofZone.get(at) ?? 0) + this.savesOf(cell));
    }
    for (let zone = 0; zone < zones.zones; zone += 1) {
      const at = bucket * zones.zones + zone;
      const [now = 0, least = 0, most = 0] = [zones.counts[at], zones.least[at], zones.most[at]];
      const saves = ofZone.get(at) ?? 0;
      if (now + saves > most) return true;
      units += Math.max(0, least - now - saves);
    }
    return units > extras;
  }

  /** As many extras as there is room for, up to the count. Returns how many. */
  private give(cell: number, wanted: number): number {
    const container = this.cells.container[cell] ?? 0;
    const count = this.room.take(container, wanted);
    this.cells.want[cell] = (this.cells.want[cell] ?? 0) + count;
    this.levels.totals[container] = (this.levels.totals[container] ?? 0) + count;
    return count;
  }

  /** How many moves extras can save there. */
  private savesOf(cell: number): number {
    const {now, want, least, spare} = this.cells;
    const most = (least[cell] ?? 0) + (spare[cell] ?? 0);
    return Math.max(0, Math.min(now[cell] ?? 0, most) - (want[cell] ?? 0));
  }

  /** Notes in `savers` the cells where an extra saves a move. Returns how many they are. */
  private findSavers(bucket: number): number {
    let count = 0;
    const end = this.cells.row[bucket + 1] ?? 0;
    for (let cell = this.cells.row[bucket] ?? 0; cell < end; cell += 1) {
      if (this.savesOf(cell) === 0) continue;
      this.savers[count] = cell;
      count += 1;
    }
    return count;
  }

  /**
   * More moves could be saved than there are extras. Among equal totals those keep theirs whose shards have moved last: it is
   * not always the same shards that leave.
   */
  private giveToLowest(bucket: number): void {
    const {demand, levels, cells} = this;
    const height = (cell: number): number => {
      const container = cells.container[cell] ?? 0;
      return (levels.totals[container] ?? 0) - (levels.even[container] ?? 0);
    };
    const oldest = oldestOf(demand, cells, bucket);
    const savers = this.savers
      .subarray(0, this.findSavers(bucket))
      .sort(
        (a, b) => height(a) - height(b) || (oldest.get(b) ?? 0) - (oldest.get(a) ?? 0) || a - b,
      );
    this.room.begin(bucket, extrasOf(demand, levels, cells, bucket));
    for (const cell of savers) this.give(cell, this.savesOf(cell));
  }

  /** The extras that are left of each bucket, of those that are contested, 1, or of the others. */
  private spread(left: Int32Array, contested: Uint8Array, kind: 0 | 1): void {
    for (let bucket = 0; bucket < left.length; bucket += 1) {
      const count = left[bucket] ?? 0;
      if (count === 0 || contested[bucket] !== kind) continue;
      const wished = this.wishes.get(bucket);
      this.room.begin(bucket, count);
      this.cells.list(bucket, this.stored);
      // With slack, what nobody has yet goes first where the level without slack is not reached: slack is for what runs, and for load.
      const bounds: readonly Bound[] = this.hasSlack(bucket) ? ['level', 'most'] : ['most'];
      for (const bound of bounds)
        if (wished !== undefined) this.giveByWish(bucket, wished, bound);
        else this.giveFromQueue(bucket, bound);
    }
  }

  /** Whether its containers may have less than their share rounded down. Most groups are too small, and there may be one for each shard. */
  private hasSlack(bucket: number): boolean {
    const {levels, demand} = this;
    if (levels.slack === 0) return false;
    const classes = demand.classes[demand.poolOf[bucket] ?? 0] ?? [];
    return classes.some(
      ({weight}) => levels.levelOf(bucket, weight) > levels.leastOf(bucket, weight),
    );
  }

  private giveFromQueue(bucket: number, bound: Bound): void {
    const pool = this.demand.poolOf[bucket] ?? 0;
    let queue = this.queues.get(pool);
    if (queue === undefined) {
      const members = this.demand.pools[pool] ?? new Int32Array();
      queue = new LevelQueue(members, this.levels.totals, this.levels.even);
      this.queues.set(pool, queue);
    }
    const {passed} = this;
    let count = 0;
    while (this.room.left > 0) {
      const container = queue.pop();
      if (container === undefined) break;
      const given = this.giveTo(bucket, container, bound);
      if (given && this.levels.slack > 0) queue.push(container);
      else passed[count++] = container;
    }
    for (let at = 0; at < count; at += 1) queue.push(passed[at] ?? 0);
  }

  /** Among equal totals whom the homeless shards wish for comes first, and whom they avoid last. */
  private giveByWish(bucket: number, wished: ReadonlyMap<number, number>, bound: Bound): void {
    const {totals, even} = this.levels;
    const members = this.demand.pools[this.demand.poolOf[bucket] ?? 0] ?? new Int32Array();
    const height = (container: number): number => (totals[container] ?? 0) - (even[container] ?? 0);
    // More than one round only where more than one extra is even.
    for (let given = true; given && this.room.left > 0;) {
      given = false;
      const order = [...members].sort(
        (a, b) => height(a) - height(b) || (wished.get(a) ?? 0) - (wished.get(b) ?? 0) || a - b,
      );
      for (const container of order)
        if (this.room.left > 0 && this.giveTo(bucket, container, bound)) given = true;
    }
  }

  /** False when the container has all extras of the bucket that it may get. */
  private giveTo(bucket: number, container: number, bound: Bound): boolean {
    const {cells, levels, demand} = this;
    const stored = this.stored[container] ?? NONE;
    const weight = demand.weights[demand.poolOf[bucket] ?? 0]?.[container] ?? 0;
    const isLevel = bound === 'level';
    const goal = isLevel ? levels.levelOf(bucket, weight) : levels.mostOf(bucket, weight);
    if (stored === NONE || cells.bucket[stored] !== bucket) {
      if (goal <= levels.leastOf(bucket, weight)) return false;
      const cell = cells.add(bucket, container);
      this.stored[container] = cell;
      return this.give(cell, 1) > 0;
    }
    const pinned = demand.pins.get(bucket)?.get(container) ?? 0;
    const most = (cells.least[stored] ?? 0) + (cells.spare[stored] ?? 0);
    const wanted = isLevel ? Math.min(most, goal - pinned) : most;
    return (cells.want[stored] ?? 0) < wanted && this.give(stored, 1) > 0;
  }
}

/** So many shards of the bucket are more than what its containers hold at least. Pinned cells are stored. */
export function extrasOf(demand: Demand, levels: Levels, cells: Cells, bucket: number): number {
  if (levels.weightOf(bucket) === 0) return 0;
  let left = levels.extrasOf(demand, bucket);
  const pins = demand.pins.size === 0 ? undefined : demand.pins.get(bucket);
  if (pins === undefined) return Math.max(0, left);
  for (const container of pins.keys()) {
    const weight = demand.weights[demand.poolOf[bucket] ?? 0]?.[container] ?? 0;
    left += levels.leastOf(bucket, weight) - (cells.least[cells.find(bucket, container)] ?? 0);
  }
  return Math.max(0, left);
}

/** Per cell of the bucket: when the shard moved that has been there longest. */
function oldestOf(
  {shards, start, waiting, movedAt}: Demand,
  cells: Cells,
  bucket: number,
): Map<number, number> {
  const oldest = new Map<number, number>();
  if (movedAt === undefined) return oldest;
  let at = (start[bucket] ?? 0) + (waiting[bucket] ?? 0);
  for (let cell = cells.row[bucket] ?? 0; cell < (cells.row[bucket + 1] ?? 0); cell += 1) {
    let least = Number.POSITIVE_INFINITY;
    for (const end = at + (cells.now[cell] ?? 0); at < end; at += 1)
      least = Math.min(least, movedAt[shards[at] ?? 0] ?? 0);
    oldest.set(cell, least);
  }
  return oldest;
}
