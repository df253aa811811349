/** The newest record version this code writes and understands. */
export const RECORD_VERSION = 1;

export const OWNERSHIP_STATES = ['assigned', 'owned', 'dropping', 'free'] as const;
export type OwnershipState = (typeof OWNERSHIP_STATES)[number];

/** Why a shard is on its way from one container to another. */
export interface MoveNote {
  id: string;
  /** Container id; '' when the shard comes from nowhere. */
  from: string;
  /** Container id; '' when the shard only leaves. */
  to: string;
  /** Text of a MoveReason (`move-reason.ts`). */
  why: string;
  /** RFC 3339. */
  startedAt: string;
  /** What made it necessary when it began, at both ends, in a sentence; absent where nothing planned it, and once the shard is ready. */
  numbers?: string;
}

/** Says who owns a shard. Absent = no claim on it. Unknown fields survive a rewrite. */
export interface OwnershipRecord {
  v: number;
  state: OwnershipState;
  /** Container id the state speaks of; kept in `free` as the last one. */
  container: string;
  incarnation: string;
  /** Fencing token, '' at the claim itself (then the record's mod revision is the token's revision). */
  token: string;
  /** `add` has resolved. */
  ready: boolean;
  move: MoveNote | null;
  /** Failed adds in a row. */
  failures: number;
  lastError: string;
  /** `taskVersion` of the ShardSpec that was claimed; 0 when absent. */
  taskVersion?: number;
  [unknown: string]: unknown;
}

/** The record of a shard has changed; undefined: there is none. */
export interface RecordChange {
  readonly shard: string;
  readonly before: OwnershipRecord | undefined;
  readonly after: OwnershipRecord | undefined;
}

/** A stored value with the revisions that guard it. */
export interface Versioned<T> {
  value: T;
  /** Revision of the last write. */
  mod: number;
  /** Revision of the creation. */
  create: number;
}
