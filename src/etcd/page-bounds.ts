/**
 * Where each page of a long listing ends at the latest. A member counts all keys up to the end of a range however few it answers, so pages that all end where the
 * listing does cost the square of its length. Here a page ends where keys no longer begin as its first one does, for as many bytes as keep it about full. Pure.
 */
import {PAGE_FULL_SHARE} from './limits.ts';
import {endOfPrefix} from './wire.ts';

export interface PageRange {
  readonly from: Buffer;
  /** Not in it. */
  readonly to: Buffer;
}

/** What was answered. */
export interface AnsweredPage {
  readonly keys: readonly Buffer[];
  /** The range has more keys. */
  readonly isMore: boolean;
}

export class PageBounds {
  readonly first: PageRange;
  private readonly least: number;
  private readonly few: number;
  private range: PageRange;
  /** Bytes that the keys of a page begin with. */
  private depth: number;

  /** `prefix`: of all keys. `most`: keys of one page. */
  constructor(prefix: Buffer, most: number) {
    this.least = prefix.length;
    this.depth = prefix.length;
    this.few = PAGE_FULL_SHARE * most;
    this.first = {from: prefix, to: endOfPrefix(prefix)};
    this.range = this.first;
  }

  /** What is to be asked for after this answer; undefined: that was all. */
  after({keys, isMore}: AnsweredPage): PageRange | undefined {
    const end = this.first.to;
    const [first, last] = [keys[0], keys.at(-1)];
    if (!isMore && this.range.to.equals(end)) return undefined;
    let from = this.range.to;
    if (isMore && first !== undefined && last !== undefined) {
      from = Buffer.concat([last, Buffer.from([0])]);
      this.depth = Math.min(last.length, Math.max(this.depth, common(first, last)) + 1);
    } else if (keys.length < this.few) this.depth = Math.min(this.depth, from.length) - 1;
    this.range = {from, to: this.depth <= this.least ? end : endOf(from, this.depth, end)};
    return this.range;
  }
}

/** The end of all keys that begin with so many bytes of this one, but no later than `end`. */
function endOf(from: Buffer, depth: number, end: Buffer): Buffer {
  const bound = endOfPrefix(from.subarray(0, depth));
  return isNoEnd(end) || Buffer.compare(bound, end) < 0 ? bound : end;
}

/** The range goes on to the last key there is. */
function isNoEnd(end: Buffer): boolean {
  return end.length === 1 && end[0] === 0;
}

function common(a: Buffer, b: Buffer): number {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at < most && a[at] === b[at]) at += 1;
  return at;
}
