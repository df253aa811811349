/**
 * Shards by bucket and home, kept between plans. Each plan compares where every shard is with where it was: the few that differ are taken out and put in again,
 * because sorting all of them reads memory all over the place. It does not matter why they differ.
 */
import {compareText} from '../../model/compare-text.ts';
import {invariant} from '../../model/errors.ts';
import type {PlacementSnapshot} from '../../model/placement.ts';
import {closeGaps, openGaps} from '../gaps.ts';
import {hashOf} from '../hash.ts';
import {NONE} from '../int-list.ts';
import {sortedTies} from '../tie-order.ts';
import type {TieKey} from '../tie-order.ts';
import {MOST_RESORTED} from './limits.ts';
import {narrowAs} from './narrow.ts';
import type {Narrow} from './narrow.ts';

/** Columns of a demand. */
export interface SortedShards {
  readonly shards: Int32Array;
  readonly place: Narrow;
  readonly start: Int32Array;
  readonly waiting: Int32Array;
}

/** Columns of a table. */
interface Rows {
  readonly snapshot: Pick<PlacementSnapshot, 'shards'>;
  readonly n: number;
  readonly bucket: Int32Array;
  readonly bucketPool: Int32Array;
}

/** What they were sorted by, and how. */
interface Kept extends SortedShards {
  readonly homes: Narrow;
  readonly bucket: Int32Array;
}

/** A shard that is put in. */
interface News extends TieKey {
  readonly bucket: number;
  readonly home: number;
}

export class KeptSort {
  /** Indexes that have come to be those of other shards. */
  private readonly renamed = new Set<number>();
  private kept: Kept | undefined;
  /** Longer than the count of shards, which come and go. */
  private shards: Int32Array = new Int32Array();
  private place: Narrow = new Int32Array();

  rename(index: number): void {
    if (this.renamed.size <= MOST_RESORTED) this.renamed.add(index);
  }

  /** `homes`: those of the table's shards, all of which are free. `sortAll`: how they are sorted anew. The answer is right until the next call. */
  of(table: Rows, homes: Narrow, sortAll: () => SortedShards): SortedShards {
    const {kept} = this;
    // Nothing is, if something fails in the middle.
    this.kept = undefined;
    const changed = kept && this.changedSince(kept, table, homes);
    this.renamed.clear();
    const gaps = kept && changed && gapsOf(kept, changed);
    const sorted =
      kept && changed && gaps ? this.patched(kept, table, homes, changed, gaps) : sortAll();
    if (gaps === undefined) {
      this.shards = sorted.shards;
      this.place = sorted.place;
    }
    this.kept = {...sorted, homes, bucket: table.bucket};
    return sorted;
  }

  /** Undefined where it is quicker to sort all. */
  private changedSince(
    {homes: before, bucket, start}: Kept,
    table: Rows,
    homes: Narrow,
  ): ReadonlySet<number> | undefined {
    const {n, bucketPool} = table;
    const isAlike = homes.constructor === before.constructor;
    if (!isAlike || start.length !== bucketPool.length + 1) return undefined;
    if (this.renamed.size + Math.abs(n - before.length) > MOST_RESORTED) return undefined;
    const changed = new Set(this.renamed);
    const [fewer, more] = [Math.min(n, before.length), Math.max(n, before.length)];
    for (let at = fewer; at < more; at += 1) changed.add(at);
    noteChanges(before, homes, fewer, changed);
    if (bucketPool.length > 1) noteChanges(bucket, table.bucket, fewer, changed);
    return changed.size > MOST_RESORTED ? undefined : changed;
  }

  private patched(
    kept: Kept,
    table: Rows,
    homes: Narrow,
    changed: ReadonlySet<number>,
    gaps: readonly number[],
  ): SortedShards {
    const {n} = table;
    const idOf = (index: number): string => table.snapshot.shards[index]?.id ?? '';
    const before = kept.homes.length;
    closeGaps([this.shards, this.place], gaps, before);
    const [start, waiting] = [kept.start.slice(), kept.waiting.slice()];
    const gone = [...changed].filter((index) => index < before);
    recount(start, waiting, gone, kept, -1);
    const left = before - gone.length;
    const sorted = {shards: this.shards, place: this.place, start};
    const now = {homes, bucket: table.bucket};
    const news = newsOf(
      [...changed].filter((index) => index < n),
      now,
      idOf,
    );
    const places = news.map((one) => placeFor(sorted, one, idOf));
    if (n > this.shards.length) this.grow(n + MOST_RESORTED);
    openGaps([this.shards, this.place], places, left);
    for (const [at, {index, home}] of news.entries()) {
      const place = (places[at] ?? 0) + at;
      this.shards[place] = index;
      this.place[place] = home;
    }
    const come = news.map(({index}) => index);
    recount(start, waiting, come, now, 1);
    const [shards, place] = [this.shards.subarray(0, n), this.place.subarray(0, n)];
    return {shards, place, start, waiting};
  }

  private grow(size: number): void {
    const {shards, place} = this;
    this.shards = new Int32Array(size);
    this.shards.set(shards);
    this.place = narrowAs(place, size);
    this.place.set(place);
  }
}

/** Adds the indexes below `end` at which both differ, until there are too many. Takes columns alone: it goes over all shards. */
function noteChanges(before: Narrow, now: Narrow, end: number, changed: Set<number>): void {
  for (let at = 0; at < end; at += 1) {
    if (before[at] === now[at]) continue;
    changed.add(at);
    if (changed.size > MOST_RESORTED) return;
  }
}

/** Where those stand that were there, ascending; undefined where looking for them takes longer than sorting all. */
function gapsOf(kept: Kept, changed: ReadonlySet<number>): number[] | undefined {
  const {homes, bucket, shards} = kept;
  const gaps: number[] = [];
  let looks = 0;
  for (const index of changed) {
    if (index >= homes.length) continue;
    const [from, end] = runOf(kept, bucket[index] ?? 0, homes[index] ?? 0);
    looks += end - from;
    if (looks > shards.length) return undefined;
    const at = shards.subarray(from, end).indexOf(index);
    invariant(at !== NONE, `shard ${index} is not where it was sorted to`);
    gaps.push(from + at);
  }
  return gaps.sort((a, b) => a - b);
}

/** Where the shards of the bucket with that home begin and end. */
function runOf(
  {place, start}: Pick<Kept, 'place' | 'start'>,
  bucket: number,
  home: number,
): [from: number, end: number] {
  const end = start[bucket + 1] ?? 0;
  const from = firstFrom(place, home, start[bucket] ?? 0, end);
  return [from, firstFrom(place, home + 1, from, end)];
}

function firstFrom(place: Narrow, home: number, from: number, end: number): number {
  let [low, high] = [from, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((place[middle] ?? 0) < home) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** In the order in which they are put in. */
function newsOf(
  indexes: readonly number[],
  {homes, bucket}: Pick<Kept, 'homes' | 'bucket'>,
  idOf: (index: number) => string,
): News[] {
  const news = sortedTies(indexes, idOf).map((key): News => {
    return {...key, bucket: bucket[key.index] ?? 0, home: homes[key.index] ?? 0};
  });
  return news.sort((a, b) => a.bucket - b.bucket || a.home - b.home);
}

/** Before which of those that stayed it belongs. */
function placeFor(
  sorted: Pick<Kept, 'shards' | 'place' | 'start'>,
  {bucket, home, hash, id}: News,
  idOf: (index: number) => string,
): number {
  let [low, high] = runOf(sorted, bucket, home);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = idOf(sorted.shards[middle] ?? 0);
    const order = hashOf(other) - hash || compareText(other, id);
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** So many more or fewer shards as are listed. */
function recount(
  start: Int32Array,
  waiting: Int32Array,
  indexes: readonly number[],
  {homes, bucket}: Pick<Kept, 'homes' | 'bucket'>,
  by: 1 | -1,
): void {
  const more = new Int32Array(start.length);
  for (const index of indexes) {
    const own = bucket[index] ?? 0;
    more[own + 1] = (more[own + 1] ?? 0) + by;
    if (homes[index] === 0) waiting[own] = (waiting[own] ?? 0) + by;
  }
  let sum = 0;
  for (let at = 0; at < start.length; at += 1) {
    sum += more[at] ?? 0;
    start[at] = (start[at] ?? 0) + sum;
  }
}
