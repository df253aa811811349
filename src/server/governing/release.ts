/**
 * Gives apps back to the Go project while their push containers run on (MIGRATION.md): names as it spells them, nothing of ours left that it
 * would not understand. Guard and sessions stay: it goes on with them. Daemons and containers of our own SDK must have ended before.
 */
import type {Keys} from '../../etcd/keys.ts';
import {chunksOf} from '../../model/chunks.ts';
import {SmError} from '../../model/errors.ts';
import {UNSET_GUARD} from '../../protocol/push.ts';
import {absent, deletion, unchanged} from '../../store/compares.ts';
import {KEYS_PER_TRANSACTION} from '../../store/limits.ts';
import type {Compare, KeyValue, Operation, Store} from '../../store/port.ts';
import {planRenames} from './key-renames.ts';
import type {KeyRename, PlannedRenames} from './key-renames.ts';
import {rawName} from './raw-names.ts';

export interface ReleasedApp {
  readonly app: string;
  /** Shards whose keys are spelled as the Go project does now. */
  readonly renamed: number;
  /** Keys of ours deleted. */
  readonly deleted: number;
}

type Scope = {readonly keys: Keys; readonly store: Store};

/**
 * What stands in the way of `releaseApp`: shards whose name is the key of something else already.
 * @throws SmError CONFLICT, before anything has changed; STORE_UNAVAILABLE, STORE_AUTH.
 */
export async function releasable({keys, store}: Scope, app: string): Promise<void> {
  const {entries} = await store.list([keys.shardSpecPrefix(app), keys.governedBy(app)]);
  const {conflicts} = originNames(keys, app, entries);
  if (conflicts.length === 0) return;
  const pairs = conflicts.map(({entry, to}) => `${entry.key} and ${to}`).join(', ');
  throw new SmError('CONFLICT', `shards of ${app} have two keys each: ${pairs}`, {
    hint: 'delete one key of each pair, then run it again',
  });
}

/** @throws SmError as `releasable`, and CONFLICT when somebody changes the app meanwhile: do it again. */
export async function releaseApp({keys, store}: Scope, app: string): Promise<ReleasedApp> {
  await releasable({keys, store}, app);
  const {entries} = await store.list([keys.shardSpecPrefix(app), keys.governedBy(app)]);
  const {transactions, count} = originNames(keys, app, entries);
  // The mark that an app is governed here goes first: where this is cut off, a daemon takes over what is there.
  const mark = entries.find(({key}) => key === keys.governedBy(app));
  if (mark !== undefined) await remove(store, [mark]);
  for (const {compares, then} of transactions) await commit(store, compares, then);
  const own = await store.list(runtimePrefixes(keys, app));
  for (const some of chunksOf(own.entries, KEYS_PER_TRANSACTION)) await remove(store, some);
  return {app, renamed: count, deleted: own.entries.length};
}

/** The service itself, after its apps: the Go project's servers find what they make at their first start. */
export async function releaseService({keys, store}: Scope): Promise<ReleasedApp> {
  const released = await releaseApp({keys, store}, keys.service);
  const leader = await store.list([keys.leader()]);
  const ours = leader.entries.filter(({key}) => keys.parse(key)?.kind === 'leader');
  if (ours.length > 0) await remove(store, ours);
  const guard = keys.leaseGuard(keys.service);
  const {entry} = await store.get(guard);
  if (entry === undefined)
    await commit(
      store,
      [absent(guard)],
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

/** Names as the Go project spells them. `entries`: specs of shards, and the mark that the app is governed here. */
function originNames(keys: Keys, app: string, entries: readonly KeyValue[]): PlannedRenames {
  const isGoverned = entries.some(({key}) => key === keys.governedBy(app));
  const wanted = entries.flatMap((entry): KeyRename[] => {
    const parsed = keys.parse(entry.key);
    const isOurs = rawName(keys, app, entry, isGoverned ? 'here' : 'unknown') === undefined;
    if (parsed?.kind !== 'shardSpec' || !isOurs) return [];
    const {shard} = parsed;
    const to = keys.shardSpecPrefix(app) + shard;
    // A name with a slash would be another key there; it was never one of the Go project's.
    return to === entry.key || shard.includes('/') ? [] : [{shard, entry, to, value: entry.value}];
  });
  return planRenames(wanted, entries);
}

/** Deletes what stands as it was read. */
function remove(store: Store, entries: readonly KeyValue[]): Promise<void> {
  const compares = entries.map((entry) => unchanged(entry.key, entry));
  return commit(store, compares, entries.map(deletion));
}

async function commit(
  store: Store,
  compares: readonly Compare[],
  then: readonly Operation[],
): Promise<void> {
  const outcome = await store.transact({compares, then});
  if (outcome.kind === 'unknown') throw outcome.error;
  if (outcome.kind === 'refused')
    throw new SmError('CONFLICT', 'the app is being changed by somebody else', {
      hint: 'stop all daemons that use the prefix, then run it again',
    });
}
