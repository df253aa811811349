/**
 * What push containers (the origin's, or anybody's few lines) put into etcd and are sent: session values, the guard
 * lease, bodies of add-shard and drop-shard. Lease ids are 64-bit: bare numbers in these texts, strings everywhere else.
 */
import type {Fields} from '../model/fields.ts';
import {isFields} from '../model/fields.ts';
import {shardIdProblem} from '../model/ids.ts';
import type {ShardSpec} from '../model/specs.ts';
import {fieldsIn} from './foreign-json.ts';
import {encodeRecord} from './records.ts';
import {LISTED_LIMIT} from './limits.ts';

/** One shard in the heartbeat of a push container. */
export interface PushListedShard {
  /** The application runs it. */
  readonly disp: boolean;
  /** It is on its way out. */
  readonly drop: boolean;
  /** Guard lease that it runs under, decimal digits; '' where it names none. */
  readonly leaseId: string;
}

/** A heartbeat of a push container. */
export interface PushHeartbeat {
  readonly shards: ReadonlyMap<string, PushListedShard>;
  /** `cpu` and `memoryBytes` of its machine, as far as it says them; unchecked. */
  readonly own: Readonly<Record<string, unknown>>;
}

export type PushSessionValue =
  /** Registered, but its id is still taken by an older session. */
  | {readonly kind: 'waiting'}
  | {readonly kind: 'heartbeat'; readonly heartbeat: PushHeartbeat}
  | {readonly kind: 'unreadable'; readonly problem: string};

const PERCENT = 1e2;
/** Largest lease id. */
const INT64_MAX = 2n ** 63n - 1n;

/**
 * Value of `containerhb/<container>/<lease>`. A list with one unreadable shard is unreadable: what is not seen might run. So is one with
 * an id that no shard can have, or with more shards than an app can have: it is answered by an alarm, not by calls.
 */
export function decodePushSession(text: string): PushSessionValue {
  if (text === '') return {kind: 'waiting'};
  const fields = fieldsIn(text);
  if (fields === undefined) return {kind: 'unreadable', problem: 'no JSON object'};
  const listed = fields['shards'] ?? [];
  if (!Array.isArray(listed)) return {kind: 'unreadable', problem: 'shards is not a list'};
  if (listed.length > LISTED_LIMIT)
    return {kind: 'unreadable', problem: `more than ${LISTED_LIMIT} shards`};
  const shards = new Map<string, PushListedShard>();
  for (const item of listed as unknown[]) {
    const id = idOf(item);
    if (id === undefined) return {kind: 'unreadable', problem: 'a shard without a proper id'};
    shards.set(id, listedShard(item as Fields));
  }
  return {kind: 'heartbeat', heartbeat: {shards, own: ownFigures(fields)}};
}

/** Value of `s/<container>/<shard>`, one shard as a heartbeat lists it; the key names it. Undefined: it cannot be read. */
export function decodeStoredShard(text: string): PushListedShard | undefined {
  const fields = fieldsIn(text);
  return fields === undefined ? undefined : listedShard(fields);
}

function listedShard(fields: Fields): PushListedShard {
  const {disp, drop} = fields;
  return {disp: disp === true, drop: drop === true, leaseId: leaseOf(fields) ?? ''};
}

/** The origin's word for "never": the largest 64-bit number less 30. */
const NEVER = 9_223_372_036_854_775_777n;

/** Value of `lease/guard`. `leaseId`: decimal digits. */
export function encodeGuardLease(leaseId: string): string {
  return encodeRecord({id: BigInt(leaseId), expire: NEVER});
}

/** Id in the guard of an app of the Go project that never had containers. */
export const UNSET_GUARD = '0';

/** The lease id, decimal digits, `UNSET_GUARD` for none; undefined when the value cannot be read. */
export function decodeGuard(text: string): string | undefined {
  const fields = fieldsIn(text);
  return fields?.['id'] === 0 ? UNSET_GUARD : idOfLease(fields);
}

/** The lease id, decimal digits; undefined when the value cannot be read, or names none. */
export function decodeGuardLease(text: string): string | undefined {
  return idOfLease(fieldsIn(text));
}

/** Value of `lease/bridge`: containers move their shards from `guard` to `bridge`, both decimal digits. `expire`: Unix seconds. */
export function encodeBridge(of: {
  readonly bridge: string;
  readonly guard: string;
  readonly expire: number;
}): string {
  const ids = {id: BigInt(of.bridge), expire: of.expire, guardLeaseID: BigInt(of.guard)};
  return encodeRecord({...ids, bridgeLeaseID: 0, assignment: {drops: []}});
}

/** The id of the bridge's lease; undefined when the value cannot be read. */
export function decodeBridge(text: string): string | undefined {
  return idOfLease(fieldsIn(text));
}

function idOfLease(fields: Fields | undefined): string | undefined {
  const id = fields?.['id'];
  if (typeof id === 'bigint') return id > 0n && id <= INT64_MAX ? String(id) : undefined;
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? String(id) : undefined;
}

/** What is wrong while a server of the Go project runs below the same prefix. */
export const ORIGIN_SERVER_TEXT =
  'a server of the Go project runs below this prefix: no daemon takes the lead until it is stopped';

/** Id of the server of the Go project that wrote the election key; '' when the value does not say. */
export function originServerOf(text: string): string {
  const id = fieldsIn(text)?.['containerId'];
  return typeof id === 'string' ? id : '';
}

/** Body of add-shard. The origin refuses an empty service, an updateTime of 0 and a lease that is not the guard's. */
export function pushAddBody(app: string, spec: ShardSpec, guardLeaseId: string): string {
  const {id} = spec;
  const lease = {id: BigInt(guardLeaseId), expire: NEVER};
  const updateTime = Math.max(1, spec.updateTime);
  return encodeRecord({id, spec: {...spec, service: app, updateTime, lease}});
}

/** Body of drop-shard. */
export function pushDropBody(id: string): string {
  return JSON.stringify({id});
}

/** A lease id as it stands in keys: lower-case hex, as decimal digits; undefined when no lease can have it. */
export function leaseIdOfHex(hex: string): string | undefined {
  const id = BigInt(`0x${hex}`);
  return id > 0n && id <= INT64_MAX ? id.toString() : undefined;
}

/** The origin's words: `cpuUsedPercent`, and `used` bytes of `virtualMemoryStat`. */
function ownFigures(fields: Fields): Record<string, unknown> {
  const {cpuUsedPercent, virtualMemoryStat} = fields;
  const own: Record<string, unknown> = {};
  if (typeof cpuUsedPercent === 'number') own['cpu'] = cpuUsedPercent / PERCENT;
  if (!isFields(virtualMemoryStat)) return own;
  const {used} = virtualMemoryStat;
  if (used !== undefined) own['memoryBytes'] = typeof used === 'bigint' ? Number(used) : used;
  return own;
}

function idOf(item: unknown): string | undefined {
  const id = specOf(item)?.['id'];
  return shardIdProblem(id) === undefined ? (id as string) : undefined;
}

function leaseOf(item: unknown): string | undefined {
  const lease = specOf(item)?.['lease'];
  return isFields(lease) ? idOfLease(lease) : undefined;
}

function specOf(item: unknown): Fields | undefined {
  const spec = isFields(item) ? item['spec'] : undefined;
  return isFields(spec) ? spec : undefined;
}
