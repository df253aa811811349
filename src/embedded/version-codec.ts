/** Versions as bytes in a snapshot: five numbers of 8 bytes (revisions, version, lease), two lengths of 4, key, value. Pure. */
import type {Version} from './event-log.ts';

const FIXED_BYTES = 40;

export function encodedBytes(version: Version): number {
  return FIXED_BYTES + version.key.length + version.value.length;
}

/** Returns the position behind it. */
export function encodeVersion(version: Version, into: Buffer, at: number): number {
  const {key, value} = version;
  into.writeDoubleLE(version.createRevision, at);
  into.writeDoubleLE(version.modRevision, at + 8);
  into.writeDoubleLE(version.version, at + 16);
  into.writeBigInt64LE(BigInt(version.lease), at + 24);
  into.writeUInt32LE(key.length, at + 32);
  into.writeUInt32LE(value.length, at + 36);
  into.write(key, at + FIXED_BYTES, 'latin1');
  into.write(value, at + FIXED_BYTES + key.length, 'latin1');
  return at + FIXED_BYTES + key.length + value.length;
}

/** All versions of a body that starts at a position. `leaseOf` gives one text for all the keys of a lease. */
export function decodeVersions(
  body: Buffer,
  start: number,
  leaseOf: (id: string) => string,
  visit: (version: Version) => void,
): void {
  for (let at = start; at < body.length;) {
    const keyEnd = at + FIXED_BYTES + body.readUInt32LE(at + 32);
    const valueEnd = keyEnd + body.readUInt32LE(at + 36);
    const lease = body.readBigInt64LE(at + 24);
    visit({
      key: body.toString('latin1', at + FIXED_BYTES, keyEnd),
      value: body.toString('latin1', keyEnd, valueEnd),
      lease: lease === 0n ? '0' : leaseOf(lease.toString()),
      createRevision: body.readDoubleLE(at),
      modRevision: body.readDoubleLE(at + 8),
      version: body.readDoubleLE(at + 16),
      previous: undefined,
    });
    at = valueEnd;
  }
}
