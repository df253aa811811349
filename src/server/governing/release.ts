/**
 * Gives apps back to the Go project while their push containers run on (MIGRATION.md): names as it spells them, nothing of ours left that it
 * would not understand. Guard and sessions stay: it goes on with them. Daemons and containers of our own SDK must have ended before.
 */
import type {Keys} from '../../etcd/keys.ts';
import {SmError} from '../../model/errors.ts';
import {UNSET_GUARD} from '../../protocol/push.ts';
import type {Compare, KeyValue, Operation, Store} from '../../store/port.ts';
import {KEYS_PER_TRANSACTION} from './limits.ts';

export interface ReleasedApp {
  readonly app: string;
  /** Shards whose keys are spelled as the Go project does now. */
  readonly renamed: number;
  /** Keys of ours deleted. */
  readonly deleted: number;
}

type Scope = {readonly keys: Keys; readonly store: Store};

/** @throws SmError STORE_UNAVAILABLE, STORE_AUTH; CONFLICT when somebody changes the app meanwhile: do it again. */
export async function releaseApp({keys, store}: Scope, app: string): Promise<ReleasedApp> {
  // The mark that an app is governed here goes first: where this is cut off, a daemon takes over what is there.
  const mark = await store.get(keys.governedBy(app));
  if (mark.entry !== undefined) await commit(store, [unchanged(mark.entry)], [remove(mark.entry)]);
  const specs = await store.list([keys.shardSpecPrefix(app)]);
  const renames = specs.entries.flatMap((entry) => renameToRaw(keys, app, entry));
  for (const {compares, then} of renames) await commit(store, compares, then);
  const own = await store.list(runtimePrefixes(keys, app));
  for (let at = 0; at < own.entries.length; at += KEYS_PER_TRANSACTION) {
    const some = own.entries.slice(at, at + KEYS_PER_TRANSACTION);
    await commit(store, some.map(unchanged), some.map(remove));
  }
  return {app, renamed: renames.length, deleted: own.entries.length};
}

/** The service itself, after its apps: the Go project's servers find what they make at their first start. */
export async function releaseService({keys, store}: Scope): Promise<ReleasedApp> {
  const released = await releaseApp({keys, store}, keys.service);
  const leader = await store.list([keys.leader()]);
  const ours = leader.entries.filter(({key}) => keys.parse(key)?.kind === 'leader');
  if (ours.length > 0) await commit(store, ours.map(unchanged), ours.map(remove));
  const guard = keys.leaseGuard(keys.service);
  const {entry} = await store.get(guard);
  if (entry === undefined)
    await commit(
      store,
      [{key: guard, target: 'create', op: '=', value: 0}],
      [{op: 'put', key: guard, value: `{"id":${UNSET_GUARD},"expire":0}`}],
    );
  return {...released, deleted: released.deleted + ours.length};
}

function runtimePrefixes(keys: Keys, app: string): string[] {
  return [
    keys.heartbeatPrefix(app),
    keys.containerIdPrefix(app),
    keys.ownershipPrefix(app),
    keys.movesPrefix(app),
    keys.eventsPrefix(app),
    keys.status(app),
    keys.containerOrderPrefix(app),
    keys.applyMarker(app),
  ];
}

function renameToRaw(
  keys: Keys,
  app: string,
  entry: KeyValue,
): {compares: Compare[]; then: Operation[]}[] {
  const parsed = keys.parse(entry.key);
  if (parsed?.kind !== 'shardSpec') return [];
  const raw = keys.shardSpecPrefix(app) + parsed.shard;
  // A name with a slash would be another key there; it was never one of the Go project's.
  if (raw === entry.key || parsed.shard.includes('/')) return [];
  const absent: Compare = {key: raw, target: 'create', op: '=', value: 0};
  const put: Operation = {op: 'put', key: raw, value: entry.value};
  return [{compares: [unchanged(entry), absent], then: [remove(entry), put]}];
}

function unchanged({key, mod}: KeyValue): Compare {
  return {key, target: 'mod', op: '=', value: mod};
}

function remove({key}: KeyValue): Operation {
  return {op: 'delete', key};
}

async function commit(
  store: Store,
  compares: readonly Compare[],
  then: readonly Operation[],
): Promise<void> {
  const outcome = await store.transact({compares, then, otherwise: []});
  if (outcome.kind === 'unknown') throw outcome.error;
  if (outcome.kind === 'refused')
    throw new SmError('CONFLICT', 'the app is being changed by somebody else', {
      hint: 'stop all daemons that use the prefix, then run it again',
    });
}
