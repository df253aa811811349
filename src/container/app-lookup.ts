/** Finds the app that a container wants to join. */
import {Keys} from '../etcd/keys.ts';
import {SmError} from '../model/errors.ts';
import {importIncomplete} from '../model/import-incomplete.ts';
import {appDeleting} from '../model/not-found.ts';
import {appQuota, overAppQuota, overClusterQuota} from '../model/quota.ts';
import type {AppQuota} from '../model/quota.ts';
import type {ClusterRecord} from '../model/status.ts';
import {decodeUsage} from '../protocol/quota-fields.ts';
import {decodeAppSpec, decodeCluster, decodeHeartbeat} from '../protocol/records.ts';
import type {Clock} from '../runtime/clock.ts';
import {isDeleting} from '../store/app-spec-guard.ts';
import {silentLogger} from '../runtime/log-port.ts';
import type {Logger} from '../runtime/log-port.ts';
import type {KeyValue, Store} from '../store/port.ts';
import type {Joining} from './options.ts';
import {APP_POLL_MS} from './limits.ts';

export interface FoundApp {
  readonly keys: Keys;
  readonly epoch: number;
  /** Cluster of etcd that the cluster record names; undefined: there is no record. */
  readonly clusterId: string | undefined;
  /** Revision at which the spec was read. */
  readonly revision: number;
  /** Value of the keys by which its daemons sign their calls; undefined: there is none yet. */
  readonly callKeys: string | undefined;
  /** Mod revision of the spec. */
  readonly specMod: number;
  /** What is set for the app; undefined: all by default. */
  readonly quota: AppQuota | undefined;
}

/** Waits for the app if the options say so. @throws SmError APP_NOT_FOUND, APP_DELETING, CONFLICT (an import is not complete), STORE_RESTORED, STORE_CORRUPT, STORE_UNAVAILABLE. */
export async function findApp(
  store: Store,
  joining: Joining,
  clock: Clock,
  logger: Logger = silentLogger,
): Promise<FoundApp> {
  const {app, endpoints, etcdPrefix} = joining;
  for (let looks = 0; ; looks += 1) {
    const found = await lookUp(store, joining);
    if (found !== undefined) {
      await refuseOverQuota(store, joining, found);
      return found;
    }
    if (!joining.waitForApp) {
      const where = `under ${etcdPrefix} in etcd ${endpoints.join(', ')}`;
      throw new SmError('APP_NOT_FOUND', `there is no app ${app} ${where}`, {
        hint: `create it with: sm app create ${app}; or, if the daemons use another etcd or etcdPrefix, name those`,
        object: `app/${app}`,
      });
    }
    if (looks === 0) logger.info({endpoints, etcdPrefix}, 'waiting for the app to be created');
    await new Promise<void>((resolve) => void clock.after(APP_POLL_MS, resolve));
  }
}

/**
 * The app, and the cluster, have room for one container more. A process that comes back under its id takes its own place.
 * @throws SmError QUOTA, STORE_UNAVAILABLE.
 */
async function refuseOverQuota(
  store: Store,
  {app, id}: Joining,
  {keys, quota}: FoundApp,
): Promise<void> {
  const {entries} = await store.list([keys.heartbeatPrefix(app)]);
  if (id !== undefined && entries.some(({value}) => isOf(id, value))) return;
  const {containers} = appQuota(quota);
  if (entries.length >= containers)
    throw overAppQuota(app, 'containers', containers, entries.length);
  // A role of before may not read it; then the daemons' doctor is who says it.
  const read = await store.get(keys.usage()).catch(() => undefined);
  const record = read?.entry === undefined ? undefined : decodeUsage(read.entry.value);
  if (record !== undefined && record.used.containers >= record.quota.containers)
    throw overClusterQuota('containers', record.quota.containers, record.used.containers);
}

function isOf(container: string, heartbeat: string): boolean {
  const decoded = decodeHeartbeat(heartbeat);
  return decoded.ok && decoded.value.container === container;
}

async function lookUp(store: Store, joining: Joining): Promise<FoundApp | undefined> {
  const service = joining.service ?? (await governingService(store, joining));
  if (service === undefined) return undefined;
  const keys = new Keys(joining.etcdPrefix, service);
  const {revision, entries} = await store.getMany([
    keys.appSpec(joining.app),
    keys.cluster(),
    keys.callKeys(joining.app),
  ]);
  const [spec, cluster, callKeys] = entries;
  if (spec === undefined) return undefined;
  if (isDeleting(spec.value)) throw appDeleting(joining.app);
  const record = cluster && trustedCluster(cluster);
  const incomplete = record && importIncomplete(record, true);
  // Whoever joins now may be in the way of the keys that are still to come, and knows a cluster that has no name yet.
  if (incomplete !== undefined && joining.waitForApp) return undefined;
  if (incomplete !== undefined) throw incomplete;
  const {epoch, clusterId} = record ?? {epoch: 1, clusterId: undefined};
  const app = decodeAppSpec(spec.value);
  const quota = app.ok ? app.value.quota : undefined;
  return {keys, epoch, clusterId, revision, specMod: spec.mod, callKeys: callKeys?.value, quota};
}

/**
 * A record that cannot be read names no epoch: with a guessed one the tokens of this container could be older than those of the owners before it.
 * @throws SmError STORE_RESTORED, STORE_CORRUPT.
 */
function trustedCluster({key, value}: KeyValue): ClusterRecord {
  const decoded = decodeCluster(value);
  if (!decoded.ok) {
    throw new SmError('STORE_CORRUPT', `the cluster record cannot be read: ${decoded.problem}`, {
      hint: `see the key ${key} in etcd; if a newer version has written it, update this one`,
    });
  }
  const {restored} = decoded.value;
  if (restored === undefined) return decoded.value;
  throw new SmError('STORE_RESTORED', `etcd was restored: ${restored}`, {
    hint: 'sm store accept-restore',
    retryable: true,
  });
}

/** Whose app it is: written at its creation. */
async function governingService(store: Store, joining: Joining): Promise<string | undefined> {
  const {entry} = await store.get(new Keys(joining.etcdPrefix, 'sm').governedBy(joining.app));
  return entry?.value;
}
