/** Text as it was written: bytes that are not UTF-8 are refused, never replaced. */

export interface BadByte {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
}

/** The text, or where the first byte stands that no UTF-8 has there. A mark of byte order at the beginning is left out. */
export function decodeUtf8(bytes: Uint8Array): {text: string} | {bad: BadByte} {
  try {
    return {text: new TextDecoder('utf-8', {fatal: true}).decode(bytes)};
  } catch {
    return {bad: positionOf(bytes, goodLength(bytes))};
  }
}

function positionOf(bytes: Uint8Array, at: number): BadByte {
  const before = new TextDecoder('utf-8').decode(bytes.subarray(0, at));
  const lines = before.split('\n');
  return {line: lines.length, column: [...(lines.at(-1) ?? '')].length + 1};
}

/** How many bytes at the beginning are whole characters; found by halving, for each prefix of a good one is good but for its last character. */
function goodLength(bytes: Uint8Array): number {
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isBeginning(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  return wholeCharacters(bytes.subarray(0, good));
}

/** Whether more bytes could make it UTF-8. */
function isBeginning(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', {fatal: true}).decode(bytes, {stream: true});
    return true;
  } catch {
    return false;
  }
}

function wholeCharacters(bytes: Uint8Array): number {
  const text = new TextDecoder('utf-8', {ignoreBOM: true}).decode(bytes, {stream: true});
  return new TextEncoder().encode(text).length;
}
