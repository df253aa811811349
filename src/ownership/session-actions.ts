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

export type SessionAction =
  | ShardAction
  | {readonly type: 'heartbeat'; readonly write: HeartbeatWrite}
  /** Txn [id/<container> at idMod (0: absent); hb/<holder> absent unless ''; hb/mine created] -> put id. Else read id and hb of its holder. */
  | ({readonly type: 'takeId'; readonly holder: string} & Registration)
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
  | {readonly type: 'evicted'; readonly incarnation: string}
  /** The store was restored or replaced: nothing is claimed or renewed until `clusterSeen` tells of a newer epoch. */
  | {readonly type: 'restored'; readonly doubt: StoreDoubt}
  /** An operator has accepted the restored store: tokens are of this epoch from now on. */
  | {readonly type: 'accepted'; readonly epoch: number}
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
  | {readonly kind: 'occupied'; readonly holder: string}
  | {readonly kind: 'free'; readonly idMod: number; readonly holder: string}
  | {readonly kind: 'unknown'};

export interface SessionOptions {
  /** The heartbeat's fixed fields. */
  readonly identity: HeartbeatIdentity;
  /** Of fencing tokens, at the beginning. */
  readonly epoch: number;
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

/** `releasing`: everything is let go unasked, no more heartbeats. `deregistering`: nothing is left but the heartbeat itself. */
export type SessionPhase =
  | 'registering'
  | 'naming'
  | 'ready'
  | 'leaving'
  | 'releasing'
  | 'deregistering'
  | 'ended';

/** Heartbeats are sent. */
export const BEATING: ReadonlySet<SessionPhase> = new Set([
  'registering',
  'naming',
  'ready',
  'leaving',
]);

/** Why shards stop. `how`: as what the session is about to end; undefined: it goes on. `heartbeatGone`: nothing is owned any more. */
export function stopReasons(
  phase: SessionPhase,
  how: SessionEnd | undefined,
  heartbeatGone: boolean,
): Pick<ShardContext, 'askedBack' | 'releasing'> {
  if (how === 'deleted') return {askedBack: 'deleted', releasing: 'deleted'};
  const askedBack = how === 'left' ? 'leaving' : 'moved';
  if (phase !== 'releasing' && phase !== 'ended') return {askedBack, releasing: undefined};
  return {askedBack, releasing: how === 'left' && !heartbeatGone ? 'leaving' : 'lost'};
}
