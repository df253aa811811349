/** From counts to shards: who stays, who leaves, and which of those without a place goes where. */
import type {LoadChooser} from '../load/chooser.ts';
import {DRAINING, poolOfShard} from '../table.ts';
import type {Table} from '../table.ts';
import {SORTED_FACTOR} from './limits.ts';
import type {Targets} from './targets.ts';

const NOWHERE = -1;

/** Writes the container of every free shard that gets one into `target`, as an index of the snapshot. `chooser`: where loads count. */
export function assign(
  table: Table,
  targets: Targets,
  target: Int32Array,
  chooser?: LoadChooser,
): void {
  const buckets = table.bucketPool.length;
  // Shards that get another container, bucket by bucket, in the order in which they do.
  const movers = new Int32Array(countMovers(targets));
  const ends = new Int32Array(buckets);
  keepAtHome(table, targets.demand.homes, target);
  for (let bucket = 0, end = 0; bucket < buckets; bucket += 1) {
    end = addMovers(table, targets, bucket, target, chooser, movers, end);
    ends[bucket] = end;
  }
  // Who stays is known everywhere before anybody chooses by load.
  const placer = new Placer(table, targets, target, chooser);
  for (let bucket = 0, from = 0; bucket < buckets; bucket += 1) {
    const end = ends[bucket] ?? 0;
    if (end > from) placer.place(bucket, movers, from, end);
    from = end;
  }
  refuseArrivals(targets, target);
}

/**
 * All that may stay where they run are free, and begin there. Row by row, as memory lies. Takes columns alone: code for objects that do not outlive a plan is thrown away with
 * them.
 */
function keepAtHome({n, current, pin}: Table, homes: ArrayLike<number>, target: Int32Array): void {
  for (let shard = 0; shard < n; shard += 1)
    if ((homes[shard] ?? 0) > 0 && pin[shard] === -1) target[shard] = current[shard] ?? -1;
}

/** How many shards leave where they run, or wait, and get a container. */
function countMovers({demand: {waiting}, cells, unplaced}: Targets): number {
  let count = 0;
  const inRows = cells.row.at(-1) ?? 0;
  for (let cell = 0; cell < inRows; cell += 1)
    count += Math.max(0, (cells.now[cell] ?? 0) - (cells.want[cell] ?? 0));
  for (let bucket = 0; bucket < cells.row.length - 1; bucket += 1)
    count += (waiting[bucket] ?? 0) - (unplaced?.[bucket] ?? 0);
  return count;
}

/** Takes who leaves from its place. Writes who gets another container into `movers` from `moved` on, and returns where they end. */
function addMovers(
  table: Table,
  targets: Targets,
  bucket: number,
  target: Int32Array,
  chooser: LoadChooser | undefined,
  movers: Int32Array,
  moved: number,
): number {
  const {shards, start, waiting, mayStay, place} = targets.demand;
  const {now, want, row} = targets.cells;
  const first = start[bucket] ?? 0;
  const running = first + (waiting[bucket] ?? 0);
  const end = start[bucket + 1] ?? 0;
  let cell = row[bucket] ?? 0;
  let last = moved;
  for (let at = running; at < end; cell += 1) {
    const count = now[cell] ?? 0;
    const rank = (place[at] ?? 0) - 1;
    const leaving = Math.max(0, count - (want[cell] ?? 0));
    if (leaving > 0) {
      if (chooser === undefined && table.movedAt === undefined)
        rotateOut(shards, at, count, rank, leaving, movers, last);
      else {
        const members = shards.subarray(at, at + count);
        const order =
          chooser?.leaversFirst(members, rank, leaving) ?? leaversFirst(table, members, rank);
        movers.set(order.subarray(0, leaving), last);
      }
      last += leaving;
    }
    at += count;
  }
  for (let index = moved; index < last; index += 1) target[movers[index] ?? 0] = NOWHERE;
  const placed = (waiting[bucket] ?? 0) - (targets.unplaced?.[bucket] ?? 0);
  const urgent = (mayStay?.[bucket] ?? 0) > 0;
  const homeless = urgent ? urgentFirst(table, shards.subarray(first, running)) : shards;
  const from = urgent ? 0 : first;
  for (let index = 0; index < placed; index += 1)
    movers[last + index] = homeless[from + index] ?? 0;
  return last + placed;
}

/** Of the `count` shards of one container, from `first` on, those leave that come first from `rank` on, in a circle: it is not the same ones everywhere. */
function rotateOut(
  shards: Int32Array,
  first: number,
  count: number,
  rank: number,
  leaving: number,
  movers: Int32Array,
  moved: number,
): void {
  let at = rank % count;
  for (let index = 0; index < leaving; index += 1) {
    movers[moved + index] = shards[first + at] ?? 0;
    at += 1;
    if (at === count) at = 0;
  }
}

/** Each mover goes to the first of `takerCount` takers that has room. Takes columns alone, as `keepAtHome`. */
function fillInTurn(
  takers: Int32Array,
  takerCount: number,
  room: Int32Array,
  movers: Int32Array,
  from: number,
  end: number,
  target: Int32Array,
  containerOrder: Int32Array,
): void {
  let next = from;
  for (let at = 0; at < takerCount && next < end; at += 1) {
    const taker = takers[at] ?? 0;
    const left = Math.min(room[taker] ?? 0, end - next);
    const container = containerOrder[taker] ?? 0;
    for (const full = next + left; next < full; next += 1) target[movers[next] ?? 0] = container;
  }
}

/**
 * Who leaves comes first: the least recently moved, so that it is not always the same ones. Among equals the order begins
 * elsewhere on every container, for the same reason.
 */
function leaversFirst({movedAt}: Table, members: Int32Array, home: number): Int32Array {
  const turn = home % members.length;
  const order = new Int32Array(members.length);
  order.set(members.subarray(turn));
  order.set(members.subarray(0, turn), members.length - turn);
  return movedAt === undefined
    ? order
    : order.sort((a, b) => (movedAt[a] ?? 0) - (movedAt[b] ?? 0));
}

/** Who may stay on a draining container comes after who runs nowhere, or where it must not. */
function urgentFirst(table: Table, waiting: Int32Array): Int32Array {
  const mayStay = (shard: number): number => {
    const current = table.current[shard] ?? -1;
    if (current < 0 || table.mode[current] !== DRAINING) return 0;
    const pool = poolOfShard(table, shard);
    return pool?.has[current] === 1 ? 1 : 0;
  };
  return waiting.toSorted((a, b) => mayStay(a) - mayStay(b));
}

/** Gives movers the containers that lack shards of their bucket. */
export class Placer {
  private readonly table: Table;
  private readonly targets: Targets;
  private readonly target: Int32Array;
  private readonly chooser: LoadChooser | undefined;
  /** Per container, by rank: how many shards of the bucket it lacks. Zeros between buckets. */
  private readonly room: Int32Array;
  /** Containers that get shards of the bucket, by rank: the first `takerCount`. Kept, for there may be a bucket for each shard. */
  private readonly takers: Int32Array;
  private takerCount = 0;

  constructor(
    table: Table,
    targets: Targets,
    target: Int32Array,
    chooser: LoadChooser | undefined,
  ) {
    this.chooser = chooser;
    this.table = table;
    this.targets = targets;
    this.target = target;
    this.room = new Int32Array(table.m);
    this.takers = new Int32Array(table.m);
  }

  /** The shards of the bucket that move are those of `movers` from one index to another. */
  place(bucket: number, movers: Int32Array, from: number, end: number): void {
    this.findTakers(bucket);
    const {table, room, target, chooser, takers, takerCount} = this;
    if (chooser === undefined && !table.hasWishes)
      fillInTurn(takers, takerCount, room, movers, from, end, target, table.containerOrder);
    else {
      const listed = [...takers.subarray(0, takerCount)];
      const rest = this.placeWished(movers.subarray(from, end));
      if (chooser === undefined) this.placeInTurn(listed, rest);
      else this.placeByLoad(listed, rest, chooser);
    }
    for (let at = 0; at < takerCount; at += 1) room[takers[at] ?? 0] = 0;
  }

  /** The greatest load to the coolest container. */
  private placeByLoad(takers: readonly number[], movers: Int32Array, chooser: LoadChooser): void {
    const coolest = chooser.coolestFirst(takers.filter((taker) => (this.room[taker] ?? 0) > 0));
    for (const shard of chooser.greatestFirst(movers)) {
      const taker = coolest.for(shard, this.rankOf(this.table.avoid[shard] ?? -1));
      if (taker < 0) break;
      this.put(shard, taker);
      if (this.room[taker] === 0) coolest.close(taker);
    }
  }

  private placeInTurn(takers: readonly number[], rest: Int32Array): void {
    let at = 0;
    for (let index = 0; index < rest.length; index += 1) {
      while (at < takers.length && this.room[takers[at] ?? 0] === 0) at += 1;
      const taker = takers[at];
      if (taker === undefined) break;
      const shard = rest[index] ?? 0;
      if (this.rankOf(this.table.avoid[shard] ?? -1) !== taker) this.put(shard, taker);
      else this.putElsewhere(rest.subarray(0, index), shard, takers.slice(at));
    }
  }

  /** Notes in `takers` who gets shards of the bucket, and in `room` how many. */
  private findTakers(bucket: number): void {
    const {demand, levels, cells} = this.targets;
    const pool = demand.poolOf[bucket] ?? 0;
    let level = 0;
    for (const {weight, members} of demand.classes[pool] ?? []) {
      const least = levels.leastOf(bucket, weight);
      if (least > 0) for (const container of members) this.room[container] = least;
      level = Math.max(level, least);
    }
    this.takerCount = 0;
    const end = cells.row[bucket + 1] ?? 0;
    for (let cell = cells.row[bucket] ?? 0; cell < end; cell += 1) this.note(cell);
    for (let cell = cells.firstOfBucket[bucket] ?? -1; cell >= 0;) {
      this.note(cell);
      cell = cells.nextOfBucket(cell);
    }
    const members = demand.pools[pool] ?? [];
    if (level === 0 && this.takerCount * SORTED_FACTOR < members.length) {
      if (this.takerCount > 1) this.takers.subarray(0, this.takerCount).sort();
      return;
    }
    this.takerCount = 0;
    for (const container of members) if ((this.room[container] ?? 0) > 0) this.addTaker(container);
  }

  private note(cell: number): void {
    const {container, want, now} = this.targets.cells;
    const rank = container[cell] ?? 0;
    const lacks = Math.max(0, (want[cell] ?? 0) - (now[cell] ?? 0));
    this.room[rank] = lacks;
    if (lacks > 0) this.addTaker(rank);
  }

  private addTaker(rank: number): void {
    this.takers[this.takerCount] = rank;
    this.takerCount += 1;
  }

  /** Places who wishes for a container with room. Returns the others. */
  private placeWished(movers: Int32Array): Int32Array {
    if (!this.table.hasWishes) return movers;
    return movers.filter((shard) => {
      const wish = this.rankOf(this.table.prefer[shard] ?? -1);
      if (wish < 0 || (this.room[wish] ?? 0) === 0) return true;
      this.put(shard, wish);
      return false;
    });
  }

  /** The next taker with room for a shard that would rather not go to the first; the first only when nobody swaps. */
  private putElsewhere(placed: Int32Array, shard: number, takers: readonly number[]): void {
    const {table, target} = this;
    const [avoided = 0, ...others] = takers;
    const other = others.find((taker) => (this.room[taker] ?? 0) > 0);
    if (other !== undefined) return this.put(shard, other);
    this.put(shard, avoided);
    const avoid = target[shard] ?? -1;
    const partner = placed.find((one) => target[one] !== avoid && table.avoid[one] !== avoid);
    if (partner === undefined) return;
    target[shard] = target[partner] ?? -1;
    target[partner] = avoid;
  }

  private rankOf(container: number): number {
    return container < 0 ? -1 : (this.table.containerRank[container] ?? 0);
  }

  private put(shard: number, taker: number): void {
    this.room[taker] = (this.room[taker] ?? 0) - 1;
    this.target[shard] = this.table.containerOrder[taker] ?? 0;
    this.chooser?.utilisation.add(shard, taker);
  }
}

/** Pinned shards that are not there yet and find no room get no container: the least urgent, the last in the tie-break order. */
function refuseArrivals({demand, refused}: Targets, target: Int32Array): void {
  for (const [container, count] of refused.entries())
    if (count > 0)
      for (const shard of (demand.arriving.get(container) ?? []).slice(-count)) target[shard] = -1;
}
