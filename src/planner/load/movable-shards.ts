/** The shards of each container that may be moved for load, sorted by each metric, lowest first, kept up while they move. */
import type {Table} from '../table.ts';
import {HALF, HALF_BITS, LONG, SHORT_RUN} from './limits.ts';

export class MovableShards {
  private readonly table: Table;
  private readonly loads: Float64Array;
  private readonly metrics: number;
  /** Shards by container in tie-break order, and where those of each begin. */
  private readonly start: Int32Array;
  private readonly grouped: Int32Array;
  /** Sorted by a metric when they are first asked for: entry `metric * m + container`. */
  private readonly lists: (number[] | undefined)[];

  /** `place`: rank of the container, -1 for a shard that is not moved. `loads`: entry `shard * metrics + metric`. */
  constructor(table: Table, place: Int32Array, loads: Float64Array, metrics: number) {
    this.table = table;
    this.loads = loads;
    this.metrics = metrics;
    this.lists = new Array<number[] | undefined>(table.m * metrics);
    this.start = new Int32Array(table.m + 1);
    for (let shard = 0; shard < table.n; shard += 1) {
      const at = (place[shard] ?? -1) + 1;
      if (at > 0) this.start[at] = (this.start[at] ?? 0) + 1;
    }
    for (let at = 0; at < table.m; at += 1)
      this.start[at + 1] = (this.start[at + 1] ?? 0) + (this.start[at] ?? 0);
    this.grouped = new Int32Array(this.start[table.m] ?? 0);
    const next = this.start.slice();
    for (let index = 0; index < table.n; index += 1) {
      const shard = table.shardOrder[index] ?? 0;
      const container = place[shard] ?? -1;
      if (container < 0) continue;
      const at = next[container] ?? 0;
      this.grouped[at] = shard;
      next[container] = at + 1;
    }
  }

  /** Of equal load the one comes first that has not moved for longest. */
  of(container: number, metric: number): readonly number[] {
    return this.listOf(container, metric);
  }

  /** The shard goes from one container to the other. */
  move(shard: number, from: number, to: number): void {
    for (let metric = 0; metric < this.metrics; metric += 1) {
      this.drop(shard, from, metric);
      this.put(shard, to, metric);
    }
  }

  /** First index in a list by that metric whose load is at least that. */
  firstFrom(list: readonly number[], metric: number, load: number): number {
    const {loads, metrics} = this;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((loads[(list[middle] ?? 0) * metrics + metric] ?? 0) < load) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Lists that nobody has asked for are made from the beginning, and the moves since: so they are made first. */
  private drop(shard: number, container: number, metric: number): void {
    const list = this.listOf(container, metric);
    let at = this.firstFrom(list, metric, this.loads[shard * this.metrics + metric] ?? 0);
    while (at < list.length && list[at] !== shard) at += 1;
    list.splice(at, 1);
  }

  private put(shard: number, container: number, metric: number): void {
    const list = this.listOf(container, metric);
    const at = this.firstFrom(list, metric, this.loads[shard * this.metrics + metric] ?? 0);
    list.splice(at, 0, shard);
  }

  private listOf(container: number, metric: number): number[] {
    const index = metric * this.table.m + container;
    const known = this.lists[index];
    if (known !== undefined) return known;
    const members = this.grouped.subarray(this.start[container], this.start[container + 1]);
    const {loads, metrics, table} = this;
    const list: number[] = [];
    const sorted = sortedBy(members, loads, metrics, metric, table.movedAt);
    for (let at = 0; at < sorted.length; at += 1) list.push(sorted[at] ?? 0);
    this.lists[index] = list;
    return list;
  }
}

/** By load, the lowest first; of equal load those first that have not moved for longest. Stable. `loads`: entry `shard * metrics + metric`. */
export function sortedBy(
  members: Int32Array,
  loads: Float64Array,
  metrics: number,
  metric: number,
  movedAt: Float64Array | undefined,
): Int32Array {
  const {length} = members;
  // Nearly always this is the whole order. Loads that are equal to 32 bits keep the order given, and are sorted below if they differ.
  let items =
    length > SHORT_RUN && length < LONG
      ? inOrderOf(members, roundedOf(members, loads, metrics, metric))
      : members.slice();
  let keys = new Float64Array(length);
  let isSorted = true;
  for (let at = 0; at < length; at += 1) {
    const key = loads[(items[at] ?? 0) * metrics + metric] ?? 0;
    keys[at] = key;
    if (at === 0 || key > (keys[at - 1] ?? 0)) continue;
    // Equal ones keep their order unless one moved before the other.
    if (key < (keys[at - 1] ?? 0) || movedBefore(movedAt, items[at] ?? 0, items[at - 1] ?? 0))
      isSorted = false;
  }
  if (isSorted) return items;
  let sorted = new Int32Array(length);
  let sortedKeys = new Float64Array(length);
  for (let start = 0; start < length; start += SHORT_RUN)
    sortRun(items, keys, start, Math.min(length, start + SHORT_RUN), movedAt);
  // Runs of twice the length by merging two, until one is left.
  for (let width = SHORT_RUN; width < length; width *= 2) {
    for (let start = 0; start < length; start += 2 * width) {
      const middle = Math.min(length, start + width);
      const end = Math.min(length, middle + width);
      let [one, other] = [start, middle];
      for (let to = start; to < end; to += 1) {
        const first = keys[one] ?? 0;
        const second = keys[other] ?? 0;
        const takesOther =
          other < end &&
          (one === middle ||
            second < first ||
            (second === first && movedBefore(movedAt, items[other] ?? 0, items[one] ?? 0)));
        const from = takesOther ? other : one;
        sorted[to] = items[from] ?? 0;
        sortedKeys[to] = keys[from] ?? 0;
        if (takesOther) other += 1;
        else one += 1;
      }
    }
    [items, sorted] = [sorted, items];
    [keys, sortedKeys] = [sortedKeys, keys];
  }
  return items;
}

/** Loads of the members, to 32 bits. The sign of zero is dropped: its bits would sort last. */
function roundedOf(
  members: Int32Array,
  loads: Float64Array,
  metrics: number,
  metric: number,
): Float32Array {
  const rounded = new Float32Array(members.length);
  for (let at = 0; at < members.length; at += 1)
    rounded[at] = (loads[(members[at] ?? 0) * metrics + metric] ?? 0) + 0;
  return rounded;
}

/** By insertion, which is the fastest way for a few. */
function sortRun(
  items: Int32Array,
  keys: Float64Array,
  start: number,
  end: number,
  movedAt: Float64Array | undefined,
): void {
  for (let next = start + 1; next < end; next += 1) {
    const item = items[next] ?? 0;
    const key = keys[next] ?? 0;
    let at = next;
    for (; at > start; at -= 1) {
      const before = keys[at - 1] ?? 0;
      const other = items[at - 1] ?? 0;
      if (before < key || (before === key && !movedBefore(movedAt, item, other))) break;
      keys[at] = before;
      items[at] = other;
    }
    keys[at] = key;
    items[at] = item;
  }
}

function movedBefore(movedAt: Float64Array | undefined, one: number, other: number): boolean {
  return movedAt !== undefined && (movedAt[one] ?? 0) < (movedAt[other] ?? 0);
}

/** Sorts by the number beside each item: the lowest first, stable. No number is negative. There are fewer than `LONG` items: then the bits and the index fit into one number, and the engine sorts numbers fastest. */
function inOrderOf(items: Int32Array, values: Float32Array): Int32Array<ArrayBuffer> {
  const {length} = items;
  const bits = new Uint32Array(values.buffer);
  const packed = new Float64Array(length);
  for (let at = 0; at < length; at += 1) packed[at] = (bits[at] ?? 0) * LONG + at;
  packed.sort();
  const sorted = new Int32Array(length);
  for (let at = 0; at < length; at += 1) {
    const one = packed[at] ?? 0;
    sorted[at] = items[one - Math.floor(one / LONG) * LONG] ?? 0;
  }
  return sorted;
}

/** The lowest first, stable. Long lists by two counting sorts over the halves of the bits: those of numbers that are not negative sort as they do. */
export function sortByValue(items: Int32Array, values: Float32Array): Int32Array {
  if (items.length <= SHORT_RUN)
    return items.toSorted((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  if (items.length < LONG) {
    const own = new Float32Array(items.length);
    for (let at = 0; at < items.length; at += 1) own[at] = values[items[at] ?? 0] ?? 0;
    return inOrderOf(items, own);
  }
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return countingSort(countingSort(items, bits, 0), bits, HALF_BITS);
}

/** By 16 bits of each from `shift` on. */
function countingSort(items: Int32Array, bits: Uint32Array, shift: number): Int32Array {
  const next = new Int32Array(HALF + 1);
  for (let at = 0; at < items.length; at += 1) {
    const key = (((bits[items[at] ?? 0] ?? 0) >>> shift) & (HALF - 1)) + 1;
    next[key] = (next[key] ?? 0) + 1;
  }
  for (let key = 0; key < HALF; key += 1) next[key + 1] = (next[key + 1] ?? 0) + (next[key] ?? 0);
  const sorted = new Int32Array(items.length);
  for (let at = 0; at < items.length; at += 1) {
    const item = items[at] ?? 0;
    const key = ((bits[item] ?? 0) >>> shift) & (HALF - 1);
    const to = next[key] ?? 0;
    sorted[to] = item;
    next[key] = to + 1;
  }
  return sorted;
}
