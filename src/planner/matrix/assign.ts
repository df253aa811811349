/** From counts to shards: who stays, who leaves, and which of those without a place goes where. */
import {DRAINING} from '../table.ts';
import type {Table} from '../table.ts';
import type {Targets} from './targets.ts';

/** Writes the container of every free shard that gets one into `target`, as an index of the snapshot. */
export function assign(table: Table, targets: Targets, target: Int32Array): void {
  const room = new Int32Array(table.m);
  for (let bucket = 0; bucket < table.bucketPool.length; bucket += 1) {
    const movers = moversOf(table, targets, bucket, target);
    if (movers.length > 0) placeAll(table, movers, takersOf(targets, bucket, room), room, target);
  }
  refuseArrivals(table, targets, target);
}

/** Places who stays. Returns who gets another container, in the order in which they do. */
function moversOf(table: Table, targets: Targets, bucket: number, target: Int32Array): number[] {
  const {shards, start, waiting, mayStay, place} = targets.demand;
  const {held, want, row} = targets.cells;
  const movers: number[] = [];
  const first = start[bucket] ?? 0;
  const running = first + (waiting[bucket] ?? 0);
  const end = start[bucket + 1] ?? 0;
  let cell = row[bucket] ?? 0;
  for (let at = running; at < end; cell += 1) {
    const count = held[cell] ?? 0;
    const rank = place[shards[at] ?? 0] ?? 0;
    const leaving = Math.max(0, count - (want[cell] ?? 0));
    const members =
      leaving === 0 ? shards : leaversFirst(table, shards.subarray(at, at + count), rank);
    const from = leaving === 0 ? at : 0;
    for (let index = 0; index < leaving; index += 1) movers.push(members[index] ?? 0);
    for (let index = leaving; index < count; index += 1)
      target[members[from + index] ?? 0] = table.containerOrder[rank] ?? 0;
    at += count;
  }
  const placed = (waiting[bucket] ?? 0) - (targets.unplaced[bucket] ?? 0);
  const urgent = (mayStay[bucket] ?? 0) > 0;
  const homeless = urgent ? urgentFirst(table, shards.subarray(first, running)) : shards;
  const from = urgent ? 0 : first;
  for (let index = 0; index < placed; index += 1) movers.push(homeless[from + index] ?? 0);
  return movers;
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
    const pool = table.pools[table.bucketPool[table.bucket[shard] ?? 0] ?? 0];
    return pool?.has[current] === 1 ? 1 : 0;
  };
  return waiting.toSorted((a, b) => mayStay(a) - mayStay(b));
}

/** Containers that get shards of the bucket, by rank; how many is left in `room`, which must be zeros before. */
function takersOf({demand, levels, cells}: Targets, bucket: number, room: Int32Array): number[] {
  const level = levels.level[bucket] ?? 0;
  const pool = demand.pools[demand.poolOf[bucket] ?? 0] ?? new Int32Array();
  if (level > 0) for (const container of pool) room[container] = level;
  const found: number[] = [];
  const note = (cell: number): void => {
    const container = cells.container[cell] ?? 0;
    room[container] = Math.max(0, (cells.want[cell] ?? 0) - (cells.held[cell] ?? 0));
    if ((room[container] ?? 0) > 0) found.push(container);
  };
  for (let cell = cells.row[bucket] ?? 0; cell < (cells.row[bucket + 1] ?? 0); cell += 1)
    note(cell);
  for (let cell = cells.firstOfBucket[bucket] ?? -1; cell >= 0;) {
    note(cell);
    cell = cells.nextOfBucket[cell] ?? -1;
  }
  if (level === 0) return found.sort((a, b) => a - b);
  return [...pool].filter((container) => (room[container] ?? 0) > 0);
}

/** Leaves `room` as zeros. */
function placeAll(
  table: Table,
  movers: readonly number[],
  takers: readonly number[],
  room: Int32Array,
  target: Int32Array,
): void {
  const rankOf = (container: number): number =>
    container < 0 ? -1 : (table.containerRank[container] ?? 0);
  const put = (shard: number, taker: number): void => {
    room[taker] = (room[taker] ?? 0) - 1;
    target[shard] = table.containerOrder[taker] ?? 0;
  };
  const rest = movers.filter((shard) => {
    const wish = rankOf(table.prefer[shard] ?? -1);
    if ((room[wish] ?? 0) === 0) return true;
    put(shard, wish);
    return false;
  });
  let at = 0;
  for (const [index, shard] of rest.entries()) {
    while ((room[takers[at] ?? -1] ?? 1) === 0) at += 1;
    const taker = takers[at];
    if (taker === undefined) break;
    if (rankOf(table.avoid[shard] ?? -1) !== taker) put(shard, taker);
    else putElsewhere(table, rest.slice(0, index), shard, takers.slice(at), room, put, target);
  }
  for (const taker of takers) room[taker] = 0;
}

/** The next taker with room for a shard that would rather not go to the first; the first only when nobody swaps. */
function putElsewhere(
  table: Table,
  placed: readonly number[],
  shard: number,
  takers: readonly number[],
  room: Int32Array,
  put: (shard: number, taker: number) => void,
  target: Int32Array,
): void {
  const [avoided = 0, ...others] = takers;
  const other = others.find((taker) => (room[taker] ?? 0) > 0);
  if (other !== undefined) return put(shard, other);
  put(shard, avoided);
  const avoid = target[shard] ?? -1;
  const partner = placed.find((one) => target[one] !== avoid && table.avoid[one] !== avoid);
  if (partner === undefined) return;
  target[shard] = target[partner] ?? -1;
  target[partner] = avoid;
}

/** Pinned shards that are not there yet and find no room get no container: the last in the tie-break order. */
function refuseArrivals(table: Table, {refused}: Targets, target: Int32Array): void {
  const left = refused.slice();
  if (!left.some((count) => count > 0)) return;
  for (const shard of table.shardOrder.toReversed()) {
    const pin = table.pin[shard] ?? -1;
    if (pin < 0 || target[shard] !== pin || table.current[shard] === pin) continue;
    const rank = table.containerRank[pin] ?? 0;
    if ((left[rank] ?? 0) === 0) continue;
    left[rank] = (left[rank] ?? 0) - 1;
    target[shard] = -1;
  }
}
