/**
 * Replacing the guard lease of an app's push containers while their shards run on. A container of the Go project takes another guard over only
 * by way of a bridge: it moves its shards from the guard to the bridge when the key `lease/bridge` is created, and from the bridge to the new
 * guard when `lease/guard` is modified. Whatever is on another lease by then is dropped. So each step waits until containers have seen the one
 * before, and a handover that was cut off goes on from the bridge that it finds.
 */
import {SmError} from '../../model/errors.ts';
import {
  UNSET_GUARD,
  decodeBridge,
  decodeGuard,
  encodeBridge,
  encodeGuardLease,
} from '../../protocol/push.ts';
import {liveSpecMod, specUnchanged} from '../../store/app-spec-guard.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import type {Compare, KeyValue, Operation} from '../../store/port.ts';
import {
  BRIDGE_TTL_S,
  BRIDGE_WAIT_MS,
  GUARD_TTL_S,
  GUARD_WAIT_MS,
  SHORT_GUARD_LIMIT_S,
} from './limits.ts';

export interface HandoverScope extends Pick<
  GovernedApp,
  'app' | 'keys' | 'store' | 'leases' | 'clock'
> {
  /** What must hold for each write: that this daemon still governs. */
  readonly proofs: readonly Compare[];
}

/**
 * - `unneeded`: there is no app, or it is being removed: nothing of it is created any more;
 * - `unset`: made by the Go project for an app that never had containers;
 * - `ended`: the lease that it names lives no more;
 * - `short`: a lease of seconds, which the Go project renews while its server runs.
 */
export type GuardState =
  | {readonly kind: 'unneeded'}
  | {readonly kind: 'absent'}
  | {readonly kind: 'unreadable'}
  | {readonly kind: 'unset'}
  | {readonly kind: 'ended'; readonly leaseId: string}
  | {readonly kind: 'short'; readonly leaseId: string}
  | {readonly kind: 'good'; readonly leaseId: string};

/** @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
export async function guardState({
  app,
  keys,
  store,
  leases,
}: Omit<HandoverScope, 'clock' | 'proofs'>): Promise<GuardState> {
  if (liveSpecMod((await store.get(keys.appSpec(app))).entry) === undefined)
    return {kind: 'unneeded'};
  const {entry} = await store.get(keys.leaseGuard(app));
  if (entry === undefined) return {kind: 'absent'};
  const leaseId = decodeGuard(entry.value);
  if (leaseId === undefined) return {kind: 'unreadable'};
  if (leaseId === UNSET_GUARD) return {kind: 'unset'};
  const granted = await leases.grantedSeconds(leaseId);
  if (granted === undefined) return {kind: 'ended', leaseId};
  return {kind: granted <= SHORT_GUARD_LIMIT_S ? 'short' : 'good', leaseId};
}

/**
 * Puts a new guard lease of ten years in the place of `before` (decimal digits, `UNSET_GUARD` for none), which the containers know; takes
 * about 5 s. Its id. @throws SmError STORE_UNAVAILABLE, STORE_AUTH; CONFLICT when a proof does not hold any more, or the app is being removed.
 */
export async function replaceGuard(scope: HandoverScope, before: string): Promise<string> {
  const {app, keys, leases, clock} = scope;
  await openBridge(scope, before);
  await clock.sleep(BRIDGE_WAIT_MS);
  const leaseId = await leases.grant(GUARD_TTL_S);
  const key = keys.leaseGuard(app);
  const {entry} = await scope.store.get(key);
  // Containers take a guard over only when its key is modified, not when it is created.
  if (entry === undefined)
    await commit(scope, [{op: 'put', key, value: encodeGuardLease(UNSET_GUARD)}]);
  await commit(scope, [{op: 'put', key, value: encodeGuardLease(leaseId)}]);
  await clock.sleep(GUARD_WAIT_MS);
  await clearHandover(scope);
  return leaseId;
}

/**
 * Deletes what a handover leaves: the bridge, and the notes of containers. A container that starts while they are there takes no guard over,
 * and refuses every shard. Call it only where a good guard has stood for GUARD_WAIT_MS.
 * @throws SmError as `replaceGuard`.
 */
export async function clearHandover(scope: HandoverScope): Promise<void> {
  const {app, keys, store} = scope;
  const {entries} = await store.list([keys.leaseSessionPrefix(app), keys.leaseBridge(app)]);
  for (const {key} of entries) {
    // The end of such a note drops the shards on the lease that it names: so it must name none that there is.
    if (key !== keys.leaseBridge(app)) await commit(scope, [{op: 'put', key, value: NO_LEASE}]);
    await commit(scope, [{op: 'delete', key}]);
  }
}

/** No lease has this id. */
const NO_LEASE = '{"id":1,"expire":0}';

async function openBridge(scope: HandoverScope, before: string): Promise<void> {
  const {app, keys, store, leases, clock} = scope;
  const key = keys.leaseBridge(app);
  const {entry} = await store.get(key);
  // Shards have moved to it: without it they would be dropped.
  if (isBridge(entry)) return;
  if (entry !== undefined) await commit(scope, [{op: 'delete', key}]);
  const bridge = await leases.grant(BRIDGE_TTL_S);
  const expire = Math.floor(clock.wallMs() / 1_000) + BRIDGE_TTL_S;
  await commit(scope, [{op: 'put', key, value: encodeBridge({bridge, guard: before, expire})}]);
}

function isBridge(entry: KeyValue | undefined): boolean {
  return entry !== undefined && decodeBridge(entry.value) !== undefined;
}

async function commit(
  {app, keys, store, proofs}: HandoverScope,
  then: readonly Operation[],
): Promise<void> {
  const specMod = liveSpecMod((await store.get(keys.appSpec(app))).entry);
  if (specMod === undefined) throw new SmError('CONFLICT', 'the app is being removed');
  const compares = [...proofs, specUnchanged(keys, app, specMod)];
  const outcome = await store.transact({compares, then});
  if (outcome.kind === 'unknown') throw outcome.error;
  if (outcome.kind === 'refused')
    throw new SmError('CONFLICT', 'another daemon governs the app now, or the app has changed');
}
