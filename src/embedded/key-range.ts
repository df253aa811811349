/**
 * Keys and values are kept as latin1 text, one character a byte: V8 keeps such strings at one byte a character, compares them
 * in byte order, and moves them when it compacts its heap, which buffers carved out of a pool cannot be.
 */

export interface KeyRange {
  readonly from: string;
  /** First key after the range. Undefined: no end. */
  readonly to: string | undefined;
  /** The range is the one key `from`. */
  readonly single: boolean;
}

const NO_END = '\0';

/** What `key` and `range_end` of a request mean. */
export function keyRange(key: Buffer | undefined, rangeEnd: Buffer | undefined): KeyRange {
  const from = text(key);
  const end = text(rangeEnd);
  if (end === '') return singleKey(from);
  return {from, to: end === NO_END ? undefined : end, single: false};
}

export function singleKey(key: string): KeyRange {
  return {from: key, to: `${key}\0`, single: true};
}

export function isInRange(key: string, range: KeyRange): boolean {
  if (range.single) return key === range.from;
  return key >= range.from && (range.to === undefined || key < range.to);
}

export function text(bytes: Buffer | undefined): string {
  return bytes === undefined ? '' : bytes.toString('latin1');
}

export function bytesOf(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}
