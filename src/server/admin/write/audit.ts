/**
 * Every change by an operator leaves an entry, in the transaction of the change itself: no change without, no entry without a change. What
 * an operation may change stands in the route table: it gets a store that notes its changes, or one that refuses to write.
 */
import type {Keys, ParsedKey} from '../../../etcd/keys.ts';
import type {AuditEntry, UndoStep} from '../../../model/audit.ts';
import {utf8Length} from '../../../model/ids.ts';
import {routeRows} from '../../../protocol/admin-routes.ts';
import type {
  AdminOperation,
  ChangedObject,
  ChangingOperation,
} from '../../../protocol/admin-routes.ts';
import {undoRows} from '../../../protocol/undo-table.ts';
import {transactAudited} from '../../../store/audited-write.ts';
import type {OnAudited} from '../../../store/audited-write.ts';
import type {
  CallOptions,
  KeyValue,
  Operation,
  Store,
  Transaction,
  TransactionOutcome,
} from '../../../store/port.ts';
import type {Caller} from '../../http/dependencies.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {DETAIL_MAX_CHARACTERS, REWRITES_LOOKED_AT, UNDO_LIMIT_BYTES} from '../limits.ts';
import {auditedChanges} from './audited-changes.ts';
import type {Rewrite} from './audited-changes.ts';
import {AUDIT_OBJECTS_SHOWN} from '../../../model/limits.ts';

/** Fields that say nothing, or that an entry has in a place of its own. */
const LEFT_OUT: ReadonlySet<string> = new Set(['service', 'reason', 'dryRun', 'createTime']);

interface Request {
  readonly service?: string;
  readonly reason?: string;
  /** Of permissions, which stand in one key for all containers of an app. */
  readonly containers?: readonly string[];
}

/** What one request may work with: what it writes carries an entry; a request of a route that changes nothing cannot write. */
export function dependenciesFor(
  dependencies: AdminDependencies,
  operation: AdminOperation,
  request: Request,
  caller: Caller,
): AdminDependencies {
  const {changes} = routeRows[operation];
  const {apps} = caller;
  if (changes === 'nothing') return {...readingOnly(dependencies), apps};
  const {store, keys, wallMs} = dependencies;
  const onAudited = unknownOnce(dependencies.onAudited ?? unheard);
  const blank = blankEntry(operation, request, caller, wallMs());
  const named = {changes, containers: request.containers ?? []};
  const audited: Transact = async (transaction, known, options) => {
    const entry = entryOf(transaction, keys, blank, named, known);
    if (entry === undefined) return store.transact(transaction, options);
    const {newest: revision} = known;
    return transactAudited({store, keys, onAudited}, transaction, {entry, revision}, options);
  };
  return {...dependencies, apps, store: transacting(store, audited)};
}

/** The dependencies of what only reads. */
export function readingOnly(dependencies: AdminDependencies): AdminDependencies {
  const {store} = dependencies;
  const refused: Transact = async (transaction, _known, options) => {
    if (writesOf(transaction).length === 0) return store.transact(transaction, options);
    throw new Error('an operation that changes nothing, by the route table, wants to write');
  };
  return {...dependencies, store: transacting(store, refused)};
}

function blankEntry(operation: AdminOperation, request: Request, caller: Caller, wallMs: number) {
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

function unheard(): void {}

/** Of one request: a write without an answer is tried again, and that it has none is said once. */
function unknownOnce(onAudited: OnAudited): OnAudited {
  const said = new Set<string>();
  return (entry, outcome) => {
    const objects = `${entry.objectCount} ${entry.objects.join(' ')}`;
    if (outcome === 'unknown' && said.has(objects)) return;
    if (outcome === 'unknown') said.add(objects);
    onAudited(entry, outcome);
  };
}

type Blank = ReturnType<typeof blankEntry>;

const renewals = new WeakSet<Transaction>();

/** Marks a transaction that only keeps an apply marker of the same caller alive: it is not an order, and leaves no entry. */
export function renewal(transaction: Transaction): Transaction {
  renewals.add(transaction);
  return transaction;
}

/** What a request has read before it writes. */
interface KnownBefore {
  /** The newest revision. */
  readonly newest: number;
  /** Text by key, of what was read by key. */
  readonly values: ReadonlyMap<string, string>;
}

type Transact = (
  transaction: Transaction,
  known: KnownBefore,
  options: CallOptions | undefined,
) => Promise<TransactionOutcome>;

/** The same store; `transact` gets every transaction, and what was read before it. */
function transacting(store: Store, transact: Transact): Store {
  let newest = 0;
  const values = new Map<string, string>();
  const note = <T extends {revision: number}>(answer: T): T => {
    newest = Math.max(newest, answer.revision);
    return answer;
  };
  const keep = (entry: KeyValue | undefined): void => {
    if (entry !== undefined) values.set(entry.key, entry.value);
  };
  return {
    get: async (key, options) => {
      const answer = note(await store.get(key, options));
      values.delete(key);
      keep(answer.entry);
      return answer;
    },
    getMany: async (wanted, options) => {
      const answer = note(await store.getMany(wanted, options));
      for (const key of wanted) values.delete(key);
      for (const entry of answer.entries) keep(entry);
      return answer;
    },
    list: async (prefixes, options) => note(await store.list(prefixes, options)),
    scan: (prefixes, onPage, options) => store.scan(prefixes, onPage, options),
    watch: (prefix, from, listener) => store.watch(prefix, from, listener),
    status: (options) => store.status(options),
    ...(store.usage === undefined ? {} : {usage: store.usage.bind(store)}),
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
    transact: async (transaction, options) => transact(transaction, {newest, values}, options),
  };
}

function writesOf({then, otherwise = []}: Transaction): readonly Operation[] {
  return [...then, ...otherwise].filter(({op}) => op !== 'get');
}

/** Undefined where nothing is written that needs one. */
function entryOf(
  transaction: Transaction,
  keys: Keys,
  blank: Blank,
  {changes, containers}: {changes: ChangedObject; containers: readonly string[]},
  {values}: KnownBefore,
): AuditEntry | undefined {
  const writes = writesOf(transaction);
  if (writes.length === 0) return undefined;
  const isMarker = writes.every(({key}) => keys.parse(key)?.kind === 'applyMarker');
  if (isMarker && renewals.has(transaction)) return undefined;
  const named = writes.flatMap(({key}) => {
    const parsed = keys.parse(key);
    if (parsed?.kind === 'stopPermissions' && containers.length > 0)
      return containers.map((container) => `container/${container}`);
    return objectOf(parsed, changes, blank.detail) ?? [];
  });
  if (named.length === 0)
    throw new Error(
      `${blank.operation} changes what the route table does not name: ${writes[0]?.key}`,
    );
  const objects = named.slice(0, AUDIT_OBJECTS_SHOWN);
  const changed = auditedChanges(
    rewritesOf(writes, values, (key) => {
      const parsed = keys.parse(key);
      // One key has the permissions of all containers: what is in it is not what this entry is about.
      const isShared = parsed?.kind === 'stopPermissions';
      return isShared ? undefined : objectOf(parsed, changes, blank.detail);
    }),
  );
  const isUndoable = undoRows[blank.operation as ChangingOperation].why === undefined;
  const nameOf = (key: string): string => namedBy(keys.parse(key), blank.detail) ?? key;
  const steps = isUndoable ? undoSteps(transaction, values, nameOf) : [];
  return {
    ...{...blank, objects, objectCount: named.length},
    ...(changed.length === 0 ? {} : {changed}),
    ...(steps.length === 0 ? {} : {undo: steps}),
  };
}

/** Writes over what was read before. */
function rewritesOf(
  writes: readonly Operation[],
  values: ReadonlyMap<string, string>,
  nameOf: (key: string) => string | undefined,
): Rewrite[] {
  return writes.slice(0, REWRITES_LOOKED_AT).flatMap((write) => {
    const before = values.get(write.key);
    const object = nameOf(write.key);
    if (write.op !== 'put' || before === undefined || object === undefined) return [];
    return [{object, before, after: write.value}];
  });
}

/** What a transaction writes over, so that it can be undone. Of all that it writes, or none: half an undo would be worse. `values`: what was read before, by key. */
function undoSteps(
  {compares, then}: Pick<Transaction, 'compares' | 'then'>,
  values: ReadonlyMap<string, string>,
  nameOf: (key: string) => string,
): UndoStep[] {
  const absent = new Set(
    compares.filter(({target, op, value}) => target !== 'value' && op === '=' && value === 0),
  );
  const absentKeys = new Set([...absent].map(({key}) => key));
  const steps: UndoStep[] = [];
  let bytes = 0;
  for (const write of then) {
    if (write.op === 'get') continue;
    const before = absentKeys.has(write.key) ? null : values.get(write.key);
    if (before === undefined) return [];
    steps.push(stepOf(write, before, nameOf));
    bytes += before === null ? write.key.length : utf8Length(before) + write.key.length;
    if (bytes > UNDO_LIMIT_BYTES) return [];
  }
  return steps;
}

function stepOf(
  {key, op}: Operation,
  before: string | null,
  nameOf: (key: string) => string,
): UndoStep {
  return {key, object: nameOf(key), before, wasDeleted: op === 'delete'};
}

/**
 * The object that a key is about, as `shard/eu-1`; undefined for a key that is about no object of this kind: what is kept beside it, as the
 * shard of sm's own service that stands for an app.
 */
function objectOf(
  parsed: ParsedKey | undefined,
  changes: ChangedObject,
  detail: Readonly<Record<string, unknown>>,
): string | undefined {
  const object = namedBy(parsed, detail);
  if (changes === 'any') return object;
  return object?.startsWith(`${changes}/`) === true ? object : undefined;
}

function namedBy(
  parsed: ParsedKey | undefined,
  detail: Readonly<Record<string, unknown>>,
): `${ChangedObject}/${string}` | undefined {
  switch (parsed?.kind) {
    case 'appSpec':
      return `app/${parsed.app}`;
    case 'shardSpec':
      return `shard/${parsed.shard}`;
    case 'worker':
      return `worker/${parsed.workerGroup}/${parsed.container}`;
    case 'containerOrder':
    case 'containerOverride':
      return `container/${parsed.container}`;
    // Its key names the incarnation; people know the container.
    case 'heartbeat':
      return `container/${String(detail['container'] ?? parsed.incarnation)}`;
    case 'stopPermissions':
      return `container/${String(detail['containers'] ?? '')}`;
    case 'applyMarker':
      return `apply/${parsed.app}`;
    case 'cluster':
      return 'store/cluster';
    default:
      return undefined;
  }
}

/** The request's own fields, long ones cut, lists counted. */
function detailOf(request: object): Record<string, unknown> {
  const detail: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(request)) {
    if (LEFT_OUT.has(name) || value === undefined || value === '') continue;
    if (Array.isArray(value)) Object.assign(detail, listDetail(name, value));
    else if (typeof value === 'string') detail[name] = value.slice(0, DETAIL_MAX_CHARACTERS);
    else if (typeof value === 'number' || typeof value === 'boolean') detail[name] = value;
  }
  return detail;
}

/** Short lists of names in full, others counted. */
function listDetail(name: string, list: readonly unknown[]): Record<string, unknown> {
  const counted = {[`${name}Count`]: list.length};
  const isShort = list.length > 0 && list.length <= AUDIT_OBJECTS_SHOWN;
  if (!isShort || !list.every((one) => typeof one === 'string')) return counted;
  return {...counted, [name]: list.join(', ').slice(0, DETAIL_MAX_CHARACTERS)};
}
