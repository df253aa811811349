/** Indexes of shards by (hash of id, id), kept between plans: they are sorted when they are asked for, with what has changed since alone. */
import {compareText} from '../model/compare-text.ts';
import {closeGaps, openGaps} from './gaps.ts';
import {hashOf} from './hash.ts';
import {NONE} from './int-list.ts';

/** What the order of a shard depends on. */
export interface TieKey {
  readonly index: number;
  readonly hash: number;
  readonly id: string;
}

/** A few shards in tie-break order. */
export function sortedTies(
  indexes: Iterable<number>,
  idOf: (index: number) => string,
): readonly TieKey[] {
  const keys = Array.from(indexes, (index) => {
    const id = idOf(index);
    return {index, hash: hashOf(id), id};
  });
  return keys.sort((a, b) => a.hash - b.hash || compareText(a.id, b.id));
}

export class TieOrder {
  private readonly idOf: (index: number) => string;
  private count = 0;
  /** NONE for those that have been removed since it was sorted. */
  private sorted = new Int32Array();
  /** Beside `sorted`. */
  private hashes = new Uint32Array();
  private readonly added = new Set<number>();
  /** Where in `sorted` those were that have been removed. */
  private readonly gaps: number[] = [];

  constructor(idOf: (index: number) => string) {
    this.idOf = idOf;
  }

  clear(): void {
    this.sorted = new Int32Array();
    this.hashes = new Uint32Array();
    this.count = 0;
    this.added.clear();
    this.gaps.length = 0;
  }

  add(index: number): void {
    this.added.add(index);
  }

  remove(index: number, id: string): void {
    if (this.added.delete(index)) return;
    const at = this.positionOf(index, id);
    this.sorted[at] = NONE;
    this.gaps.push(at);
  }

  /** A shard has another index from now on, which no shard has. */
  rename(from: number, to: number): void {
    if (this.added.delete(from)) this.added.add(to);
    else this.sorted[this.positionOf(from, this.idOf(to))] = to;
  }

  /** They are right until the next change. */
  indexes(): Int32Array {
    this.closeGaps();
    this.insertAdded();
    return this.sorted.subarray(0, this.count);
  }

  private closeGaps(): void {
    const gaps = this.gaps.sort((a, b) => a - b);
    closeGaps([this.sorted, this.hashes], gaps, this.count);
    this.count -= gaps.length;
    gaps.length = 0;
  }

  private insertAdded(): void {
    const news = sortedTies(this.added, this.idOf);
    const count = this.count + news.length;
    if (count > this.sorted.length) this.grow(Math.max(count, 2 * this.sorted.length));
    const places = news.map(({hash, id}) => this.positionFor(hash, id));
    openGaps([this.sorted, this.hashes], places, this.count);
    for (const [at, {index, hash}] of news.entries()) {
      const place = (places[at] ?? 0) + at;
      this.sorted[place] = index;
      this.hashes[place] = hash;
    }
    this.count = count;
    this.added.clear();
  }

  private grow(size: number): void {
    const {sorted, hashes} = this;
    this.sorted = new Int32Array(size);
    this.sorted.set(sorted);
    this.hashes = new Uint32Array(size);
    this.hashes.set(hashes);
  }

  /** Where in `sorted` the index stands. */
  private positionOf(index: number, id: string): number {
    let at = this.firstFrom(hashOf(id), this.count);
    while (at < this.count && this.sorted[at] !== index) at += 1;
    // A loop without an end would keep the daemon from everything else.
    if (at === this.count) throw new Error(`shard ${id} is not in the order of ties`);
    return at;
  }

  /** The first that does not stand before it, else the count. There are no gaps. */
  private positionFor(hash: number, id: string): number {
    let at = this.firstFrom(hash, this.count);
    while (
      at < this.count &&
      this.hashes[at] === hash &&
      compareText(this.idOf(this.sorted[at] ?? NONE), id) < 0
    )
      at += 1;
    return at;
  }

  private firstFrom(hash: number, end: number): number {
    let [low, high] = [0, end];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.hashes[middle] ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
