/** Taking a container its right to act: its next heartbeat fails, it fences itself, and its governor takes it out after W. */
import {SmError} from '../../model/errors.ts';
import {decodeIdHolder} from '../../protocol/container-id.ts';
import type {EvictRequest, OrderAnswer} from '../../protocol/admin.ts';
import {decodeHeartbeat, encodeRecord} from '../../protocol/records.ts';
import {conditionalWrite} from './conditional-write.ts';
import type {Decision, Reading} from './conditional-write.ts';
import {withShards} from './container-orders.ts';
import type {AdminDependencies} from './dependencies.ts';
import {appNotFound} from './listing.ts';

/** @throws SmError CONTAINER_NOT_FOUND when nothing living has this id. */
export async function evict(
  dependencies: AdminDependencies,
  {service: app, container, dryRun}: EvictRequest,
): Promise<OrderAnswer> {
  const {store, keys} = dependencies;
  const {entry} = await store.get(keys.containerId(app, container));
  const incarnation = entry === undefined ? '' : decodeIdHolder(entry.value);
  if (incarnation === '') throw notLiving(app, container);
  const key = keys.heartbeat(app, incarnation);
  const decide = ({entries: [spec, heartbeat]}: Reading): Decision => {
    if (spec === undefined && app !== dependencies.service) throw appNotFound(app);
    const decoded = heartbeat === undefined ? undefined : decodeHeartbeat(heartbeat.value);
    if (decoded === undefined || !decoded.ok) throw notLiving(app, container);
    if (decoded.value.state === 'evicting') return {result: 'unchanged', operations: []};
    const value = encodeRecord({...decoded.value, state: 'evicting'});
    return {result: 'configured', operations: [{op: 'put', key, value}]};
  };
  // The heartbeat may be renewed between the read and the write: it is read again then.
  const answer = await conditionalWrite(store, [keys.appSpec(app), key], decide, dryRun);
  return withShards(dependencies, app, container, answer);
}

function notLiving(app: string, container: string): SmError {
  return new SmError('CONTAINER_NOT_FOUND', `container ${container} does not live`, {
    hint: `sm container ls -a ${app}`,
  });
}
