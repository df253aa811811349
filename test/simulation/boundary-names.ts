/** What a call to the store or a hint is about, as words that stay the same whatever revisions, ids and times it carries. */
import type {Operation, Transaction} from '../../src/store/port.ts';

type Written = Exclude<Operation, {op: 'get'}>;

/** The name of a node without its port. */
export function nameOfNode(address: string): string {
  return address.split(':')[0] ?? address;
}

/** Batches are sent as they are: one is asked for its name at each fault that it may meet. */
const NAMES = new WeakMap<Transaction, string>();

/** `claim s3`, `heartbeat ready`, `assign s1, assign s2`. */
export function nameOfTransaction(transaction: Transaction): string {
  let name = NAMES.get(transaction);
  if (name === undefined) {
    name = newName(transaction);
    NAMES.set(transaction, name);
  }
  return name;
}

function newName({then, otherwise = []}: Transaction): string {
  const written = then.filter((operation): operation is Written => operation.op !== 'get');
  if (written.length > 0 && written.every(isNeverWritten))
    return `ordered ${nameOfRead(otherwise.map(({key}) => key))}`;
  const words = new Set(written.map(nameOfWrite));
  if (words.has('delete leader'))
    return words.has('delete hb') ? 'loseLeadership leader' : 'resign';
  if (words.has('delete hb')) return words.has('delete id') ? 'deregister' : 'evict';
  if (words.size > 0) return [...words].join(', ');
  return `look ${then.length + otherwise.length}`;
}

/** What makes a write for etcd of a transaction that only reads. */
function isNeverWritten(operation: Written): boolean {
  return operation.op === 'put' && operation.value === '';
}

export function nameOfRead(keys: readonly string[]): string {
  return `read ${[...new Set(keys.map(nameOfKey))].join(' ')}`;
}

export function nameOfList(prefixes: readonly string[]): string {
  return `list ${prefixes.some((prefix) => prefix.endsWith('/own/')) ? 'app' : 'daemons'}`;
}

/** Keys whose last part is new each time. */
const NAMELESS: ReadonlySet<string> = new Set(['hb', 'id', 'moves', 'events', 'audit']);

/** The last words of a key, without what differs from run to run. */
function nameOfKey(key: string): string {
  const parts = key.split('/');
  const last = parts.at(-1) ?? '';
  const family = parts.at(-2) ?? '';
  if (NAMELESS.has(family)) return family;
  return last;
}

function nameOfWrite(operation: Written): string {
  const {key} = operation;
  const name = nameOfKey(key);
  if (operation.op === 'delete') return `delete ${name}`;
  if (key.includes('/own/')) return `${ownershipStep(operation.value)} ${name}`;
  if (name === 'id') return 'take id';
  if (name === 'hb') return `heartbeat ${fieldsOf(operation.value).state ?? ''}`;
  return name;
}

interface Fields {
  readonly state?: string;
  readonly token?: string;
  readonly ready?: boolean;
}

function fieldsOf(value: string): Fields {
  return value.startsWith('{') ? (JSON.parse(value) as Fields) : {};
}

function ownershipStep(value: string): string {
  const {state, token, ready} = fieldsOf(value);
  if (state === 'assigned') return 'assign';
  if (state === 'dropping') return 'drop';
  if (state === 'free') return 'free';
  if (token === '') return 'claim';
  return ready === true ? 'ready' : 'reclaim';
}
