/** The audit entry of calls that were refused: one for all of a minute, with counts. */
import {randomInt} from 'node:crypto';
import type {Keys} from '../../../etcd/keys.ts';
import {AUDIT_OBJECTS_SHOWN, AUDIT_SUFFIXES, auditId} from '../../../model/audit.ts';
import type {AuditEntry} from '../../../model/audit.ts';
import {encodeRecord} from '../../../protocol/records.ts';
import type {Store} from '../../../store/port.ts';
import type {RefusedCount} from '../../http/dependencies.ts';

/** `daemon`: id of the daemon that refused. @throws what the store throws. */
export async function writeRefusals(
  {store, keys}: {readonly store: Store; readonly keys: Keys},
  {daemon, wallMs}: {readonly daemon: string; readonly wallMs: number},
  counts: readonly RefusedCount[],
): Promise<void> {
  const most = [...counts].sort((a, b) => b.count - a.count).slice(0, AUDIT_OBJECTS_SHOWN);
  const total = counts.reduce((sum, {count}) => sum + count, 0);
  const entry: AuditEntry = {
    v: 1,
    at: new Date(wallMs).toISOString(),
    who: 'sm',
    from: daemon,
    operation: 'refused',
    service: '',
    objects: most.map(({who, from, code, count}) => `${count} x ${code} for ${who || from}`),
    objectCount: counts.length,
    detail: {calls: total, refused: most},
    reason: '',
    requestId: '',
  };
  const {revision} = await store.status();
  const key = keys.audit(auditId(revision, randomInt(AUDIT_SUFFIXES)));
  const then = [{op: 'put', key, value: encodeRecord(entry)}] as const;
  await store.transact({compares: [], then, otherwise: []});
}
