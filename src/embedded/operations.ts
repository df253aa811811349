/** Range, put and delete on the keyspace, inside a transaction or alone. */
import {compareText} from '../model/compare-text.ts';
import type {Version} from './event-log.ts';
import {failure} from './failures.ts';
import {bytesOf, keyRange, text} from './key-range.ts';
import type {Keyspace} from './keyspace.ts';
import type {LeaseTable} from './lease-table.ts';
import {int} from './requests.ts';
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  WireKeyValue,
} from './requests.ts';

export interface Stores {
  readonly keys: Keyspace;
  readonly leases: LeaseTable;
}

const NO_ORDER = 0;
const DESCENDING = 2;
const BY_KEY = 0;

type Order = (a: Version, b: Version) => number;

/** By `sort_target`. */
const ORDERS: readonly Order[] = [
  (a, b) => compareText(a.key, b.key),
  (a, b) => a.version - b.version,
  (a, b) => a.createRevision - b.createRevision,
  (a, b) => a.modRevision - b.modRevision,
  (a, b) => compareText(a.value, b.value),
];

/** @throws EtcdFailure compacted, futureRevision */
export function range(keys: Keyspace, request: RangeRequest): RangeResponse {
  const limit = Math.max(0, int(request.limit));
  const order = request.sort_order ?? NO_ORDER;
  const isBetween = revisionBounds(request);
  const bounded = order === NO_ORDER && isBetween === undefined;
  const result = keys.read(keyRange(request.key, request.range_end), {
    revision: int(request.revision),
    countOnly: request.count_only === true,
    limit: bounded && limit > 0 ? limit + 1 : 0,
  });
  const between = isBetween === undefined ? result.versions : result.versions.filter(isBetween);
  const versions = sorted(between, order, request.sort_target ?? BY_KEY);
  const more = limit > 0 && versions.length > limit;
  if (more) versions.length = limit;
  return {
    header: {revision: result.revision},
    kvs: versions.map((version) => keyValue(version, request.keys_only === true)),
    more,
    count: result.count,
  };
}

/** @throws EtcdFailure keyNotFound, leaseNotFound; nothing is changed then. */
export function checkPutAgainst({keys, leases}: Stores, request: PutRequest): void {
  if (request.ignore_value === true || request.ignore_lease === true) {
    if (keys.get(text(request.key)) === undefined) throw failure('keyNotFound');
  }
  checkLease(leases, request);
}

/** @throws EtcdFailure leaseNotFound */
export function checkLease(leases: LeaseTable, {lease = '0'}: PutRequest): void {
  if (lease !== '0' && !leases.has(lease)) throw failure('leaseNotFound');
}

/** Expects `checkPutAgainst` to have passed. */
export function put({keys, leases}: Stores, request: PutRequest): PutResponse {
  const key = text(request.key);
  const old = keys.get(key);
  const value = request.ignore_value === true ? (old?.value ?? '') : text(request.value);
  const asked = request.ignore_lease === true ? (old?.lease ?? '0') : (request.lease ?? '0');
  const lease = leases.nameOf(asked);
  const version = keys.put(key, value, lease);
  if (old !== undefined && old.lease !== lease) leases.detach(old.lease, version.key);
  if (old?.lease !== lease) leases.attach(lease, version.key);
  const response: PutResponse = {header: {revision: version.modRevision}};
  if (request.prev_kv === true && old !== undefined) response.prev_kv = keyValue(old);
  return response;
}

export function deleteRange(
  {keys, leases}: Stores,
  request: DeleteRangeRequest,
): DeleteRangeResponse {
  const deleted = keys.deleteRange(keyRange(request.key, request.range_end));
  for (const {key, lease} of deleted) leases.detach(lease, key);
  return {
    header: {revision: keys.revision + (keys.hasChanges ? 1 : 0)},
    deleted: deleted.length,
    prev_kvs: request.prev_kv === true ? deleted.map((version) => keyValue(version)) : [],
  };
}

export function keyValue(version: Version, keyOnly = false): WireKeyValue {
  const key = bytesOf(version.key);
  if (version.version === 0) return {key, mod_revision: version.modRevision};
  return {
    key,
    create_revision: version.createRevision,
    mod_revision: version.modRevision,
    version: version.version,
    ...(keyOnly ? {} : {value: bytesOf(version.value)}),
    lease: version.lease,
  };
}

/** A target other than the key without an order means ascending; etcd cuts at the limit before it sorts such a reply. */
function sorted(versions: Version[], order: number, target: number): Version[] {
  const compare = ORDERS[target];
  if (compare === undefined || (order === NO_ORDER && target === BY_KEY)) return versions;
  if (order === DESCENDING) return versions.sort((a, b) => compare(b, a));
  return versions.sort(compare);
}

/** Undefined where the request has none; 0 is none. */
function revisionBounds(request: RangeRequest): ((version: Version) => boolean) | undefined {
  const [minMod, maxMod] = [int(request.min_mod_revision), int(request.max_mod_revision)];
  const [minCreate, maxCreate] = [
    int(request.min_create_revision),
    int(request.max_create_revision),
  ];
  if ([minMod, maxMod, minCreate, maxCreate].every((bound) => bound === 0)) return undefined;
  const isWithin = (revision: number, least: number, most: number): boolean =>
    revision >= least && (most === 0 || revision <= most);
  return ({modRevision, createRevision}) =>
    isWithin(modRevision, minMod, maxMod) && isWithin(createRevision, minCreate, maxCreate);
}
