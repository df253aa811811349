/** Every change by an operator leaves an entry, in the transaction of the change itself: no change without, no entry without a change. */
import {randomInt} from 'node:crypto';
import type {Keys, ParsedKey} from '../../../etcd/keys.ts';
import {AUDIT_OBJECTS_SHOWN} from '../../../model/audit.ts';
import type {AuditEntry} from '../../../model/audit.ts';
import {encodeRecord} from '../../../protocol/records.ts';
import type {Operation, Store, Transaction} from '../../../store/port.ts';
import type {Caller} from '../../http/dependencies.ts';
import type {AdminDependencies} from '../dependencies.ts';

/** Longest text of a request's field that an entry keeps. */
const DETAIL_MAX_CHARACTERS = 256;
/** Fields that say nothing, or that an entry has in a place of its own. */
const LEFT_OUT: ReadonlySet<string> = new Set(['service', 'reason', 'dryRun', 'createTime']);
const REVISION_DIGITS = 19;
const SUFFIX_LIMIT = 36 ** 6;

interface Request {
  readonly service?: string;
  readonly reason?: string;
}

/** The dependencies for one changing request: what it writes carries an entry. */
export function auditing(
  dependencies: AdminDependencies,
  operation: string,
  request: Request,
  caller: Caller,
): AdminDependencies {
  const {store, keys, wallMs} = dependencies;
  const entry = blankEntry(operation, request, caller, wallMs());
  return {...dependencies, store: auditedStore(store, keys, entry)};
}

function blankEntry(operation: string, request: Request, caller: Caller, wallMs: number) {
  return {
    v: 1,
    at: new Date(wallMs).toISOString(),
    who: caller.who,
    from: caller.address,
    operation,
    service: request.service ?? '',
    detail: detailOf(request),
    reason: request.reason ?? '',
    requestId: caller.requestId,
  };
}

type Blank = ReturnType<typeof blankEntry>;

/** The same store; a transaction that writes writes an entry, too. */
function auditedStore(store: Store, keys: Keys, blank: Blank): Store {
  let newest = 0;
  const note = <T extends {revision: number}>(answer: T): T => {
    newest = Math.max(newest, answer.revision);
    return answer;
  };
  return {
    get: async (key, options) => note(await store.get(key, options)),
    getMany: async (wanted, options) => note(await store.getMany(wanted, options)),
    list: async (prefixes, options) => note(await store.list(prefixes, options)),
    scan: (prefixes, onPage, options) => store.scan(prefixes, onPage, options),
    watch: (prefix, from, listener) => store.watch(prefix, from, listener),
    status: (options) => store.status(options),
    usage: async () => (await store.usage?.()) ?? {bytes: 0, quotaBytes: 0},
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
    transact: (transaction, options) =>
      store.transact(withEntry(transaction, keys, blank, newest), options),
  };
}

function withEntry(
  transaction: Transaction,
  keys: Keys,
  blank: Blank,
  revision: number,
): Transaction {
  const writes = transaction.then.filter(({op}) => op !== 'get');
  if (writes.length === 0) return transaction;
  const named = writes
    .slice(0, AUDIT_OBJECTS_SHOWN)
    .map(({key}) => objectOf(keys.parse(key), blank.detail));
  const objects = named.filter((object) => object !== '');
  const entry: AuditEntry = {...blank, objects, objectCount: writes.length};
  const suffix = randomInt(SUFFIX_LIMIT).toString(36).padStart(6, '0');
  const key = keys.audit(`${String(revision).padStart(REVISION_DIGITS, '0')}-${suffix}`);
  const put: Operation = {op: 'put', key, value: encodeRecord(entry)};
  return {...transaction, then: [...transaction.then, put]};
}

/** The object that a key is about, as `shard/eu-1`; '' for a key that stands for none. */
function objectOf(
  parsed: ParsedKey | undefined,
  detail: Readonly<Record<string, unknown>>,
): string {
  switch (parsed?.kind) {
    case 'appSpec':
      return `app/${parsed.app}`;
    case 'shardSpec':
      return `shard/${parsed.shard}`;
    case 'worker':
      return `worker/${parsed.workerGroup}/${parsed.container}`;
    case 'containerOrder':
      return `container/${parsed.container}`;
    // Its key names the incarnation; people know the container.
    case 'heartbeat':
      return `container/${String(detail['container'] ?? parsed.incarnation)}`;
    default:
      return '';
  }
}

/** The request's own fields, long ones cut, lists counted. */
function detailOf(request: object): Record<string, unknown> {
  const detail: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(request)) {
    if (LEFT_OUT.has(name) || value === undefined || value === '') continue;
    if (Array.isArray(value)) detail[`${name}Count`] = value.length;
    else if (typeof value === 'string') detail[name] = value.slice(0, DETAIL_MAX_CHARACTERS);
    else if (typeof value === 'number' || typeof value === 'boolean') detail[name] = value;
  }
  return detail;
}
