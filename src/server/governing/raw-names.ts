/**
 * Shards that the Go project wrote: it puts names into keys as they are, where these stand encoded here (etcd-layout.md, "Names"). Such a
 * key is renamed in one transaction before its app is governed, so that each shard has one key. Pure.
 */
import type {Keys} from '../../etcd/keys.ts';
import {shardIdProblem} from '../../model/ids.ts';
import {fieldsIn} from '../../protocol/foreign-json.ts';
import {encodeRecord} from '../../protocol/records.ts';
import type {KeyValue, Transaction} from '../../store/port.ts';
import {planRenames} from './key-renames.ts';
import type {KeyRename} from './key-renames.ts';

export interface RawNames {
  /** Each renames one key, or those of which one has the name that another gets. */
  readonly renames: readonly Transaction[];
  /** How many keys they take away. */
  readonly count: number;
  /** Stands under both spellings with different content: left as it is. */
  readonly conflicts: readonly string[];
  /** Cannot be a shard here, with the reason: left as it is. */
  readonly refused: readonly {readonly key: string; readonly reason: string}[];
}

/**
 * Who wrote the keys. `unknown`: the app was never governed here, or its take-over was cut off; `a%2Eb` is a shard of that name where
 * its value was not written here. `here`: every encoded name is one of ours.
 */
export type Writer = 'unknown' | 'here';

/** `entries`: everything below `keys.shardSpecPrefix(app)`. */
export function rawNames(
  keys: Keys,
  app: string,
  entries: readonly KeyValue[],
  writer: Writer,
): RawNames {
  const wanted: KeyRename[] = [];
  const refused: {key: string; reason: string}[] = [];
  for (const entry of entries) {
    const shard = rawName(keys, app, entry, writer);
    if (shard === undefined) continue;
    const reason = shard.includes('/') ? 'the name holds a slash' : shardIdProblem(shard);
    if (reason !== undefined) refused.push({key: entry.key, reason});
    else {
      const to = keys.shardSpec(app, shard);
      wanted.push({shard, entry, to, value: withId(entry.value, shard)});
    }
  }
  const {transactions, count, conflicts} = planRenames(wanted, entries);
  return {renames: transactions, count, conflicts: conflicts.map(({shard}) => shard), refused};
}

/** The name of a shard whose key the Go project has spelled; undefined where the key is one of ours. */
export function rawName(
  keys: Keys,
  app: string,
  {key, value}: KeyValue,
  writer: Writer,
): string | undefined {
  const spelled = key.slice(keys.shardSpecPrefix(app).length);
  const parsed = keys.parse(key);
  if (parsed?.kind !== 'shardSpec') return spelled;
  if (writer === 'here' || parsed.shard === spelled) return undefined;
  // We write the id into the value. The Go project leaves it empty.
  const id = fieldsIn(value)?.['id'];
  return id === '' || id === spelled ? spelled : undefined;
}

/** So a take-over that was cut off knows its own key again. */
function withId(value: string, id: string): string {
  const fields = fieldsIn(value);
  return fields === undefined ? value : encodeRecord({...fields, id});
}
