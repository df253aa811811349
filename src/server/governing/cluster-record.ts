/** The record that ties the prefix to one etcd history: notices a restored or wiped etcd before any decision is taken. */
import type {Keys} from '../../etcd/keys.ts';
import {SmError} from '../../model/errors.ts';
import {importIncomplete} from '../../model/import-incomplete.ts';
import {RECORD_VERSION} from '../../model/ownership.ts';
import type {ClusterRecord} from '../../model/status.ts';
import {nextEpoch} from '../../model/token.ts';
import {doubtText, reportedDoubt} from '../../model/store-doubt.ts';
import type {StoreDoubt} from '../../model/store-doubt.ts';
import {decodeCluster, encodeRecord} from '../../protocol/records.ts';
import {unchanged} from '../../store/compares.ts';
import type {KeyValue, Store, StoreStatus} from '../../store/port.ts';
import {CLUSTER_WRITE_ATTEMPTS_LIMIT} from './limits.ts';

/** A cluster record with the revision that guards a rewrite. */
export interface KnownCluster {
  readonly record: ClusterRecord;
  readonly mod: number;
  /** Why etcd is not the one, or older than, the record was written to; undefined when it is. */
  readonly doubt: StoreDoubt | undefined;
}

/** Reads the record, creates it in an empty prefix. @throws SmError STORE_UNAVAILABLE, STORE_CORRUPT. */
export function openCluster(store: Store, keys: Keys): Promise<KnownCluster> {
  return rewrite(store, keys, (record, status) =>
    record === undefined ? {v: RECORD_VERSION, epoch: 1, ...historyOf(status)} : undefined,
  );
}

/** Remembers how far the history has come, so that going back is noticed. The loser of a race leaves it to the winner. */
export async function noteRevision(
  store: Store,
  keys: Keys,
  known: KnownCluster,
): Promise<KnownCluster> {
  const {revision} = await store.status();
  const record = {...known.record, maxRevision: Math.max(known.record.maxRevision, revision)};
  const key = keys.cluster();
  const outcome = await store.transact({
    compares: [unchanged(key, known)],
    then: [{op: 'put', key, value: encodeRecord(record)}],
  });
  if (outcome.kind === 'committed') return {...known, record, mod: outcome.revision};
  // Where somebody has deleted it, a record of the first epoch would make new tokens older than those that are in use.
  return rewrite(store, keys, (found, status) =>
    found === undefined ? {...known.record, ...historyOf(status)} : undefined,
  );
}

/**
 * Puts down that etcd was restored or replaced, for those who cannot see it themselves. `wallMs`: Unix time. Not when an epoch beyond `epoch`, the one of
 * before, says that it was accepted already. @throws SmError STORE_UNAVAILABLE.
 */
export async function markRestored(
  store: Store,
  keys: Keys,
  epoch: number,
  doubt: StoreDoubt,
  wallMs: number,
): Promise<void> {
  const mark = {restored: doubtText(doubt), restoredAtMs: Math.floor(wallMs)};
  await rewrite(store, keys, (record, status) => {
    if (record === undefined) return {v: RECORD_VERSION, epoch, ...historyOf(status), ...mark};
    if (record.epoch > epoch || record.restored !== undefined) return undefined;
    return {...record, epoch, ...mark};
  });
}

/** The record as it is, nothing written; undefined when there is none. @throws SmError STORE_UNAVAILABLE, STORE_CORRUPT. */
export async function readCluster(store: Store, keys: Keys): Promise<KnownCluster | undefined> {
  const status = await store.status();
  const {entry, revision} = await store.get(keys.cluster());
  return entry === undefined ? undefined : checked(entry, status, revision);
}

/**
 * The present etcd is the one from now on: steps the epoch beyond the record's and beyond `epoch`, so that every token to come is
 * newer than all before. `wallMs`: Unix time. @throws SmError STORE_UNAVAILABLE, STORE_CORRUPT.
 */
export async function acceptRestore(
  store: Store,
  keys: Keys,
  epoch: number,
  wallMs: number,
): Promise<KnownCluster> {
  return rewrite(store, keys, (record, status) => {
    const {restored, restoredAtMs, ...rest} = record ?? {v: RECORD_VERSION, epoch: 0};
    // Where nobody doubted the store, everybody goes on with the heartbeat that he has.
    const sinceMs = restoredAtMs ?? Math.floor(wallMs);
    const accepted = restored === undefined ? {} : {accepted: {revision: status.revision, sinceMs}};
    const said = {...historyOf(status), ...accepted};
    return {...rest, ...said, epoch: nextEpoch(Math.max(rest.epoch, epoch), wallMs)};
  });
}

function historyOf({clusterId, revision}: StoreStatus): {clusterId: string; maxRevision: number} {
  return {clusterId, maxRevision: revision};
}

/** Changes the record as last read; `change` answering undefined leaves it. */
async function rewrite(
  store: Store,
  keys: Keys,
  change: (record: ClusterRecord | undefined, status: StoreStatus) => ClusterRecord | undefined,
): Promise<KnownCluster> {
  const key = keys.cluster();
  for (let attempt = 0; attempt < CLUSTER_WRITE_ATTEMPTS_LIMIT; attempt += 1) {
    const status = await store.status();
    const {entry, revision} = await store.get(key);
    const known = entry === undefined ? undefined : checked(entry, status, revision);
    const record = change(known?.record, status);
    if (record === undefined && known !== undefined) return known;
    if (record === undefined) break;
    const outcome = await store.transact({
      compares: [unchanged(key, known)],
      then: [{op: 'put', key, value: encodeRecord(record)}],
    });
    if (outcome.kind === 'committed') return {record, mod: outcome.revision, doubt: undefined};
  }
  throw new SmError('STORE_UNAVAILABLE', 'the cluster record could not be written', {
    retryable: true,
  });
}

/**
 * `revision`: of the answer that brought the record. The status was read before it. Another daemon may have written the record in between, so the
 * revision of the status alone may be lower than what the record knows, though nothing was restored.
 */
function checked(entry: KeyValue, status: StoreStatus, revision: number): KnownCluster {
  const decoded = decodeCluster(entry.value);
  if (!decoded.ok)
    throw new SmError('STORE_CORRUPT', `the cluster record cannot be read: ${decoded.problem}`);
  const record = decoded.value;
  const incomplete = importIncomplete(record, false);
  if (incomplete !== undefined) throw incomplete;
  const newest = Math.max(status.revision, revision);
  return {record, mod: entry.mod, doubt: doubtOf(record, {...status, revision: newest})};
}

function doubtOf(
  record: ClusterRecord,
  {clusterId, revision}: StoreStatus,
): StoreDoubt | undefined {
  if (record.restored !== undefined) return reportedDoubt(record.restored);
  if (record.clusterId !== clusterId)
    return {kind: 'anotherCluster', found: clusterId, known: record.clusterId};
  return revision < record.maxRevision
    ? {kind: 'wentBack', found: revision, known: record.maxRevision}
    : undefined;
}
