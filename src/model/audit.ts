import {AUDIT_REVISION_DIGITS, AUDIT_SUFFIX_CHARACTERS} from './limits.ts';

/** One field of one object, cut short. */
export interface AuditedChange {
  object: string;
  field: string;
  before: string;
  after: string;
}

/** What one key was before a change. */
export interface UndoStep {
  key: string;
  /** As `shard/eu-1`. */
  object: string;
  /** Text as stored; null: there was none. */
  before: string | null;
  /** The change has deleted it. */
  wasDeleted: boolean;
}

/** One change by an operator, written in the same transaction as the change itself. */
export interface AuditEntry {
  v: number;
  /** RFC 3339. */
  at: string;
  /** Name of the caller's token; `local` where none is asked for. */
  who: string;
  /** Address of the caller. */
  from: string;
  /** Operation of the admin API. */
  operation: string;
  service: string;
  /** What was written or deleted, as `shard/eu-1`; the first ten. */
  objects: string[];
  objectCount: number;
  /** Fields of the request, cut short. */
  detail: Record<string, unknown>;
  /** What an update has changed in the objects that it names, before and after; absent where nothing of it was read before. */
  changed?: AuditedChange[];
  /** What was before, of all that was written; absent where that cannot be undone, or is too much to keep. */
  undo?: UndoStep[];
  reason: string;
  requestId: string;
  [unknown: string]: unknown;
}

/** A container's state has changed, by the governor's word. */
export interface ContainerEvent {
  container: string;
  incarnation: string;
  /** RFC 3339. */
  at: string;
  /** Its new state; `gone` when it has left. */
  state: string;
  /** The state before; '' when it was not known. */
  before: string;
}

/** An alarm was raised, or has ended. */
export interface AlarmEvent {
  kind: 'alarm';
  /** RFC 3339. */
  at: string;
  state: 'raised' | 'cleared';
  code: string;
  text: string;
  /** Shard or container that it is about; '' where it is about the app as a whole. */
  object: string;
  /** RFC 3339 time of what raised it. */
  since: string;
}

/** Shards have lost every home (`unplaced`), or are served that ran nowhere before (`placed`). */
export interface ShardsEvent {
  kind: 'shards';
  /** RFC 3339 time of the first of them. */
  at: string;
  what: 'unplaced' | 'placed';
  cause: string;
  count: number;
  /** The first ten. */
  shards: string[];
}

/** No write of a daemon has committed for longer than T: it has stopped governing, and so has every container as far as the same kept it from writing. */
export interface OutageEvent {
  kind: 'outage';
  /** RFC 3339: when a write committed again. */
  at: string;
  /** RFC 3339: the last one before. */
  since: string;
  cause: string;
  daemon: string;
}

/** What has happened in an app besides operators' changes and moves. A container's event has no `kind`. */
export type AppEvent = ContainerEvent | AlarmEvent | ShardsEvent | OutageEvent;

/** The name of an entry: by revision, then by a suffix from 0 to AUDIT_SUFFIXES - 1, so that names sort by age. */
export function auditId(revision: number, suffix: number): string {
  const digits = String(revision).padStart(AUDIT_REVISION_DIGITS, '0');
  return `${digits}-${suffix.toString(36).padStart(AUDIT_SUFFIX_CHARACTERS, '0')}`;
}

/** An import begins a new count of revisions, so what comes with it is named as of revision 0, at which nothing else is written. */
export function isImportedId(id: string): boolean {
  return id.startsWith('0'.repeat(AUDIT_REVISION_DIGITS));
}
