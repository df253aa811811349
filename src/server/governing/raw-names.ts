/**
 * Shards that the Go project wrote: it puts names into keys as they are, where these stand encoded here (etcd-layout.md, "Names"). Such a
 * key is renamed in one transaction before its app is governed, so that each shard has one key. Pure.
 */
import type {Keys} from '../../etcd/keys.ts';
import {shardIdProblem} from '../../model/ids.ts';
import {decodeShardSpec} from '../../protocol/records.ts';
import type {KeyValue, Transaction} from '../../store/port.ts';

export interface RawNames {
  /** Each renames one key. */
  readonly renames: readonly Transaction[];
  /** Stands under both spellings with different content: left as it is. */
  readonly conflicts: readonly string[];
  /** Cannot be a shard here, with the reason: left as it is. */
  readonly refused: readonly {readonly key: string; readonly reason: string}[];
}

/** `entries`: everything below `keys.shardSpecPrefix(app)`. */
export function rawNames(keys: Keys, app: string, entries: readonly KeyValue[]): RawNames {
  const prefix = keys.shardSpecPrefix(app);
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  const renames: Transaction[] = [];
  const conflicts: string[] = [];
  const refused: {key: string; reason: string}[] = [];
  for (const entry of entries) {
    if (keys.parse(entry.key)?.kind === 'shardSpec') continue;
    const shard = entry.key.slice(prefix.length);
    const reason = shard.includes('/') ? 'the name holds a slash' : shardIdProblem(shard);
    const encoded = keys.shardSpec(app, shard);
    const twin = byKey.get(encoded);
    if (reason !== undefined) refused.push({key: entry.key, reason});
    else if (twin !== undefined && !isSame(shard, entry, twin)) conflicts.push(shard);
    else renames.push(rename(entry, encoded, twin));
  }
  return {renames, conflicts, refused};
}

function rename(raw: KeyValue, encoded: string, twin: KeyValue | undefined): Transaction {
  return {
    compares: [
      {key: raw.key, target: 'mod', op: '=', value: raw.mod},
      {key: encoded, target: 'mod', op: '=', value: twin?.mod ?? 0},
    ],
    then: [
      {op: 'delete', key: raw.key},
      ...(twin === undefined ? [{op: 'put', key: encoded, value: raw.value} as const] : []),
    ],
    otherwise: [],
  };
}

function isSame(shard: string, one: KeyValue, other: KeyValue): boolean {
  const [a, b] = [decodeShardSpec(one.value, shard), decodeShardSpec(other.value, shard)];
  if (!a.ok || !b.ok) return false;
  const same = (name: 'task' | 'group' | 'workerGroup' | 'manualContainerId'): boolean =>
    a.value[name] === b.value[name];
  return same('task') && same('group') && same('workerGroup') && same('manualContainerId');
}
