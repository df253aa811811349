/** From stored keys of an app to the changes that a view of it takes. */
import type {ParsedKey} from '../etcd/keys.ts';
import type {AppChange, CorruptChange} from '../model/change.ts';
import type {Versioned} from '../model/ownership.ts';
import type {StopPermissions} from '../model/stop-permission.ts';
import type {ShardSpec} from '../model/specs.ts';
import {decodeIdValue} from '../protocol/container-id.ts';
import {
  decodeAppSpec,
  decodeContainerOrder,
  decodeContainerOverride,
  decodeHeartbeat,
  decodeShardSpec,
  decodeStopPermissions,
} from '../protocol/records.ts';
import type {Decoded} from '../protocol/records.ts';
import {ownChange} from '../store/ownership-transactions.ts';
import type {KeyValue} from '../store/port.ts';

/** The change that a key stands for (`entry` undefined: it was deleted at `mod`). */
export function changeOf(
  parsed: ParsedKey,
  entry: KeyValue | undefined,
  mod: number,
): AppChange | undefined {
  switch (parsed.kind) {
    case 'appSpec':
      return decoded(entry, decodeAppSpec, parsed.app, {kind: 'spec', mod});
    case 'shardSpec': {
      const {shard} = parsed;
      const decode = (text: string): Decoded<ShardSpec> => decodeShardSpec(text, shard);
      return decoded(entry, decode, shard, {kind: 'shard', mod, shard});
    }
    case 'containerOrder': {
      const {container} = parsed;
      return decoded(entry, decodeContainerOrder, container, {kind: 'order', mod, container});
    }
    case 'containerOverride': {
      const {container} = parsed;
      return decoded(entry, decodeContainerOverride, container, {kind: 'override', mod, container});
    }
    case 'heartbeat': {
      const {incarnation} = parsed;
      return decoded(entry, decodeHeartbeat, incarnation, {kind: 'heartbeat', mod, incarnation});
    }
    case 'stopPermissions':
      return {kind: 'stops', mod, entry: stopPermissions(entry)};
    case 'ownership':
      return ownChange(parsed.shard, entry, mod);
    case 'containerId': {
      const {container} = parsed;
      if (entry === undefined) return {kind: 'id', mod, container, incarnation: undefined};
      const {incarnation, evicted} = decodeIdValue(entry.value);
      return {kind: 'id', mod, container, incarnation, ...(evicted !== '' && {evicted})};
    }
    case 'worker': {
      const {workerGroup, container} = parsed;
      return {kind: 'worker', mod, workerGroup, container, present: entry !== undefined};
    }
    default:
      return undefined;
  }
}

/** What cannot be read permits nothing, and is refused where it would be written over. */
function stopPermissions(entry: KeyValue | undefined): Versioned<StopPermissions> | undefined {
  if (entry === undefined) return undefined;
  const {mod, create, value} = entry;
  const read = decodeStopPermissions(value);
  return {value: read.ok ? read.value : {v: 1, permissions: []}, mod, create};
}

type Readable = Extract<AppChange, {kind: Exclude<CorruptChange['what'], 'own'>}>;
/** A change without its value. */
type Blank<C extends Readable = Readable> = C extends Readable ? Omit<C, 'entry'> : never;

function decoded<T>(
  entry: KeyValue | undefined,
  decode: (text: string) => Decoded<T>,
  id: string,
  change: Blank,
): AppChange {
  const {kind: what, mod} = change;
  if (entry === undefined) return {...change, entry} as AppChange;
  const result = decode(entry.value);
  if (!result.ok) return {kind: 'corrupt', mod, what, id, problem: result.problem};
  const {create} = entry;
  // The compiler does not see that the decoder is the one of the kind.
  return {...change, entry: {value: result.value, mod: entry.mod, create}} as unknown as AppChange;
}
