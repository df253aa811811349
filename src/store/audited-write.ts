/** A write with its audit entry: both in one transaction, and the entry in the log once the store has it. */
import {randomInt} from 'node:crypto';
import type {Keys} from '../etcd/keys.ts';
import {auditId} from '../model/audit.ts';
import type {AuditEntry} from '../model/audit.ts';
import {encodeRecord} from '../protocol/records.ts';
import type {Logger} from '../runtime/log-port.ts';
import type {CallOptions, Store, Transaction, TransactionOutcome} from './port.ts';
import {AUDIT_SUFFIXES} from '../model/limits.ts';

/** What has become of an audited write; `unknown`: the store gave no answer. */
export type AuditedOutcome = 'committed' | 'unknown';

/** Called with each audit entry after its write. */
export type OnAudited = (entry: AuditEntry, outcome: AuditedOutcome) => void;

export interface AuditedWrites {
  readonly store: Store;
  readonly keys: Keys;
  readonly onAudited: OnAudited;
}

/** `revision`: what the change was decided at; entries sort by it. @throws what the store throws. */
export async function transactAudited(
  {store, keys, onAudited}: AuditedWrites,
  transaction: Transaction,
  {entry, revision}: {readonly entry: AuditEntry; readonly revision: number},
  options?: CallOptions,
): Promise<TransactionOutcome> {
  const key = keys.audit(auditId(revision, randomInt(AUDIT_SUFFIXES)));
  const put = {op: 'put', key, value: encodeRecord(entry)} as const;
  const outcome = await store.transact({...transaction, then: [...transaction.then, put]}, options);
  if (outcome.kind !== 'refused') onAudited(entry, outcome.kind);
  return outcome;
}

/**
 * One line for each entry, with the message `audit`, for whoever keeps logs longer than etcd keeps entries. It says who did what to which
 * objects; values stay in the entry, as logs have more readers. `file` gets the same line, whatever the level of the log. Default: none.
 */
export function auditLog(logger: Logger, file?: {write(line: object): void}): OnAudited {
  return (entry, outcome) => {
    const {at, who, from, operation, service, objects, objectCount, reason, requestId} = entry;
    const of = {operation, service, objects, objectCount};
    const line = {at, who, from, ...of, reason, requestId, outcome};
    logger.info(line, 'audit');
    file?.write(line);
  };
}
