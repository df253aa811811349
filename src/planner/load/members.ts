/** The shards of each container that may be moved for load, sorted by one metric, lowest first, kept up while they move. */
import type {Table} from '../table.ts';
import {HALF, LONG} from './limits.ts';

export class Members {
  /** Per shard: its load as a multiple of a container's mean share, as the lists are sorted by. */
  readonly values: Float32Array;
  /** The load that counts as 1. */
  readonly mean: number;
  private readonly table: Table;
  private readonly start: Int32Array;
  private readonly sorted: Int32Array;
  private readonly lists: (number[] | undefined)[];

  /** `place`: rank of the container, -1 for a shard that is not moved. `loadOf` per shard. */
  constructor(table: Table, place: Int32Array, loadOf: (shard: number) => number) {
    this.table = table;
    const movable = table.shardOrder.filter((shard) => (place[shard] ?? -1) >= 0);
    let sum = 0;
    for (const shard of movable) sum += loadOf(shard);
    this.mean = sum > 0 ? sum / table.m : 1;
    this.values = new Float32Array(table.n);
    for (const shard of movable) this.values[shard] = loadOf(shard) / this.mean;
    const byLoad = sortByValue(movable, this.values);
    this.start = new Int32Array(table.m + 1);
    for (const shard of byLoad) {
      const at = (place[shard] ?? 0) + 1;
      this.start[at] = (this.start[at] ?? 0) + 1;
    }
    for (let at = 0; at < table.m; at += 1)
      this.start[at + 1] = (this.start[at + 1] ?? 0) + (this.start[at] ?? 0);
    this.sorted = new Int32Array(byLoad.length);
    const next = this.start.slice();
    for (const shard of byLoad) {
      const container = place[shard] ?? 0;
      const at = next[container] ?? 0;
      this.sorted[at] = shard;
      next[container] = at + 1;
    }
    this.lists = new Array<number[] | undefined>(table.m);
  }

  /** Of equal load the one comes first that has not moved for longest. */
  of(container: number): readonly number[] {
    return this.listOf(container);
  }

  drop(shard: number, container: number): void {
    const list = this.listOf(container);
    let at = this.firstFrom(list, this.values[shard] ?? 0);
    while (at < list.length && list[at] !== shard) at += 1;
    list.splice(at, 1);
  }

  put(shard: number, container: number): void {
    const list = this.listOf(container);
    list.splice(this.firstFrom(list, this.values[shard] ?? 0), 0, shard);
  }

  /** First index in the list whose value is at least that. */
  firstFrom(list: readonly number[], value: number): number {
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.values[list[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private listOf(container: number): number[] {
    const known = this.lists[container];
    if (known !== undefined) return known;
    const list = [...this.sorted.subarray(this.start[container], this.start[container + 1])];
    const {movedAt} = this.table;
    const {values} = this;
    if (movedAt !== undefined)
      list.sort(
        (a, b) => (values[a] ?? 0) - (values[b] ?? 0) || (movedAt[a] ?? 0) - (movedAt[b] ?? 0),
      );
    this.lists[container] = list;
    return list;
  }
}

/** The lowest first, stable. Long lists by two counting sorts over the halves of the bits: those of numbers that are not negative sort as they do. */
export function sortByValue(items: Int32Array, values: Float32Array): Int32Array {
  if (items.length < LONG) return items.toSorted((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const once = countingSort(items, (item) => (bits[item] ?? 0) & (HALF - 1));
  return countingSort(once, (item) => (bits[item] ?? 0) >>> 16);
}

function countingSort(items: Int32Array, keyOf: (item: number) => number): Int32Array {
  const next = new Int32Array(HALF + 1);
  for (const item of items) {
    const key = keyOf(item) + 1;
    next[key] = (next[key] ?? 0) + 1;
  }
  for (let key = 0; key < HALF; key += 1) next[key + 1] = (next[key + 1] ?? 0) + (next[key] ?? 0);
  const sorted = new Int32Array(items.length);
  for (const item of items) {
    const key = keyOf(item);
    const at = next[key] ?? 0;
    sorted[at] = item;
    next[key] = at + 1;
  }
  return sorted;
}
