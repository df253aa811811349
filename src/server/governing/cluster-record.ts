/** The record that ties the prefix to one etcd history: notices a restored or wiped etcd before any decision is taken. */
import type {Keys} from '../../etcd/keys.ts';
import {SmError} from '../../model/errors.ts';
import {RECORD_VERSION} from '../../model/ownership.ts';
import type {ClusterRecord} from '../../model/status.ts';
import {decodeCluster, encodeRecord} from '../../protocol/records.ts';
import type {KeyValue, Store, StoreStatus} from '../../store/port.ts';

/** A cluster record with the revision that guards a rewrite. */
export interface KnownCluster {
  readonly record: ClusterRecord;
  readonly mod: number;
}

/**
 * Reads the record, creates it in an empty prefix.
 * @throws SmError STORE_RESTORED when etcd is not the one, or older than, the record was written to; STORE_UNAVAILABLE.
 */
export async function openCluster(store: Store, keys: Keys): Promise<KnownCluster> {
  const status = await store.status();
  const {entry} = await store.get(keys.cluster());
  if (entry !== undefined) return checked(entry, status);
  const record: ClusterRecord = {
    v: RECORD_VERSION,
    epoch: 1,
    clusterId: status.clusterId,
    maxRevision: status.revision,
  };
  const key = keys.cluster();
  const outcome = await store.transact({
    compares: [{key, target: 'create', op: '=', value: 0}],
    then: [{op: 'put', key, value: encodeRecord(record)}],
    otherwise: [{op: 'get', key}],
  });
  if (outcome.kind === 'committed') return {record, mod: outcome.revision};
  const found = outcome.kind === 'refused' ? outcome.answers[0] : undefined;
  if (found !== undefined) return checked(found, status);
  throw new SmError('STORE_UNAVAILABLE', 'the cluster record could not be written', {
    retryable: true,
  });
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
    compares: [{key, target: 'mod', op: '=', value: known.mod}],
    then: [{op: 'put', key, value: encodeRecord(record)}],
    otherwise: [],
  });
  return outcome.kind === 'committed' ? {record, mod: outcome.revision} : openCluster(store, keys);
}

function checked(entry: KeyValue, status: StoreStatus): KnownCluster {
  const decoded = decodeCluster(entry.value);
  if (!decoded.ok)
    throw new SmError('STORE_CORRUPT', `the cluster record cannot be read: ${decoded.problem}`);
  const record = decoded.value;
  if (record['importing'] === true)
    throw new SmError('CONFLICT', 'an import into this prefix has not ended', {
      hint: 'wait for sm store import to end; if it was cut short, run it again with --force',
    });
  if (record.clusterId !== status.clusterId || status.revision < record.maxRevision) {
    throw new SmError(
      'STORE_RESTORED',
      'etcd was restored or replaced: fencing tokens could repeat',
      {
        hint: 'stop all containers, then delete the key cluster under the prefix and raise the revision of etcd past every token given out (etcdutl snapshot restore --bump-revision)',
      },
    );
  }
  return {record, mod: entry.mod};
}
