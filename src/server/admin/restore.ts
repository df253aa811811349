/** The operator's word that a restored or replaced etcd is the one from now on. */
import {SmError} from '../../model/errors.ts';
import type {AcceptRestoreAnswer, AcceptRestoreRequest} from '../../protocol/admin.ts';
import {acceptRestore} from '../governing/cluster-record.ts';
import type {AdminDependencies} from './dependencies.ts';

/** @throws SmError INVALID_INPUT unless sm's own service is named; STORE_UNAVAILABLE, STORE_CORRUPT. */
export async function acceptRestoredStore(
  {store, keys, service, epoch}: AdminDependencies,
  {confirm}: AcceptRestoreRequest,
): Promise<AcceptRestoreAnswer> {
  if (confirm !== service) {
    throw new SmError('INVALID_INPUT', `confirm names ${confirm}, this is ${service}`, {
      hint: `pass ${service} as confirm`,
    });
  }
  const {record, mod} = await acceptRestore(store, keys, epoch());
  return {
    result: 'configured',
    changed: true,
    revision: String(mod),
    epoch: record.epoch,
    clusterId: record.clusterId,
  };
}
