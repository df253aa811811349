/** What one shard's machine asks of its container, what it is answered, and what it may do: data only. */
import type {OwnershipRecord, Versioned} from '../model/ownership.ts';
import type {ShardSpec} from '../model/specs.ts';
import type {Transition} from '../model/transition.ts';
import type {Claimant} from './transitions.ts';

/**
 * What the application's hooks are doing for a shard. One state at a time, since hooks of one shard run one after another.
 *
 * | from | when | to |
 * | --- | --- | --- |
 * | none | the record is mine and the container may act: `add` is called | adding |
 * | adding | `add` resolves | added |
 * | adding | `add` throws | failed |
 * | added | the shard is to stop: moved, fenced, lost, leaving, deleted; `drop` is called | dropping |
 * | failed | at once; `drop` is called | dropping |
 * | dropping | `drop` resolves | settling |
 * | dropping | `drop` throws | retrying |
 * | retrying | the back-off is over; `drop` is called | dropping |
 * | settling | no `shard.run` work is left: the handle is revoked, and the record may be freed | none |
 *
 * What stops a shard while it is `adding` aborts its signal and waits for `add` to settle.
 */
export type HookState =
  | 'none'
  | 'adding'
  | 'added'
  | 'failed'
  | 'dropping'
  | 'retrying'
  | 'settling';

/**
 * Why `drop` is called.
 * - moved: the shard goes to another container, or was removed, or has another task;
 * - leaving: this container leaves;
 * - deleted: the app is being removed;
 * - failed: its `add` has thrown or was given up: clear up what it began;
 * - fenced: the right to act ends or has ended, because no heartbeat committed in time: stop at once, `guard()` refuses;
 * - lost: the record names another owner already, or an operator evicts this container: this handle is worthless.
 */
export type StopReason = 'moved' | 'fenced' | 'lost' | 'failed' | 'leaving' | 'deleted';

/** What the store is asked, by a number that its answer brings back. */
interface Question<Type extends string> {
  readonly type: Type;
  readonly shard: string;
  readonly op: number;
}

/** What the application is asked: `handle` numbers the `add`s of a shard. */
interface OfHandle<Type extends string> {
  readonly type: Type;
  readonly shard: string;
  readonly handle: number;
}

export type ShardAction =
  /** `ordered`: a claim of unknown outcome waits for it, so the answer must come in the order of the store's writes, never from the past. */
  | (Question<'read'> & {readonly ordered: boolean})
  | (Question<'write'> & {readonly transition: Transition})
  | (OfHandle<'add'> & {readonly token: string; readonly spec: ShardSpec})
  | (OfHandle<'drop'> & {readonly reason: StopReason})
  | (OfHandle<'abort'> & {readonly reason: StopReason})
  | OfHandle<'revoke'>
  | {readonly type: 'stuck'; readonly shard: string; readonly hook: 'add' | 'drop'};

/** What the session lets a shard do now. */
export interface ShardContext {
  readonly me: Claimant;
  readonly epoch: number;
  /** The right to act holds: no fence. */
  readonly acting: boolean;
  /** Records are left alone: the store may not be the one of before, or nothing of this incarnation is in it any more. */
  readonly halted: boolean;
  /** New shards may be claimed. */
  readonly claiming: boolean;
  /** Why a shard stops whose record asks it back. */
  readonly askedBack: StopReason;
  /** Everything is to be let go without being asked, with this reason. */
  readonly releasing: StopReason | undefined;
  /** Mod revision of the cluster record as last looked at, 0 where there is none; undefined: not looked at yet. */
  readonly clusterMod: number | undefined;
  /** Daemons claim with `ready` set at once. */
  readonly readyAtClaim: boolean;
  readonly addTimeoutMs: number;
  readonly dropTimeoutMs: number;
}

/** A record and the spec read with it, at one revision. */
export interface ShardReading {
  readonly revision: number;
  readonly own: Versioned<OwnershipRecord> | undefined;
  readonly spec: ShardSpec | undefined;
}

/** The record that came with a hint, decoded only where it is of use; undefined: it cannot be read. */
export type Hinted = () => OwnershipRecord | undefined;

export type WriteAnswer =
  /** `spec`: where the write asked for it and it can be read. */
  | {readonly kind: 'committed'; readonly revision: number; readonly spec?: ShardSpec}
  | {readonly kind: 'refused'}
  | {readonly kind: 'unknown'};
