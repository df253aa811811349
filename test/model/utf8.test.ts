import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {decodeUtf8} from '../../src/model/utf8.ts';

describe('UTF-8', () => {
  it.each([
    ['Latin-1 in the third line', [0x61, 0x0a, 0x62, 0x0a, 0x63, 0xfc, 0x64], {line: 3, column: 2}],
    ['a first byte', [0xff, 0x61], {line: 1, column: 1}],
    [
      'behind characters of several bytes',
      [0xc3, 0xbc, 0xe2, 0x82, 0xac, 0x80],
      {line: 1, column: 3},
    ],
    ['a character that is cut off by the end', [0x61, 0xe2, 0x82], {line: 1, column: 2}],
    ['a character that is cut off by another', [0xe2, 0x82, 0x61], {line: 1, column: 1}],
    ['half a surrogate', [0x0a, 0xed, 0xa0, 0x80], {line: 2, column: 1}],
  ])('that is not is placed: %s', (_name, bytes, bad) => {
    expect(decodeUtf8(Uint8Array.from(bytes))).toEqual({bad});
  });

  it('comes back as it was, a mark of byte order left out', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), (text) => {
        const [whole] = [text.replace(/^\ufeff/, '')];
        expect(decodeUtf8(new TextEncoder().encode(whole))).toEqual({
          text: whole.replace(/^\ufeff/, ''),
        });
      }),
      {numRuns: 200},
    );
    expect(decodeUtf8(Uint8Array.from([0xef, 0xbb, 0xbf, 0x61]))).toEqual({text: 'a'});
  });
});
