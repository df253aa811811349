/** What versions of sm before and after this one would write: the fields that this one does not know, or knows and does not get. */
import type {Operation, Transaction} from '../../src/store/port.ts';

export type Dialect = 'older' | 'newer';

/** A field of a version to come, in every record and heartbeat that it writes. */
export const NEWER_FIELD = 'xNext';
/** Fields of heartbeats that an older version need not write. */
const YOUNG_FIELDS = ['host', 'pid', 'bootId', 'zone', 'labels', 'version', 'sdk', 'sentAtMs'];

export function spoken(dialect: Dialect, transaction: Transaction): Transaction {
  return {...transaction, then: transaction.then.map((one) => translated(dialect, one))};
}

function translated(dialect: Dialect, operation: Operation): Operation {
  // An empty value is never written: it stands in a transaction that only reads.
  if (operation.op !== 'put' || operation.value === '') return operation;
  const isHeartbeat = operation.key.includes('/hb/');
  if (!isHeartbeat && !(dialect === 'newer' && operation.key.includes('/own/'))) return operation;
  const fields = JSON.parse(operation.value) as Record<string, unknown>;
  if (dialect === 'newer') fields[NEWER_FIELD] = 'unknown here';
  else for (const name of YOUNG_FIELDS) delete fields[name];
  return {...operation, value: JSON.stringify(fields)};
}
