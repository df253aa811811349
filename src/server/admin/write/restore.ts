/** The operator's word that a restored or replaced etcd is the one from now on. */
import {SmError} from '../../../model/errors.ts';
import type {AdminAnswer, AdminRequest} from '../../../protocol/admin.ts';
import type {StoreDoubt} from '../../../model/store-doubt.ts';
import {acceptRestore, markRestored, readCluster} from '../../governing/cluster-record.ts';
import type {KnownCluster} from '../../governing/cluster-record.ts';
import type {AdminDependencies} from '../dependencies.ts';

/**
 * Where the store is doubted, answers only when the last right of the history of before has ended: until then somebody may still act by it, and nobody
 * claims. If the daemon ends meanwhile nothing has happened: the word is to be given again. `unchanged` where nobody doubts the store (`force`
 * steps the epoch up all the same), and where somebody else has accepted it meanwhile.
 * @throws SmError INVALID_INPUT unless sm's own service is named; STORE_UNAVAILABLE, STORE_CORRUPT.
 */
export async function acceptRestoredStore(
  dependencies: AdminDependencies,
  {confirm, force}: AdminRequest<'acceptRestore'>,
): Promise<AdminAnswer<'acceptRestore'>> {
  const {store, keys, service, epoch, wallMs} = dependencies;
  if (confirm !== service) {
    throw new SmError('INVALID_INPUT', `confirm is ${confirm}, but the service is ${service}`, {
      hint: `pass ${service} as confirm`,
    });
  }
  const known = await readCluster(store, keys);
  const doubt = doubtOf(dependencies, known);
  if (doubt === undefined) {
    if (known !== undefined && !force) return answerOf(known, 'unchanged');
    return answerOf(await acceptRestore(store, keys, epoch(), wallMs()), 'configured');
  }
  const epochBefore = Math.max(epoch(), known?.record.epoch ?? 0);
  // For those who have not noticed: from here on nobody claims.
  await markRestored(store, keys, epoch(), doubt, wallMs());
  await dependencies.sleep(dependencies.oldRightsMs());
  const accepted = await acceptedMeanwhile(dependencies, epochBefore);
  return accepted === undefined
    ? answerOf(await acceptRestore(store, keys, epoch(), wallMs()), 'configured')
    : answerOf(accepted, 'unchanged');
}

/** By the record; or, unless the record says that it was accepted since, by what this daemon has seen and may not have put down yet. */
function doubtOf(
  {doubt, epoch}: AdminDependencies,
  known: KnownCluster | undefined,
): StoreDoubt | undefined {
  if (known === undefined) return {kind: 'noClusterRecord'};
  return known.doubt ?? (known.record.epoch > epoch() ? undefined : doubt?.());
}

function answerOf(
  {record, mod}: KnownCluster,
  result: 'configured' | 'unchanged',
): AdminAnswer<'acceptRestore'> {
  const {epoch, clusterId} = record;
  return {result, changed: result === 'configured', revision: String(mod), epoch, clusterId};
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
