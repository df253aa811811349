import {crc32} from 'node:zlib';
import type {Keyspace} from './keyspace.ts';

/**
 * A hash over what can be read at a revision: two stores with the same content have the same, another server of the API has
 * another. @throws EtcdFailure compacted, futureRevision
 */
export function contentHash(keys: Keyspace, revision: number): number {
  let hash = 0;
  const everything = {from: '', to: undefined, single: false};
  for (const version of keys.read(everything, {revision}).versions) {
    const {key, value, lease, createRevision, modRevision, version: count} = version;
    hash = crc32(JSON.stringify([key, value, lease, createRevision, modRevision, count]), hash);
  }
  return hash;
}
