/** The operator's word that a restored or replaced etcd is the one from now on. */
import {SmError} from '../../../model/errors.ts';
import type {AcceptRestoreAnswer, AcceptRestoreRequest} from '../../../protocol/admin.ts';
import type {StoreDoubt} from '../../../model/store-doubt.ts';
import {acceptRestore, markRestored, readCluster} from '../../governing/cluster-record.ts';
import type {KnownCluster} from '../../governing/cluster-record.ts';
import type {AdminDependencies} from '../dependencies.ts';

/**
 * Where the store is doubted, answers only when the last right of the history of before has ended: until then somebody may still act by it, and nobody
 * claims. If the daemon ends meanwhile nothing has happened: the word is to be given again.
 * @throws SmError INVALID_INPUT unless sm's own service is named; STORE_UNAVAILABLE, STORE_CORRUPT.
 */
export async function acceptRestoredStore(
  dependencies: AdminDependencies,
  {confirm}: AcceptRestoreRequest,
): Promise<AcceptRestoreAnswer> {
  const {store, keys, service, epoch} = dependencies;
  if (confirm !== service) {
    throw new SmError('INVALID_INPUT', `confirm names ${confirm}, this is ${service}`, {
      hint: `pass ${service} as confirm`,
    });
  }
  const epochBefore = await waitForOldRights(dependencies);
  const {record, mod} =
    (await acceptedMeanwhile(dependencies, epochBefore)) ??
    (await acceptRestore(store, keys, epoch()));
  return {
    result: 'configured',
    changed: true,
    revision: String(mod),
    epoch: record.epoch,
    clusterId: record.clusterId,
  };
}

/** Returns the epoch of before; at once where nobody doubts the store. */
async function waitForOldRights(dependencies: AdminDependencies): Promise<number> {
  const {store, keys, epoch, sleep} = dependencies;
  const known = await readCluster(store, keys);
  const doubt: StoreDoubt | undefined =
    known === undefined ? {kind: 'noClusterRecord'} : known.doubt;
  const epochBefore = Math.max(epoch(), known?.record.epoch ?? 0);
  if (doubt === undefined) return epochBefore;
  // For those who have not noticed: from here on nobody claims.
  await markRestored(store, keys, epoch(), doubt);
  await sleep(dependencies.oldRightsMs());
  return epochBefore;
}

/** Two operators may have given the word at once. */
async function acceptedMeanwhile(
  {store, keys}: AdminDependencies,
  epochBefore: number,
): Promise<KnownCluster | undefined> {
  const known = await readCluster(store, keys);
  return known !== undefined && known.doubt === undefined && known.record.epoch > epochBefore
    ? known
    : undefined;
}
