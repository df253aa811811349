/** From domain-level guards and steps to key-level transactions, and from their outcomes back. Pure. */
import type {Keys} from '../etcd/keys.ts';
import type {AppChange} from '../model/change.ts';
import type {OwnershipRecord, Versioned} from '../model/ownership.ts';
import type {RecordGuard, Transition} from '../model/transition.ts';
import {decodeOwnership, encodeRecord} from '../protocol/records.ts';
import type {Compare, KeyValue, Operation, Transaction, TransactionOutcome} from './port.ts';

/** The key whose revision proves that a daemon still governs: its record of the app, or the leader's key. */
export interface FencingKey {
  readonly key: string;
  readonly target: 'mod' | 'create';
  readonly value: number;
}

/** The daemon still governs. */
export function stillGoverns({key, target, value}: FencingKey): Compare {
  return equal(key, target, value);
}

/** Whether the fencing key as read, `proof`, says that the daemon governs no more. */
export function governsNoMore(fencingKey: FencingKey, proof: KeyValue | undefined): boolean {
  return (proof?.[fencingKey.target] ?? 0) !== fencingKey.value;
}

/** What a write of a record came to. `lostLeadership`: leadership is lost, nothing was written. */
export type WriteOutcome =
  | {readonly kind: 'committed'; readonly revision: number}
  | {readonly kind: 'refused'; readonly own: AppChange}
  | {readonly kind: 'lostLeadership'}
  | {readonly kind: 'unknown'};

/** A transition as a transaction; a refusal answers the record and the fencing key as they are. */
export function transitionTransaction(
  keys: Keys,
  app: string,
  fencingKey: FencingKey | undefined,
  transition: Transition,
): Transaction {
  const key = keys.ownership(app, transition.shard);
  const then: Operation[] =
    transition.record === null
      ? [{op: 'delete', key}]
      : [{op: 'put', key, value: encodeRecord(transition.record)}];
  if (transition.formerPushOwner !== undefined)
    then.push({
      op: 'delete',
      key: keys.originShard(app, transition.formerPushOwner, transition.shard),
    });
  if (transition.readsSpec === true)
    then.push({op: 'get', key: keys.shardSpec(app, transition.shard)});
  const otherwise: Operation[] = [{op: 'get', key}];
  if (fencingKey !== undefined) otherwise.push({op: 'get', key: fencingKey.key});
  return {
    compares: transition.guards.map((guard) => compareOf(keys, app, fencingKey, guard)),
    then,
    otherwise,
  };
}

/** Reads the outcome of `transitionTransaction`. */
export function transitionOutcome(
  shard: string,
  fencingKey: FencingKey | undefined,
  outcome: TransactionOutcome,
): WriteOutcome {
  if (outcome.kind === 'unknown') return {kind: 'unknown'};
  if (outcome.kind === 'committed') return {kind: 'committed', revision: outcome.revision};
  const [own, proof] = outcome.answers;
  if (fencingKey !== undefined && governsNoMore(fencingKey, proof)) return {kind: 'lostLeadership'};
  return {kind: 'refused', own: ownChange(shard, own, outcome.revision)};
}

/** A record as read, as a change; a value that cannot be read is corrupt. */
export function ownChange(shard: string, entry: KeyValue | undefined, revision: number): AppChange {
  if (entry === undefined) return {kind: 'own', mod: revision, shard, entry: undefined};
  const decoded = decodeOwnership(entry.value);
  if (!decoded.ok)
    return {kind: 'corrupt', mod: entry.mod, what: 'own', id: shard, problem: decoded.problem};
  return {
    kind: 'own',
    mod: entry.mod,
    shard,
    entry: {value: decoded.value, mod: entry.mod, create: entry.create},
  };
}

/** A readable record with its revisions, or undefined. */
export function versionedRecord(
  entry: KeyValue | undefined,
): Versioned<OwnershipRecord> | undefined {
  if (entry === undefined) return undefined;
  const decoded = decodeOwnership(entry.value);
  return decoded.ok ? {value: decoded.value, mod: entry.mod, create: entry.create} : undefined;
}

/** The key-level form of a guard. */
export function compareOf(
  keys: Keys,
  app: string,
  fencingKey: FencingKey | undefined,
  guard: RecordGuard,
): Compare {
  switch (guard.kind) {
    case 'own':
      return equal(keys.ownership(app, guard.shard), 'mod', guard.mod);
    case 'ownIs':
      return {
        key: keys.ownership(app, guard.shard),
        target: 'value',
        op: '=',
        value: encodeRecord(guard.record),
      };
    case 'clusterMod':
      return equal(keys.cluster(), 'mod', guard.mod);
    case 'heartbeatExists':
      return {key: keys.heartbeat(app, guard.incarnation), target: 'create', op: '!=', value: 0};
    case 'heartbeatAbsent':
      return equal(keys.heartbeat(app, guard.incarnation), 'create', 0);
    case 'heartbeatCreated':
      return equal(keys.heartbeat(app, guard.incarnation), 'create', guard.create);
    case 'heartbeatMod':
      return equal(keys.heartbeat(app, guard.incarnation), 'mod', guard.mod);
    case 'idMod':
      return equal(keys.containerId(app, guard.container), 'mod', guard.mod);
    case 'specExists':
      return {key: keys.shardSpec(app, guard.shard), target: 'create', op: '!=', value: 0};
    case 'specAbsent':
      return equal(keys.shardSpec(app, guard.shard), 'create', 0);
    case 'fencingKey':
      if (fencingKey === undefined) throw new Error('a write guarded by the fencing key needs one');
      return stillGoverns(fencingKey);
  }
}

function equal(key: string, target: 'mod' | 'create', value: number): Compare {
  return {key, target, op: '=', value};
}
