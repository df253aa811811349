/** From stored keys of an app to the changes that a view of it takes. */
import type {ParsedKey} from '../etcd/keys.ts';
import type {AppChange} from '../model/change.ts';
import type {Versioned} from '../model/ownership.ts';
import type {StopPermissions} from '../model/stop-permission.ts';
import type {ShardSpec} from '../model/specs.ts';
import {decodeIdHolder} from '../protocol/container-id.ts';
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
      return decoded(entry, decodeAppSpec, 'spec', parsed.app, mod, (value) => ({
        kind: 'spec',
        mod,
        entry: value,
      }));
    case 'shardSpec': {
      const {shard} = parsed;
      const decode = (text: string): Decoded<ShardSpec> => decodeShardSpec(text, shard);
      return decoded(entry, decode, 'shard', shard, mod, (value) => ({
        kind: 'shard',
        mod,
        shard,
        entry: value,
      }));
    }
    case 'containerOrder':
      return decoded(entry, decodeContainerOrder, 'order', parsed.container, mod, (value) => ({
        kind: 'order',
        mod,
        container: parsed.container,
        entry: value,
      }));
    case 'containerOverride':
      return decoded(
        ...([entry, decodeContainerOverride, 'override', parsed.container, mod] as const),
        (value) => ({kind: 'override', mod, container: parsed.container, entry: value}),
      );
    case 'stopPermissions':
      return {kind: 'stops', mod, entry: stopPermissions(entry)};
    case 'heartbeat':
      return decoded(entry, decodeHeartbeat, 'heartbeat', parsed.incarnation, mod, (value) => ({
        kind: 'heartbeat',
        mod,
        incarnation: parsed.incarnation,
        entry: value,
      }));
    default:
      return plainChange(parsed, entry, mod);
  }
}

function plainChange(
  parsed: ParsedKey,
  entry: KeyValue | undefined,
  mod: number,
): AppChange | undefined {
  switch (parsed.kind) {
    case 'ownership':
      return ownChange(parsed.shard, entry, mod);
    case 'containerId': {
      const incarnation = entry === undefined ? undefined : decodeIdHolder(entry.value);
      return {kind: 'id', mod, container: parsed.container, incarnation};
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

function decoded<T>(
  entry: KeyValue | undefined,
  decode: (text: string) => Decoded<T>,
  what: Extract<AppChange, {kind: 'corrupt'}>['what'],
  id: string,
  mod: number,
  change: (value: Versioned<T> | undefined) => AppChange,
): AppChange {
  if (entry === undefined) return change(undefined);
  const result = decode(entry.value);
  if (!result.ok) return {kind: 'corrupt', mod, what, id, problem: result.problem};
  return change({value: result.value, mod: entry.mod, create: entry.create});
}
