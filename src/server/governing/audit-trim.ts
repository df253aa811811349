/** Keeps the audit short: the leader deletes all but the newest entries. */
import type {Keys} from '../../etcd/keys.ts';
import {AUDIT_KEPT} from '../../model/audit.ts';
import type {Operation, Store} from '../../store/port.ts';
import {ENTRIES_PER_TRANSACTION} from './limits.ts';

/** Entries go key by key; their names sort by revision. `kept` is for tests. */
export async function trimAudit(store: Store, keys: Keys, kept = AUDIT_KEPT): Promise<void> {
  const names: string[] = [];
  await store.scan([keys.auditPrefix()], (page) => {
    for (const {key} of page) if (keys.parse(key)?.kind === 'audit') names.push(key);
  });
  const old = names.sort().slice(0, Math.max(0, names.length - kept));
  for (let at = 0; at < old.length; at += ENTRIES_PER_TRANSACTION) {
    const then = old
      .slice(at, at + ENTRIES_PER_TRANSACTION)
      .map((key): Operation => ({op: 'delete', key}));
    await store.transact({compares: [], then, otherwise: []});
  }
}
