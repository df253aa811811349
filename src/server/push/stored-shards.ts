/**
 * What containers of the Go project keep of their shards below `s/`, and run when they start: deleted where their containers are gone, before
 * anybody else may have the shards.
 */
import type {Keys} from '../../etcd/keys.ts';
import {chunksOf} from '../../model/chunks.ts';
import {deletion} from '../../store/compares.ts';
import {KEYS_PER_TRANSACTION} from '../../store/limits.ts';
import type {Compare, KeyValue, Store} from '../../store/port.ts';

/** Keys of containers without a session. `entries`: everything below `keys.pushShardPrefix(app)` and `keys.pushSessionPrefix(app)`. */
export function storedOfAbsent(keys: Keys, app: string, entries: readonly KeyValue[]): string[] {
  const prefix = keys.pushShardPrefix(app);
  const present = new Set<string>();
  for (const {key} of entries) {
    const parsed = keys.parse(key);
    if (parsed?.kind === 'pushSession') present.add(parsed.container);
  }
  return entries
    .map(({key}) => key)
    .filter((key) => key.startsWith(prefix))
    .filter((key) => !present.has(containerOf(key.slice(prefix.length))));
}

/** False: a proof does not hold, and what is left stays. @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
export async function deleteStored(
  store: Store,
  proofs: readonly Compare[],
  stored: readonly string[],
): Promise<boolean> {
  for (const some of chunksOf(stored, KEYS_PER_TRANSACTION)) {
    const then = some.map((key) => deletion({key}));
    const outcome = await store.transact({compares: proofs, then});
    if (outcome.kind !== 'committed') return false;
  }
  return true;
}

/** A shard's id may hold slashes, a container's does not. */
function containerOf(rest: string): string {
  const end = rest.indexOf('/');
  return end < 0 ? rest : rest.slice(0, end);
}
