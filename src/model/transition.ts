import type {OwnershipRecord} from './ownership.ts';

/** What must hold in the store for a write to happen. `mod`/`create` 0 stands for absent. */
export type RecordGuard =
  | {readonly kind: 'own'; readonly shard: string; readonly mod: number}
  /** The record is this one, to the letter: for a container that got it in a hint and has not read it. */
  | {readonly kind: 'ownIs'; readonly shard: string; readonly record: OwnershipRecord}
  /** Nothing new has been said of the store as a whole. */
  | {readonly kind: 'clusterMod'; readonly mod: number}
  | {readonly kind: 'heartbeatExists'; readonly incarnation: string}
  | {readonly kind: 'heartbeatAbsent'; readonly incarnation: string}
  | {readonly kind: 'heartbeatCreated'; readonly incarnation: string; readonly create: number}
  | {readonly kind: 'heartbeatMod'; readonly incarnation: string; readonly mod: number}
  | {readonly kind: 'idMod'; readonly container: string; readonly mod: number}
  | {readonly kind: 'specExists'; readonly shard: string}
  | {readonly kind: 'specAbsent'; readonly shard: string}
  /** "Still governs": the shell knows the key that proves it. */
  | {readonly kind: 'fencingKey'};

/** One step of the transition table in protocol.md. */
export type TransitionKind =
  | 'assign'
  | 'reassign'
  | 'recall'
  | 'claim'
  | 'ready'
  | 'drop'
  | 'free'
  | 'forget';

/** One conditional write of one ownership record; `record` null deletes it. */
export interface Transition {
  readonly kind: TransitionKind;
  readonly shard: string;
  readonly record: OwnershipRecord | null;
  readonly guards: readonly RecordGuard[];
  /**
   * The push container that the record is taken from, which is gone: what it keeps of the shard in etcd is deleted as well, or it would run the
   * shard when it comes back.
   */
  readonly formerPushOwner?: string;
  /** The answer to a committed write brings the ShardSpec. */
  readonly readsSpec?: true;
}
