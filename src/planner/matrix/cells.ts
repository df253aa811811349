/**
 * How many free shards of a bucket a container shall hold. Only cells with something to say are stored: those that hold a
 * shard now, those with pins, those that differ from the level. Every other open container of the pool holds the fewest that
 * are even for its weight.
 */
import type {Demand} from './demand.ts';
import type {Levels} from './levels.ts';
import {PairIndex} from './pair-index.ts';
import {CELLS_GROWTH_FACTOR, CELLS_SPACE_FACTOR, SCANNED_CELLS} from './limits.ts';

const NONE = -1;

export class Cells {
  count = 0;
  bucket: Int32Array;
  container: Int32Array;
  /** Shards of the bucket that run there and may stay. */
  now: Int32Array;
  /** Shards of the bucket that shall be there. */
  want: Int32Array;
  /** Fewest that are even. */
  least: Int32Array;
  /** So many more are even, too. */
  spare: Int32Array;
  nextOfContainer: Int32Array;
  nextOfBucket: Int32Array;
  /** Per bucket: where the cells begin that hold a shard now, ascending by container; one entry more than buckets. */
  readonly row: Int32Array;
  /** Per container and bucket: first of the linked cells. A bucket's linked cells are those outside its row. */
  readonly firstOfContainer: Int32Array;
  readonly firstOfBucket: Int32Array;
  private readonly demand: Demand;
  private readonly levels: Levels;
  private readonly linked: Int32Array;
  /** Per bucket: 1 once its linked cells are in the index, which is from the first lookup among many of them on. */
  private readonly isIndexed: Uint8Array;
  private readonly index: PairIndex;

  constructor(demand: Demand, levels: Levels) {
    this.demand = demand;
    this.levels = levels;
    const room = Math.ceil(CELLS_SPACE_FACTOR * fewestCells(demand, levels));
    this.bucket = new Int32Array(room);
    this.container = new Int32Array(room);
    this.now = new Int32Array(room);
    this.want = new Int32Array(room);
    this.least = new Int32Array(room);
    this.spare = new Int32Array(room);
    this.nextOfContainer = new Int32Array(room);
    this.nextOfBucket = new Int32Array(room);
    this.row = new Int32Array(demand.buckets + 1);
    this.firstOfContainer = new Int32Array(demand.containers).fill(NONE);
    this.firstOfBucket = new Int32Array(demand.buckets).fill(NONE);
    this.linked = new Int32Array(demand.buckets);
    this.isIndexed = new Uint8Array(demand.buckets);
    this.index = new PairIndex(demand.containers);
    this.addCurrent(demand);
    for (const [bucket, pins] of demand.pins)
      for (const [container, count] of pins) this.setPins(bucket, container, count);
  }

  /** The stored cell of the pair; -1 for none. */
  find(bucket: number, container: number): number {
    const inRow = this.findInRow(bucket, container);
    if (inRow !== NONE) return inRow;
    if ((this.linked[bucket] ?? 0) > SCANNED_CELLS) {
      if (this.isIndexed[bucket] === 0) this.indexAll(bucket);
      return this.index.get(bucket, container);
    }
    for (let cell = this.firstOfBucket[bucket] ?? NONE; cell !== NONE;) {
      if (this.container[cell] === container) return cell;
      cell = this.nextOfBucket[cell] ?? NONE;
    }
    return NONE;
  }

  /** The cell of the pair, stored from now on. The pair must not be stored yet. */
  add(bucket: number, container: number): number {
    const cell = this.append(bucket, container, 0);
    this.nextOfBucket[cell] = this.firstOfBucket[bucket] ?? NONE;
    this.firstOfBucket[bucket] = cell;
    this.linked[bucket] = (this.linked[bucket] ?? 0) + 1;
    if (this.isIndexed[bucket] === 1) this.index.set(bucket, container, cell);
    return cell;
  }

  /** Writes the bucket's cells into `found`, by container. */
  list(bucket: number, found: Int32Array): void {
    const end = this.row[bucket + 1] ?? 0;
    for (let cell = this.row[bucket] ?? 0; cell < end; cell += 1)
      found[this.container[cell] ?? 0] = cell;
    for (let cell = this.firstOfBucket[bucket] ?? NONE; cell !== NONE;) {
      found[this.container[cell] ?? 0] = cell;
      cell = this.nextOfBucket[cell] ?? NONE;
    }
  }

  private indexAll(bucket: number): void {
    this.isIndexed[bucket] = 1;
    for (let cell = this.firstOfBucket[bucket] ?? NONE; cell !== NONE;) {
      this.index.set(bucket, this.container[cell] ?? 0, cell);
      cell = this.nextOfBucket[cell] ?? NONE;
    }
  }

  private findInRow(bucket: number, container: number): number {
    let low = this.row[bucket] ?? 0;
    const end = this.row[bucket + 1] ?? 0;
    let high = end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.container[middle] ?? 0) < container) low = middle + 1;
      else high = middle;
    }
    return low < end && this.container[low] === container ? low : NONE;
  }

  private addCurrent({buckets, start, waiting, place}: Demand): void {
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      this.row[bucket] = this.count;
      const end = start[bucket + 1] ?? 0;
      for (let at = (start[bucket] ?? 0) + (waiting[bucket] ?? 0); at < end;) {
        const container = place[at] ?? 0;
        const first = at;
        while (at < end && place[at] === container) at += 1;
        this.append(bucket, container, at - first);
      }
    }
    this.row[buckets] = this.count;
  }

  private append(bucket: number, container: number, now: number): number {
    if (this.count === this.bucket.length) this.grow();
    const cell = this.count;
    this.count += 1;
    const weight = this.weightOf(bucket, container);
    const level = this.levels.leastOf(bucket, weight);
    this.bucket[cell] = bucket;
    this.container[cell] = container;
    this.now[cell] = now;
    this.want[cell] = level;
    this.least[cell] = level;
    this.spare[cell] = this.levels.mostOf(bucket, weight) - level;
    this.nextOfContainer[cell] = this.firstOfContainer[container] ?? NONE;
    this.firstOfContainer[container] = cell;
    return cell;
  }

  private setPins(bucket: number, container: number, count: number): void {
    const known = this.find(bucket, container);
    const cell = known === NONE ? this.add(bucket, container) : known;
    const full = this.levels.full.get(bucket)?.has(container) === true;
    const weight = full ? 0 : this.weightOf(bucket, container);
    const least = full ? 0 : Math.max(0, this.levels.leastOf(bucket, weight) - count);
    this.least[cell] = least;
    this.want[cell] = least;
    this.spare[cell] = full
      ? 0
      : Math.max(least, this.levels.mostOf(bucket, weight) - count) - least;
  }

  private weightOf(bucket: number, container: number): number {
    return this.demand.weights[this.demand.poolOf[bucket] ?? 0]?.[container] ?? 0;
  }

  private grow(): void {
    const size = Math.ceil(this.bucket.length * CELLS_GROWTH_FACTOR) + 1;
    this.bucket = grown(this.bucket, size);
    this.container = grown(this.container, size);
    this.now = grown(this.now, size);
    this.want = grown(this.want, size);
    this.least = grown(this.least, size);
    this.nextOfContainer = grown(this.nextOfContainer, size);
    this.nextOfBucket = grown(this.nextOfBucket, size);
    this.spare = grown(this.spare, size);
  }
}

function grown(old: Int32Array, size: number): Int32Array {
  const larger = new Int32Array(size);
  larger.set(old);
  return larger;
}

/** At least so many are stored: those that hold a shard now, or those that get an extra. */
function fewestCells(demand: Demand, levels: Levels): number {
  const {buckets, start, waiting, place} = demand;
  let cells = 0;
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    let now = 0;
    let last = NONE;
    const end = start[bucket + 1] ?? 0;
    for (let at = (start[bucket] ?? 0) + (waiting[bucket] ?? 0); at < end; at += 1) {
      const container = place[at] ?? 0;
      if (container !== last) now += 1;
      last = container;
    }
    cells += Math.max(now, levels.extrasOf(demand, bucket));
  }
  return cells;
}
