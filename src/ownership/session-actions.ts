/** What a container's session asks of its shell, what the shell answers, and the options: data only. */
import type {StoreDoubt} from '../model/store-doubt.ts';
import type {HeartbeatIdentity} from '../model/container.ts';
import type {HeartbeatWrite} from './heartbeat.ts';
import type {ShardAction, ShardContext} from './shard-actions.ts';
import type {Claimant} from './transitions.ts';

export type SessionEnd = 'left' | 'cloned' | 'evicted' | 'deleted' | 'refused';

/** The keys of this incarnation, as last seen. */
interface Registration extends Claimant {
  readonly idMod: number;
}

/** What an id key says besides its holder: whom an operator has evicted; absent: nobody. */
interface EvictedFrom {
  readonly evicted?: string;
}

export type SessionAction =
  | ShardAction
  | {readonly type: 'heartbeat'; readonly write: HeartbeatWrite}
  /** Txn [id/<container> at idMod (0: absent); hb/<holder> absent unless ''; hb/mine created] -> put id. Else read id and hb of its holder. */
  | ({readonly type: 'takeId'; readonly holder: string} & Registration & EvictedFrom)
  /** Txn [hb/mine created; id mod = idMod unless 0] -> delete hb, and id unless idMod is 0. Refused means the heartbeat is gone already. */
  | ({readonly type: 'deregister'} & Registration)
  /** List the app's records and call `hint` for each that names this incarnation. */
  | {readonly type: 'findRecords'; readonly incarnation: string}
  | {readonly type: 'revokeAll'}
  | {readonly type: 'waitingForId'; readonly holder: string}
  | {readonly type: 'ready'; readonly incarnation: string}
  /** `evicted`: by an operator; absent: no heartbeat committed in time. */
  | {readonly type: 'fenced'; readonly evicted?: true}
  | {readonly type: 'resumed'}
  /** The heartbeat is gone. `leaving`: it ends; absent: it registers again. */
  | {readonly type: 'evicted'; readonly incarnation: string; readonly leaving?: true}
  /** The store was restored or replaced: nothing is claimed or renewed until `clusterSeen` tells of a newer epoch. */
  | {readonly type: 'restored'; readonly doubt: StoreDoubt}
  /** An operator has accepted the restored store, whether this session has doubted it or not: the session registers anew. Tokens are of this epoch from now on. */
  | {readonly type: 'accepted'; readonly epoch: number}
  /** Tokens are of this epoch from now on. The next heartbeat tells whether the store is another one. */
  | {readonly type: 'stepped'; readonly epoch: number}
  /** `running`: hooks that had not returned when all that could be waited for was over; absent: none. */
  | {readonly type: 'ended'; readonly how: SessionEnd; readonly running?: readonly RunningHook[]};

/** A hook of the application that has not returned. */
export interface RunningHook {
  readonly shard: string;
  readonly hook: 'add' | 'drop';
}

/** `occupied` by another living incarnation, `free` to be tried again with this `idMod` and `holder`. */
export type IdAnswer =
  | {readonly kind: 'taken'; readonly idMod: number}
  | ({readonly kind: 'occupied'; readonly holder: string} & EvictedFrom)
  | ({readonly kind: 'free'; readonly idMod: number; readonly holder: string} & EvictedFrom)
  | {readonly kind: 'unknown'};

export interface SessionOptions {
  /** The heartbeat's fixed fields. */
  readonly identity: HeartbeatIdentity;
  /** Of fencing tokens, at the beginning. */
  readonly epoch: number;
  /** Cluster of etcd in which the epoch was read. Absent: the first that answers a heartbeat. */
  readonly clusterId?: string | undefined;
  /** Fresh 128-bit random ids: incarnations and nonces. */
  readonly nextId: () => string;
  /** 0..1, for jitter. */
  readonly random: () => number;
  readonly addTimeoutMs: number;
  readonly dropTimeoutMs: number;
  /** End instead of waiting when another incarnation holds the id. Default false. */
  readonly refuseTakenId?: boolean;
  /** Beat at least so often, ms, besides T/5. */
  readonly heartbeatEveryMs?: () => number;
  /** Daemons claim apps with `ready` set at once. Default false. */
  readonly readyAtClaim?: boolean;
}

/**
 * What a session is doing. "Is to leave": `leave`, the end of the app, or an id that another process has where that is refused.
 *
 * | from | when | to |
 * | --- | --- | --- |
 * | registering | the heartbeat is in the store | naming |
 * | registering | an operator evicts it | releasing |
 * | registering | it is to leave, and the store is doubted | unregistered |
 * | naming | it has its id | ready |
 * | naming | its heartbeat is gone: it begins anew | registering |
 * | naming | it is to leave, or an operator evicts it, or has evicted it under an earlier incarnation | releasing |
 * | naming | it is to leave, and its heartbeat is gone or the store is doubted | unregistered |
 * | ready | it is to leave | leaving |
 * | ready | its heartbeat is gone: it begins anew | registering |
 * | ready | an operator evicts it | releasing |
 * | ready | it is to leave, and its heartbeat is gone or the store is doubted | unregistered |
 * | leaving | it owns nothing any more | deregistering |
 * | leaving | the time for that is over, or an operator evicts it | releasing |
 * | leaving | its heartbeat is gone, or the store is doubted | unregistered |
 * | releasing | it owns nothing any more | deregistering |
 * | releasing | its heartbeat is gone, or the store is doubted | unregistered |
 * | releasing | hooks have not returned in time | ended |
 * | unregistered | all hooks have returned, or not in time | ended |
 * | deregistering | the heartbeat is gone | ended |
 *
 * From every phase to `ended`: the heartbeat is another process's, or the app is gone.
 *
 * - leaving: shards go when the governor asks them back; heartbeats go on.
 * - releasing: shards are dropped and freed unasked; no more heartbeats.
 * - unregistered: shards are dropped; nothing of this incarnation is in the store that it could still free or delete.
 * - deregistering: nothing is owned; the heartbeat is deleted.
 */
export type SessionPhase =
  | 'registering'
  | 'naming'
  | 'ready'
  | 'leaving'
  | 'releasing'
  | 'unregistered'
  | 'deregistering'
  | 'ended';

/** Heartbeats are sent, and the right to act may come back. */
export const BEATING: ReadonlySet<SessionPhase> = new Set([
  'registering',
  'naming',
  'ready',
  'leaving',
]);

/** It does not have its id: no shard comes. */
export const UNNAMED: ReadonlySet<SessionPhase> = new Set(['registering', 'naming']);

/** Everything is let go unasked. */
export const RELEASING: ReadonlySet<SessionPhase> = new Set(['releasing', 'unregistered']);

/** Nothing is taken any more: the heartbeat is gone, or about to be. */
export const CLOSED: ReadonlySet<SessionPhase> = new Set([
  'unregistered',
  'deregistering',
  'ended',
]);

/** Why shards stop. `how`: how the session ends, or is about to; undefined: it goes on. */
export function stopReasons(
  phase: SessionPhase,
  how: SessionEnd | undefined,
): Pick<ShardContext, 'askedBack' | 'releasing'> {
  if (how === 'deleted') return {askedBack: 'deleted', releasing: 'deleted'};
  const askedBack = how === 'left' ? 'leaving' : 'moved';
  if (phase !== 'releasing' && !CLOSED.has(phase)) return {askedBack, releasing: undefined};
  return {askedBack, releasing: how === 'left' && phase !== 'unregistered' ? 'leaving' : 'lost'};
}
