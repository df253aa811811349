/** Taking a container its right to act: its next heartbeat fails, it fences itself, and its governor takes it out after W. */
import {unreadableHeartbeat} from '../../../model/container.ts';
import type {SmError} from '../../../model/errors.ts';
import {appNotFound, containerNotAlive} from '../../../model/not-found.ts';
import {decodeIdHolder} from '../../../protocol/container-id.ts';
import type {AdminAnswer, AdminRequest} from '../../../protocol/admin.ts';
import {decodeHeartbeat} from '../../../protocol/records.ts';
import {UNCHANGED, conditionalWrite, writing} from './conditional-write.ts';
import {withShards} from './container-orders.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {listAppOrNothing} from '../read/listing.ts';

/**
 * `container` may also be an incarnation whose heartbeat cannot be read and whom nothing names.
 * @throws SmError APP_NOT_FOUND, CONTAINER_NOT_FOUND when nothing living has this id.
 */
export async function evict(
  dependencies: AdminDependencies,
  {service: app, container, dryRun}: AdminRequest<'evict'>,
): Promise<AdminAnswer<'evict'>> {
  const {store, keys} = dependencies;
  const incarnation = await incarnationOf(dependencies, app, container);
  if (incarnation === undefined) throw await nobodyIs(dependencies, app, container);
  const key = keys.heartbeat(app, incarnation);
  const read = [keys.appSpec(app), key];
  // The heartbeat may be renewed between the read and the write: it is read again then.
  const answer = await conditionalWrite(store, read, dryRun, ({entries: [spec, heartbeat]}) => {
    if (spec === undefined && app !== dependencies.service) throw appNotFound(app);
    if (heartbeat === undefined) throw containerNotAlive(app, container);
    const decoded = decodeHeartbeat(heartbeat.value);
    // Over one that cannot be read, too: it counts as T = 60 s, before and after.
    const known = decoded.ok ? decoded.value : unreadableHeartbeat(container, undefined);
    if (known.state === 'evicting') return UNCHANGED;
    return writing('configured', key, {...known, state: 'evicting'});
  });
  return {...(await withShards(dependencies, app, container, answer)), incarnation};
}

/** Why nobody has that id. */
async function nobodyIs(
  {store, keys, service}: AdminDependencies,
  app: string,
  container: string,
): Promise<SmError> {
  const {entry} = await store.get(keys.appSpec(app));
  const exists = entry !== undefined || app === service;
  return exists ? containerNotAlive(app, container) : appNotFound(app);
}

/** Whom the id key names; where it cannot be read, whose heartbeat bears the name. */
async function incarnationOf(
  dependencies: AdminDependencies,
  app: string,
  container: string,
): Promise<string | undefined> {
  const {store, keys} = dependencies;
  const {entry} = await store.get(keys.containerId(app, container));
  const named = entry === undefined ? '' : decodeIdHolder(entry.value);
  if (named !== '') return named;
  const {view} = await listAppOrNothing(dependencies, app, ['heartbeats']);
  for (const [incarnation, {value}] of view.heartbeats)
    if (value.container === container && value.state !== 'waiting') return incarnation;
  return view.heartbeatProblem(container) === undefined ? undefined : container;
}
