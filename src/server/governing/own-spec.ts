/** sm's own service is an app like any other: its spec has to exist before daemons can be its containers. */
import type {Keys} from '../../etcd/keys.ts';
import {SmError} from '../../model/errors.ts';
import type {AppSpec} from '../../model/specs.ts';
import {encodeRecord} from '../../protocol/records.ts';
import type {Store} from '../../store/port.ts';

/** Creates the spec of S unless it is there. A dead daemon's apps wait for nobody: recovery time 0. @throws SmError STORE_UNAVAILABLE. */
export async function ensureOwnSpec(store: Store, keys: Keys, wallMs: number): Promise<void> {
  const key = keys.appSpec(keys.service);
  const spec: AppSpec = {
    service: keys.service,
    createTime: Math.floor(wallMs / 1000),
    maxShardCount: 0,
    maxRecoveryTime: 0,
  };
  const outcome = await store.transact({
    compares: [{key, target: 'create', op: '=', value: 0}],
    then: [{op: 'put', key, value: encodeRecord(spec)}],
  });
  if (outcome.kind !== 'unknown') return;
  const {entry} = await store.get(key);
  if (entry === undefined)
    throw new SmError('STORE_UNAVAILABLE', 'the spec of sm itself could not be written', {
      retryable: true,
    });
}
