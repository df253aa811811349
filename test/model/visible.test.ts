/** Every character of Unicode that steers a terminal, turns direction or cannot be seen is replaced, and no other. */
import {describe, expect, it} from 'vitest';
import {jsonText} from '../../src/cli/json-text.ts';
import {shardIdProblem} from '../../src/model/ids.ts';
import {isHarmful, visible} from '../../src/model/visible.ts';

/** Written down here besides, so that a set that is lost from the pattern is missed. */
const RANGES: readonly (readonly [number, number])[] = [
  ...([
    [0x00, 0x1f],
    [0x7f, 0x9f],
    [0xad, 0xad],
    [0x34f, 0x34f],
    [0x61c, 0x61c],
    [0x115f, 0x1160],
    [0x17b4, 0x17b5],
    [0x180b, 0x180f],
    [0x200b, 0x200f],
    [0x2028, 0x202e],
    [0x2060, 0x206f],
    [0x2800, 0x2800],
    [0x3164, 0x3164],
    [0xd800, 0xdfff],
    [0xfe00, 0xfe0f],
    [0xfeff, 0xfeff],
    [0xffa0, 0xffa0],
    [0xfff0, 0xfffb],
    [0xfffe, 0xffff],
    [0x1d173, 0x1d17a],
    [0xe0000, 0xe0fff],
  ] as const),
];
const LAST = 0x10ffff;

function codePoints(): number[] {
  return Array.from({length: LAST + 1}, (_, point) => point);
}

describe('text of others', () => {
  it('shows every character of the ranges as an escape', () => {
    const shown = RANGES.flatMap(([from, to]) =>
      Array.from({length: to - from + 1}, (_, at) => String.fromCodePoint(from + at)),
    ).filter((character) => !/^(\\u[0-9a-f]{4}){1,2}$/.test(visible(character)));
    expect(shown.map((character) => character.codePointAt(0)?.toString(16))).toEqual([]);
  });

  it('leaves every letter, digit, sign and space as it is', () => {
    const changed = codePoints().filter((point) => {
      const character = String.fromCodePoint(point);
      return /[\p{L}\p{N}\p{P}\p{S}\p{Zs}]/u.test(character) && visible(character) !== character;
    });
    // Fillers and the blank of Braille count as letters and signs, and show nothing.
    const blanks = [0x115f, 0x1160, 0x2800, 0x3164, 0xffa0];
    expect(changed).toEqual(blanks);
  });

  it('is harmless whatever it holds, and reads back from JSON as it was', () => {
    const text = codePoints()
      .map((point) => String.fromCodePoint(point))
      .join('');
    expect(isHarmful(visible(text))).toBe(false);
    expect(visible(visible(text))).toBe(visible(text));
    const json = jsonText({text});
    expect(isHarmful(json)).toBe(false);
    expect((JSON.parse(json) as {text: string}).text).toBe(text);
  });
});

describe('a shard id', () => {
  it('may hold no character of these', () => {
    const taken = codePoints().filter((point) => {
      const character = String.fromCodePoint(point);
      return isHarmful(character) && shardIdProblem(`a${character}b`) === undefined;
    });
    expect(taken).toEqual([]);
  });

  it.each([' ', '   ', '\u00a0', '\u3000', '\u2003\u2003'])('%j is blank, and refused', (id) => {
    expect(shardIdProblem(id)).toMatch(/blank/);
  });

  it('is no longer than 200 bytes, whether it is plain or not', () => {
    for (const character of ['a', '\u00e9', '\u6f22']) {
      const most = Math.floor(200 / Buffer.byteLength(character));
      expect(shardIdProblem(character.repeat(most))).toBeUndefined();
      expect(shardIdProblem(character.repeat(most + 1))).toMatch(/longer/);
    }
  });

  it('that would look like another is refused: one form of Unicode', () => {
    expect(shardIdProblem('caf\u00e9')).toBeUndefined();
    expect(shardIdProblem('cafe\u0301')).toMatch(/NFC/);
  });
});
