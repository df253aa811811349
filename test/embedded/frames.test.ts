import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {HEADER_BYTES, decodeFrame, encodeFrame, readRest} from '../../src/embedded/frames.ts';
import {decodeEntries, encodeEntries} from '../../src/embedded/log-entries.ts';

const anyBody = fc.uint8Array({maxLength: 300}).map((bytes) => Buffer.from(bytes));

describe('a frame', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.nat(), anyBody, (sequence, body) => {
        const frame = decodeFrame(
          Buffer.concat([encodeFrame(sequence, body), Buffer.from('more')]),
        );
        expect(frame?.sequence).toBe(sequence);
        expect(frame?.body.equals(body)).toBe(true);
      }),
    );
  });

  it('does not come back with any byte of it changed', () => {
    fc.assert(
      fc.property(anyBody, fc.nat(), fc.integer({min: 1, max: 255}), (body, at, change) => {
        const bytes = encodeFrame(7, body);
        const place = at % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ change;
        expect(decodeFrame(bytes)).toBeUndefined();
      }),
    );
  });

  it('is torn when it ends anywhere before its end', () => {
    fc.assert(
      fc.property(anyBody, fc.nat(), fc.nat(), (body, at, offset) => {
        const bytes = encodeFrame(7, body);
        expect(readRest(bytes.subarray(0, at % bytes.length), offset)).toBe('torn');
      }),
    );
  });

  it('is corrupt when a good one follows, whatever of it is wrong', () => {
    fc.assert(
      fc.property(anyBody, anyBody, fc.nat(), (body, next, at) => {
        const bytes = encodeFrame(7, body);
        const place = at % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ 0xff;
        expect(readRest(Buffer.concat([bytes, encodeFrame(8, next)]), 0)).toBe('corrupt');
      }),
    );
  });

  it('is corrupt as the last one too, unless a sector of it never reached the disk', () => {
    const bytes = encodeFrame(7, Buffer.alloc(2_000, 'x'));
    bytes[1_000] = 0;
    expect(readRest(bytes, 0)).toBe('corrupt');
    bytes.fill(0, 512, 1_024);
    expect(readRest(bytes, 0)).toBe('torn');
    expect(readRest(bytes, 100)).toBe('corrupt');
    expect(readRest(Buffer.alloc(HEADER_BYTES + 4_000), 0)).toBe('torn');
  });
});

describe('entries', () => {
  it('come back as they were', () => {
    const anyEntry = fc.record({
      kind: fc.constantFrom('put', 'deleteRange', 'txn', 'compact', 'grant', 'revoke', 'alarm'),
      bytes: anyBody,
    });
    fc.assert(
      fc.property(fc.array(anyEntry), (entries) => {
        const plain = entries.map(({kind, bytes}) => ({kind, bytes: bytes.toString('hex')}));
        const back = decodeEntries(encodeEntries(entries as Parameters<typeof encodeEntries>[0]));
        expect(back.map(({kind, bytes}) => ({kind, bytes: bytes.toString('hex')}))).toEqual(plain);
      }),
    );
  });
});
