/** Indexes of shards by (hash of id, id), kept between plans: they are sorted when they are asked for, with what has changed since alone. */
import {compareText} from '../model/compare-text.ts';
import {NONE} from './int-list.ts';
import {hashOf} from './table.ts';

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
    let to = gaps[0] ?? 0;
    for (const [at, gap] of gaps.entries()) {
      const next = gaps[at + 1] ?? this.count;
      this.sorted.copyWithin(to, gap + 1, next);
      this.hashes.copyWithin(to, gap + 1, next);
      to += next - gap - 1;
    }
    this.count -= gaps.length;
    gaps.length = 0;
  }

  /** What stands behind moves once, from the end on. */
  private insertAdded(): void {
    const news = this.news();
    const count = this.count + news.length;
    if (count > this.sorted.length) this.grow(Math.max(count, 2 * this.sorted.length));
    let end = this.count;
    for (let left = news.length - 1; left >= 0; left -= 1) {
      const {index = NONE, hash = 0, id = ''} = news[left] ?? {};
      const at = this.positionFor(hash, id, end);
      this.sorted.copyWithin(at + left + 1, at, end);
      this.hashes.copyWithin(at + left + 1, at, end);
      this.sorted[at + left] = index;
      this.hashes[at + left] = hash;
      end = at;
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

  private news(): {index: number; hash: number; id: string}[] {
    const news = Array.from(this.added, (index) => {
      const id = this.idOf(index);
      return {index, hash: hashOf(id), id};
    });
    return news.sort((a, b) => a.hash - b.hash || compareText(a.id, b.id));
  }

  /** Where in `sorted` the index stands. */
  private positionOf(index: number, id: string): number {
    let at = this.firstFrom(hashOf(id), this.count);
    while (at < this.count && this.sorted[at] !== index) at += 1;
    // A loop without an end would keep the daemon from everything else.
    if (at === this.count) throw new Error(`shard ${id} is not in the order of ties`);
    return at;
  }

  /** The first below `end` that does not stand before it, else `end`. There are no gaps. */
  private positionFor(hash: number, id: string, end: number): number {
    let at = this.firstFrom(hash, end);
    while (
      at < end &&
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
