/**
 * How many free shards of a bucket a container shall hold. Only cells with something to say are stored: those that hold a
 * shard now, those with pins, those that differ from the level. Every other open container of the pool holds the fewest that
 * are even for its weight.
 */
import {IntList, NONE} from '../int-list.ts';
import type {Demand} from './demand.ts';
import type {Levels} from './levels.ts';
import {narrow, narrowAs} from './narrow.ts';
import type {Narrow} from './narrow.ts';
import {PairIndex} from './pair-index.ts';
import {
  CELLS_GROWTH_FACTOR,
  CELLS_SPACE_FACTOR,
  MOST_SHORT_COUNT,
  SCANNED_CELLS,
} from './limits.ts';

/** Where no bucket is large, two bytes each. */
type Counts = Int16Array | Int32Array;

export class Cells {
  count = 0;
  bucket: Int32Array;
  container: Narrow;
  /** Shards of the bucket that run there and may stay. */
  now: Counts;
  /** Shards of the bucket that shall be there. */
  want: Counts;
  /** Fewest that are even. */
  least: Counts;
  /** So many more are even, too. */
  spare: Counts;
  /** Per bucket: where the cells begin that hold a shard now, ascending by container; one entry more than buckets. */
  readonly row: Int32Array;
  /** Per bucket: the first of its linked cells, which are those outside its row. */
  readonly firstOfBucket: Int32Array;
  /** Per container: the first of its linked cells, which are those stored since the network was made. */
  readonly firstOfContainer: Int32Array;
  private readonly demand: Demand;
  private readonly levels: Levels;
  /** Per cell outside the rows: the next linked one of its bucket. */
  private readonly nextOfBuckets = new IntList();
  /** Per cell from `laterFrom` on: the next linked one of its container. */
  private readonly nextOfContainers = new IntList();
  private inRows = 0;
  private laterFrom = Number.POSITIVE_INFINITY;
  /** Per bucket: how many linked cells it has, up to one more than are scanned. */
  private readonly linked: Uint8Array;
  /** Per bucket: 1 once its linked cells are in the index, which is from the first lookup among many of them on. */
  private readonly isIndexed: Uint8Array;
  private readonly index: PairIndex;

  constructor(demand: Demand, levels: Levels) {
    this.demand = demand;
    this.levels = levels;
    const room = Math.ceil(CELLS_SPACE_FACTOR * fewestCells(demand, levels));
    const CountsOf = mostInCell(demand, levels) > MOST_SHORT_COUNT ? Int32Array : Int16Array;
    this.bucket = new Int32Array(room);
    this.container = narrow(room, demand.containers);
    this.now = new CountsOf(room);
    this.want = new CountsOf(room);
    this.least = new CountsOf(room);
    this.spare = new CountsOf(room);
    this.row = new Int32Array(demand.buckets + 1);
    this.firstOfContainer = new Int32Array(demand.containers).fill(NONE);
    this.firstOfBucket = new Int32Array(demand.buckets).fill(NONE);
    this.linked = new Uint8Array(demand.buckets);
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
      cell = this.nextOfBucket(cell);
    }
    return NONE;
  }

  /** The cell of the pair, stored from now on. The pair must not be stored yet. */
  add(bucket: number, container: number): number {
    const cell = this.append(bucket, container, 0);
    this.nextOfBuckets.push(this.firstOfBucket[bucket] ?? NONE);
    this.firstOfBucket[bucket] = cell;
    this.linked[bucket] = Math.min(SCANNED_CELLS, this.linked[bucket] ?? 0) + 1;
    if (this.isIndexed[bucket] === 1) this.index.set(bucket, container, cell);
    return cell;
  }

  /** The next linked cell of the same bucket; -1 for none. */
  nextOfBucket(cell: number): number {
    return this.nextOfBuckets.at(cell - this.inRows);
  }

  /** The next linked cell of the same container; -1 for none. */
  nextOfContainer(cell: number): number {
    return this.nextOfContainers.at(cell - this.laterFrom);
  }

  /** Cells that are stored from now on are linked by container. */
  linkLater(): void {
    this.laterFrom = this.count;
  }

  /** Writes the bucket's cells into `found`, by container. */
  list(bucket: number, found: Int32Array): void {
    const end = this.row[bucket + 1] ?? 0;
    for (let cell = this.row[bucket] ?? 0; cell < end; cell += 1)
      found[this.container[cell] ?? 0] = cell;
    for (let cell = this.firstOfBucket[bucket] ?? NONE; cell !== NONE;) {
      found[this.container[cell] ?? 0] = cell;
      cell = this.nextOfBucket(cell);
    }
  }

  private indexAll(bucket: number): void {
    this.isIndexed[bucket] = 1;
    for (let cell = this.firstOfBucket[bucket] ?? NONE; cell !== NONE;) {
      this.index.set(bucket, this.container[cell] ?? 0, cell);
      cell = this.nextOfBucket(cell);
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
        const home = place[at] ?? 0;
        const first = at;
        at = endOfRun(place, at, end);
        this.append(bucket, home - 1, at - first);
      }
    }
    this.row[buckets] = this.count;
    this.inRows = this.count;
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
    if (cell < this.laterFrom) return cell;
    this.nextOfContainers.push(this.firstOfContainer[container] ?? NONE);
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
    this.bucket = grown(this.bucket, new Int32Array(size));
    this.container = grown(this.container, narrowAs(this.container, size));
    for (const column of ['now', 'want', 'least', 'spare'] as const) {
      const old = this[column];
      this[column] = grown(
        old,
        old instanceof Int32Array ? new Int32Array(size) : new Int16Array(size),
      );
    }
  }
}

function grown<T extends Int32Array | Int16Array | Uint16Array>(
  old: ArrayLike<number>,
  larger: T,
): T {
  larger.set(old);
  return larger;
}

/** Where what equals the first ends, in a column that ascends: by steps that double, for a run may have many thousands. */
function endOfRun(place: Narrow, first: number, end: number): number {
  const value = place[first];
  let low = first;
  let step = 1;
  for (; low + step < end && place[low + step] === value; step *= 2) low += step;
  let high = Math.min(low + step, end);
  while (low + 1 < high) {
    const middle = (low + high) >>> 1;
    if (place[middle] === value) low = middle;
    else high = middle;
  }
  return high;
}

/** No cell holds more, or has more that are even: the largest bucket, pins included, and what slack adds on both sides. */
function mostInCell({buckets, slack}: Demand, levels: Levels): number {
  let most = 0;
  for (let bucket = 0; bucket < buckets; bucket += 1)
    most = Math.max(most, levels.sharedOf(bucket));
  return (1 + 2 * slack) * most + 1;
}

/** At least so many are stored: those that hold a shard now, or those that get an extra. */
function fewestCells(demand: Demand, levels: Levels): number {
  const {buckets, start, waiting, place} = demand;
  let cells = 0;
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    let now = 0;
    const end = start[bucket + 1] ?? 0;
    for (let at = (start[bucket] ?? 0) + (waiting[bucket] ?? 0); at < end; now += 1)
      at = endOfRun(place, at, end);
    cells += Math.max(now, levels.extrasOf(demand, bucket));
  }
  return cells;
}
