/** The transactions of a container's session and what their outcomes mean. Pure; the shell only sends them. */
import type {Keys} from '../etcd/keys.ts';
import type {HeartbeatAnswer, HeartbeatWrite} from '../ownership/heartbeat.ts';
import type {IdAnswer, SessionAction} from '../ownership/session-actions.ts';
import type {OwnershipRecord} from '../model/ownership.ts';
import type {ShardSpec} from '../model/specs.ts';
import type {WriteAnswer} from '../ownership/shard-actions.ts';
import {decodeIdValue, encodeIdHolder} from '../protocol/container-id.ts';
import {
  decodeHeartbeat,
  decodeOwnership,
  decodeShardSpec,
  encodeRecord,
} from '../protocol/records.ts';
import {liveSpecMod, specUnchanged} from '../store/app-spec-guard.ts';
import type {Compare, KeyValue, Operation, Transaction, TransactionOutcome} from '../store/port.ts';

type TakeId = Extract<SessionAction, {type: 'takeId'}>;
type Deregister = Extract<SessionAction, {type: 'deregister'}>;

/**
 * [hb mod = last version] -> put, else read. The first one, which registers the container, also compares the app's spec with `specMod`
 * (undefined for sm's own service, which is never removed) and reads it when refused.
 */
export function heartbeatTransaction(
  keys: Keys,
  app: string,
  write: HeartbeatWrite,
  specMod: number | undefined,
): Transaction {
  const key = keys.heartbeat(app, write.incarnation);
  const compares: Compare[] = [{key, target: 'mod', op: '=', value: write.expectedMod}];
  const otherwise: Operation[] = [{op: 'get', key}];
  if (write.expectedMod === 0 && specMod !== undefined) {
    compares.push(specUnchanged(keys, app, specMod));
    otherwise.push({op: 'get', key: keys.appSpec(app)});
  }
  return {compares, then: [{op: 'put', key, value: encodeRecord(write.value)}], otherwise};
}

/** What an attempt came to; `specMod`: the app's spec as a refused registration found it, where it may be registered for. */
export function heartbeatAnswer(
  write: HeartbeatWrite,
  outcome: TransactionOutcome,
): {readonly answer: HeartbeatAnswer; readonly specMod?: number} {
  if (outcome.kind === 'unknown') return {answer: {kind: 'unknown'}};
  if (outcome.kind === 'committed')
    return {answer: {kind: 'committed', revision: outcome.revision}};
  const [entry, spec] = outcome.answers;
  if (entry !== undefined) return {answer: foundHeartbeat(entry)};
  if (write.expectedMod !== 0) return {answer: {kind: 'absent'}};
  const specMod = liveSpecMod(spec);
  if (specMod === undefined) return {answer: {kind: 'appGone'}};
  return {answer: {kind: 'specChanged'}, specMod};
}

function foundHeartbeat(entry: KeyValue): HeartbeatAnswer {
  const decoded = decodeHeartbeat(entry.value);
  // One that cannot be read proves nothing: the right to act ends at its deadline, and the governor evicts what stays silent.
  if (!decoded.ok) return {kind: 'unknown'};
  return {kind: 'found', value: decoded.value, mod: entry.mod, create: entry.create};
}

/** [id as last seen; its holder's hb absent; hb/mine created] -> put id. */
export function takeIdTransaction(keys: Keys, app: string, action: TakeId): Transaction {
  const key = keys.containerId(app, action.container);
  const compares: Compare[] = [
    {key, target: 'mod', op: '=', value: action.idMod},
    {key: keys.heartbeat(app, action.incarnation), target: 'create', op: '=', value: action.create},
  ];
  if (action.holder !== '')
    compares.push({key: keys.heartbeat(app, action.holder), target: 'create', op: '=', value: 0});
  return {
    compares,
    then: [{op: 'put', key, value: encodeIdHolder(action.incarnation, action.evicted)}],
    otherwise: [{op: 'get', key}],
  };
}

/** An id key as found. `evicted`: by an operator; absent: nobody. */
interface FoundId {
  readonly holder: string;
  readonly idMod: number;
  readonly evicted?: string;
}

/** What a take came to; `lookAt` = the holder's heartbeat decides, read it and call `holderAnswer`. */
export function takeIdAnswer(
  action: TakeId,
  outcome: TransactionOutcome,
): IdAnswer | ({readonly kind: 'lookAt'} & FoundId) {
  if (outcome.kind === 'unknown') return {kind: 'unknown'};
  if (outcome.kind === 'committed') return {kind: 'taken', idMod: outcome.revision};
  const [entry] = outcome.answers;
  if (entry === undefined) return {kind: 'free', idMod: 0, holder: ''};
  const {incarnation: holder, evicted} = decodeIdValue(entry.value);
  if (holder === action.incarnation) return {kind: 'taken', idMod: entry.mod};
  return {kind: 'lookAt', holder, idMod: entry.mod, ...(evicted !== '' && {evicted})};
}

export function holderAnswer({holder, idMod, evicted}: FoundId, alive: boolean): IdAnswer {
  const noted = evicted === undefined ? {} : {evicted};
  return alive ? {kind: 'occupied', holder, ...noted} : {kind: 'free', idMod, holder, ...noted};
}

/** [hb/mine created; id mine] -> delete both. */
export function deregisterTransaction(keys: Keys, app: string, action: Deregister): Transaction {
  const heartbeat = keys.heartbeat(app, action.incarnation);
  const compares: Compare[] = [{key: heartbeat, target: 'create', op: '=', value: action.create}];
  const then: Operation[] = [{op: 'delete', key: heartbeat}];
  if (action.idMod !== 0) {
    const key = keys.containerId(app, action.container);
    compares.push({key, target: 'mod', op: '=', value: action.idMod});
    then.push({op: 'delete', key});
  }
  return {compares, then, otherwise: [{op: 'get', key: heartbeat}]};
}

/** The heartbeat is known to be gone. Refused may also mean that somebody has touched the id. */
export function isDeregistered(outcome: TransactionOutcome): boolean {
  return (
    outcome.kind === 'committed' || (outcome.kind === 'refused' && outcome.answers[0] === undefined)
  );
}

/**
 * Reads the keys in the order of the store's writes. Its compares contradict each other, so `key` is never touched; but the deletion makes it a
 * write for etcd, which answers it from the log and not from what one of its members knows. A deletion, since an etcd that is full refuses
 * puts. Always answered as refused.
 */
export function orderedReadTransaction(key: string, paths: readonly string[]): Transaction {
  return {
    compares: [
      {key, target: 'create', op: '=', value: 0},
      {key, target: 'create', op: '!=', value: 0},
    ],
    then: [{op: 'delete', key}],
    otherwise: paths.map((path) => ({op: 'get', key: path})),
  };
}

export function writeAnswer(outcome: TransactionOutcome): WriteAnswer {
  if (outcome.kind === 'committed') return {kind: 'committed', revision: outcome.revision};
  return {kind: outcome.kind};
}

/** What became of the write of a record; its spec, where the write asked for it, is the second answer. */
export function transitionAnswer(shard: string, outcome: TransactionOutcome): WriteAnswer {
  const answer = writeAnswer(outcome);
  if (answer.kind !== 'committed' || outcome.kind !== 'committed') return answer;
  const spec = readableSpec(shard, outcome.answers[1]);
  return spec === undefined ? answer : {...answer, spec};
}

export function readableSpec(shard: string, entry: KeyValue | undefined): ShardSpec | undefined {
  const decoded = entry === undefined ? undefined : decodeShardSpec(entry.value, shard);
  return decoded?.ok === true ? decoded.value : undefined;
}

/** The record whose text a hint brought; undefined when it cannot be read. */
export function hintedRecord(text: string): OwnershipRecord | undefined {
  const decoded = decodeOwnership(text);
  return decoded.ok ? decoded.value : undefined;
}
