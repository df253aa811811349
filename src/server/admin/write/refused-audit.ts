/** The audit entry of calls that were refused: one for all of a minute, with counts. */
import type {AuditEntry} from '../../../model/audit.ts';
import {transactAudited} from '../../../store/audited-write.ts';
import type {AuditedWrites} from '../../../store/audited-write.ts';
import type {RefusedCount} from '../../http/dependencies.ts';
import {AUDIT_OBJECTS_SHOWN} from '../../../model/limits.ts';

/** `daemon`: id of the daemon that refused. @throws what the store throws. */
export async function writeRefusals(
  writes: AuditedWrites,
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
  const {revision} = await writes.store.status();
  await transactAudited(writes, {compares: [], then: []}, {entry, revision});
}
