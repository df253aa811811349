/**
 * Frames: what is written to disk in one piece, whole or not at all. Pure.
 *
 *   magic 4 | length of the body 4 | sequence 8 | crc32 of the body 4 | crc32 of the 20 bytes before 4 | body
 *
 * A frame is written only when the one before it is on disk. So at most the last frame of a log can be torn, and a frame that
 * does not read is corrupt when a good one follows.
 */
import {crc32} from 'node:zlib';

export interface Frame {
  readonly sequence: number;
  readonly body: Buffer;
}

export const HEADER_BYTES = 24;
const MAGIC = 0x31_77_6d_73;
const MAGIC_BYTES = Buffer.from('smw1');
/** etcd looks at its torn records in these pieces too: what never reached the disk reads as zeros, a sector at a time. */
const SECTOR_BYTES = 512;

export function encodeFrame(sequence: number, body: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  frame.writeUInt32LE(MAGIC, 0);
  frame.writeUInt32LE(body.length, 4);
  frame.writeBigUInt64LE(BigInt(sequence), 8);
  frame.writeUInt32LE(crc32(body), 16);
  frame.writeUInt32LE(crc32(frame.subarray(0, 20)), 20);
  body.copy(frame, HEADER_BYTES);
  return frame;
}

export interface FrameHeader {
  readonly sequence: number;
  readonly bodyBytes: number;
  readonly bodyCrc: number;
}

/** Undefined when these are not the 24 bytes of a header. */
export function decodeHeader(bytes: Buffer): FrameHeader | undefined {
  if (bytes.length < HEADER_BYTES || bytes.readUInt32LE(0) !== MAGIC) return undefined;
  if (bytes.readUInt32LE(20) !== crc32(bytes.subarray(0, 20))) return undefined;
  return {
    sequence: Number(bytes.readBigUInt64LE(8)),
    bodyBytes: bytes.readUInt32LE(4),
    bodyCrc: bytes.readUInt32LE(16),
  };
}

/** The frame at the start of these bytes; undefined when there is none that is whole. */
export function decodeFrame(bytes: Buffer): Frame | undefined {
  const header = decodeHeader(bytes);
  if (header === undefined) return undefined;
  const body = bytes.subarray(HEADER_BYTES, HEADER_BYTES + header.bodyBytes);
  if (body.length < header.bodyBytes || crc32(body) !== header.bodyCrc) return undefined;
  return {sequence: header.sequence, body};
}

/**
 * What to make of the rest of a log that starts where a frame should be and does not read: `torn`, an unfinished last write
 * that nobody has an answer for, or `corrupt`, which must not be cut off in silence.
 */
export function readRest(rest: Buffer, offset: number): 'torn' | 'corrupt' {
  if (isFollowed(rest)) return 'corrupt';
  if (rest.length < HEADER_BYTES) return 'torn';
  const header = decodeHeader(rest);
  if (header !== undefined && HEADER_BYTES + header.bodyBytes > rest.length) return 'torn';
  return hasEmptySector(rest, offset) ? 'torn' : 'corrupt';
}

function isFollowed(rest: Buffer): boolean {
  for (let at = rest.indexOf(MAGIC_BYTES, 1); at > 0; at = rest.indexOf(MAGIC_BYTES, at + 1))
    if (decodeFrame(rest.subarray(at)) !== undefined) return true;
  return false;
}

function hasEmptySector(rest: Buffer, offset: number): boolean {
  let start = 0;
  while (start < rest.length) {
    const end = Math.min(rest.length, start + SECTOR_BYTES - ((offset + start) % SECTOR_BYTES));
    if (rest.subarray(start, end).every((byte) => byte === 0)) return true;
    start = end;
  }
  return false;
}
