/** Newest audit entries kept. */
export const AUDIT_KEPT = 10_000;
/** Changed objects that one entry names; the rest is counted. */
export const AUDIT_OBJECTS_SHOWN = 10;

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
