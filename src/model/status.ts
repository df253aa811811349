import type {ContainerState} from './container.ts';
import type {MoveWait} from './move-wait.ts';
import {RECORD_VERSION} from './ownership.ts';
import type {MoveNote} from './ownership.ts';
import type {AppUsage} from './quota.ts';

/** A container that is not plainly ready, as its governor sees it. */
export interface ContainerStatus {
  state: ContainerState;
  /** RFC 3339. */
  since: string;
  incarnation: string;
  note: string;
  /** How many shards of a container that is drained have nowhere to go, and why; absent while the drain can end. */
  stranded?: string;
}

/** Why a container is refusing: adds have failed there, or containers with its id or on its host have ended again and again without leaving. */
export type RefusalCause = 'adds' | 'ends';

export interface Alarm {
  /** One of `ALARM_CODES`; one that this code does not know is shown all the same. */
  code: string;
  text: string;
  /** RFC 3339. */
  since: string;
  /** Shard id of UNSERVED, else container id; absent where it is about the app as a whole. */
  object?: string;
  /** Of REFUSING; absent in what an older daemon wrote. */
  cause?: RefusalCause;
}

/** The lists of a summary. */
export type StatusList = 'containers' | 'unplaced' | 'failed' | 'quarantined' | 'alarms';

/** The app is in its quiet time: nothing moves for balance alone. */
export interface QuietStatus {
  /** RFC 3339; '' while a container is leaving or silent: then it lasts so long as the app's policy says from when that is over. */
  until: string;
  /** What began it last. */
  why: string;
}

/** What only the governor knows, written when it changes; at most 64 KB. */
export interface AppStatus {
  v: number;
  /** Daemon id. */
  governor: string;
  /** RFC 3339. */
  at: string;
  /** By container id; only those that are not plainly ready. */
  containers: Record<string, ContainerStatus>;
  unplacedCount: number;
  /** The first 500. */
  unplaced: {shard: string; reason: string}[];
  /** The first 100 shards in state failed: `FAILED_FROM` failed adds in a row or more. */
  failed: {shard: string; failures: number; lastError: string}[];
  quarantined: {key: string; problem: string}[];
  alarms: Alarm[];
  /** The plan wants nothing more and nothing is under way. */
  settled: boolean;
  /** Absent when it is not. */
  quiet?: QuietStatus;
  /** What moves wait for that have not begun, or waited within the last seconds; absent when none do. */
  waits?: MoveWait[];
  /** What the app takes of its quotas; absent in what an older daemon wrote. */
  usage?: AppUsage;
  /** How many each list lacks, where it lacks any: with it every count is exact. */
  omitted?: Partial<Record<StatusList, number>>;
  [unknown: string]: unknown;
}

/** Of an app of which its governor has said nothing yet. */
export function emptyStatus(governor: string, at: string): AppStatus {
  return {
    ...{v: RECORD_VERSION, governor, at, containers: {}, unplacedCount: 0, unplaced: []},
    ...{failed: [], quarantined: [], alarms: [], settled: false},
  };
}

/** Stands for one that cannot be read: what it says of the app nobody knows, and least of all that all is well. */
export function unreadableStatus(problem: string): AppStatus {
  const text = `the summary of this app cannot be read: ${problem}`;
  return {...emptyStatus('', ''), alarms: [{code: 'QUARANTINE', text, since: ''}]};
}

/** One move that has ended. */
export interface FinishedMove extends MoveNote {
  shard: string;
  /** RFC 3339. */
  endedAt: string;
  outcome: 'done' | 'failed' | 'cancelled';
  note: string;
}

/** Who leads `sm` itself. */
export interface LeaderRecord {
  v: number;
  containerId: string;
  incarnation: string;
  /** Unix seconds. */
  createTime: number;
  [unknown: string]: unknown;
}

/** A restored etcd that was accepted: processes whose heartbeat is of this revision or before have stopped, and register anew if they still run. */
export interface AcceptedRestore {
  readonly revision: number;
  /** When etcd was seen to be restored, Unix time: from then on nobody renewed his right to act. */
  readonly sinceMs: number;
}

/**
 * The heartbeat of that revision was written before the restore was accepted, and not since: its process serves nothing. Undefined: it has none,
 * which says nothing of when it was heard.
 */
export function isFromBefore(
  accepted: AcceptedRestore | undefined,
  mod: number | undefined,
): boolean {
  return accepted !== undefined && mod !== undefined && mod <= accepted.revision;
}

/** Identity of the etcd cluster that the records were written to. */
export interface ClusterRecord {
  v: number;
  epoch: number;
  clusterId: string;
  maxRevision: number;
  /** Somebody has seen that etcd was restored or replaced, and how; absent once that is accepted. */
  restored?: string;
  /** When that was noticed, Unix time. */
  restoredAtMs?: number;
  /** The last restore that was accepted; absent where there was none. */
  accepted?: AcceptedRestore;
  [unknown: string]: unknown;
}
