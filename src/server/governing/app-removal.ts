/** The last step of an app's removal: every key of it that is left, one by one; the specs last. Nothing is deleted by prefix. */
import type {Keys} from '../../etcd/keys.ts';
import {chunksOf} from '../../model/chunks.ts';
import {KEYS_PER_TRANSACTION} from '../../store/limits.ts';
import type {Compare, KeyValue} from '../../store/port.ts';
import {decodeOwnership} from '../../protocol/records.ts';
import {isDeleting, specUnchanged} from '../../store/app-spec-guard.ts';
import {deletion, unchanged} from '../../store/compares.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import {revokeGuard} from '../push/guard-lease.ts';

type RemovalOptions = Pick<GovernedApp, 'app' | 'keys' | 'store' | 'leases'>;

/** False when something was in the way: a container or record has come back, or the store did not answer. Call again. */
export async function removeApp(options: RemovalOptions, stillGoverns: Compare): Promise<boolean> {
  const {app, keys, store} = options;
  const listed = await store
    .list([keys.appRuntimePrefix(app), keys.appSpecPrefix(app)])
    .catch(() => undefined);
  if (listed === undefined) return false;
  const last = new Set([keys.appSpec(app), keys.governedBy(app)]);
  if (listed.entries.some((entry) => isAlive(keys, entry))) return false;
  const spec = listed.entries.find(({key}) => key === keys.appSpec(app));
  // A listing that shows the removal begun shows all there is: nothing of the app is created from then on.
  if (spec === undefined || !isDeleting(spec.value)) return false;
  const guards = [stillGoverns, specUnchanged(keys, app, spec.mod)];
  if (!(await guardRevoked(options, listed.entries))) return false;
  const rest = listed.entries.filter(({key}) => !last.has(key));
  for (const some of chunksOf(rest, KEYS_PER_TRANSACTION)) {
    const outcome = await store.transact({
      compares: [...guards, ...some.map((entry) => unchanged(entry.key, entry))],
      then: some.map(deletion),
    });
    if (outcome.kind !== 'committed') return false;
  }
  const finish = [...last, keys.governedShard(app)].map((key) => deletion({key}));
  const outcome = await store.transact({compares: guards, then: finish});
  return outcome.kind === 'committed';
}

/** Before its key goes, else nobody would know the lease any more. */
async function guardRevoked(
  {app, keys, leases}: RemovalOptions,
  entries: readonly KeyValue[],
): Promise<boolean> {
  const guard = entries.find(({key}) => key === keys.leaseGuard(app));
  if (guard === undefined) return true;
  return revokeGuard(leases, guard.value).then(
    () => true,
    () => false,
  );
}

/**
 * Heartbeats and records go by the transition table, sessions by their containers or the gateway, never here. A record that cannot be read is in
 * no transition: it goes with the rest, for a listing without heartbeats shows that nobody acts for its shard.
 */
function isAlive(keys: Keys, {key, value}: KeyValue): boolean {
  const kind = keys.parse(key)?.kind;
  if (kind === 'ownership') return decodeOwnership(value).ok;
  return kind === 'heartbeat' || kind === 'shardSpec' || kind === 'pushSession';
}
