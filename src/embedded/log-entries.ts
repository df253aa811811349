/** Entries of a log frame: kind 1 | length 4 | request. Pure. */
import type {LoggedKind} from './wire.ts';

export interface LogEntry {
  readonly kind: LoggedKind;
  readonly bytes: Buffer;
}

/** The position is what is on disk: only ever append. */
const KINDS: readonly LoggedKind[] = [
  'put',
  'deleteRange',
  'txn',
  'compact',
  'grant',
  'revoke',
  'alarm',
];
const ENTRY_HEADER_BYTES = 5;

export function encodeEntries(entries: readonly LogEntry[]): Buffer {
  let total = 0;
  for (const {bytes} of entries) total += ENTRY_HEADER_BYTES + bytes.length;
  const body = Buffer.allocUnsafe(total);
  let at = 0;
  for (const {kind, bytes} of entries) {
    body.writeUInt8(KINDS.indexOf(kind), at);
    body.writeUInt32LE(bytes.length, at + 1);
    bytes.copy(body, at + ENTRY_HEADER_BYTES);
    at += ENTRY_HEADER_BYTES + bytes.length;
  }
  return body;
}

/** Expects a body whose checksum is right: anything unknown in it was written by another program. */
export function decodeEntries(body: Buffer): LogEntry[] {
  const entries: LogEntry[] = [];
  for (let at = 0; at < body.length;) {
    const kind = KINDS[body.readUInt8(at)];
    const length = body.readUInt32LE(at + 1);
    if (kind === undefined) throw new Error(`a log entry of unknown kind ${body.readUInt8(at)}`);
    const start = at + ENTRY_HEADER_BYTES;
    entries.push({kind, bytes: body.subarray(start, start + length)});
    at = start + length;
  }
  return entries;
}
