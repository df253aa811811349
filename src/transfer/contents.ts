/**
 * What of a prefix is worth moving to another store, and in what form. Run-time keys that speak of living processes stay behind; own
 * records go along with their tokens. Keys are taken relative to the prefix, as app/orders/spec. Pure.
 */
import {SmError} from '../model/errors.ts';
import {formatToken} from '../model/token.ts';
import {decodeCluster, decodeOwnership, encodeRecord} from '../protocol/records.ts';
import {auditId} from '../model/audit.ts';

export interface Item {
  /** Below the prefix, without a leading slash. */
  readonly key: Buffer;
  readonly value: Buffer;
}

export interface SourceItem extends Item {
  readonly mod: number;
}

/** Written by or about processes that live; leases and what hangs on them belong to one store. A governor writes `status` anew. */
const BOUND_TO_PROCESSES: ReadonlySet<string> = new Set([
  'hb',
  'id',
  'leader',
  'status',
  'containerhb',
  'lease',
  's',
]);

/** The app and the family of a run-time key, as [orders, own, ...]; undefined for other keys. */
export function partsOf(key: Buffer): string[] | undefined {
  const [root, ...parts] = key.toString('utf8').split('/');
  return root === 'app' && parts.length >= 2 ? parts : undefined;
}

export function isHeartbeat(key: Buffer): boolean {
  const parts = partsOf(key);
  return parts?.length === 3 && parts[1] === 'hb';
}

/** Registration of a push container: attached to its lease, so it is there only while the container lives. */
export function isPushSession(key: Buffer): boolean {
  return partsOf(key)?.[1] === 'containerhb';
}

export function isCluster(key: Buffer): boolean {
  const parts = partsOf(key);
  return parts?.length === 2 && parts[1] === 'cluster';
}

/** Half of a store must not travel on as a whole one. @throws SmError CONFLICT where the items are of an import that has not ended. */
export function refuseHalf(items: readonly Item[], where: string): void {
  const isHalf = items.some(({key, value}) => {
    if (!isCluster(key)) return false;
    const cluster = decodeCluster(value.toString('utf8'));
    return cluster.ok && cluster.value['importing'] === true;
  });
  if (!isHalf) return;
  throw new SmError('CONFLICT', `${where} holds only a part of what was imported into it`, {
    hint: 'wait until that sm store import ends; if it was interrupted, run it again with --force, then export',
  });
}

function staysBehind(key: Buffer): boolean {
  const parts = partsOf(key);
  return parts !== undefined && BOUND_TO_PROCESSES.has(parts[1] ?? '');
}

/** What is written to the file. */
export function contentsOf(items: readonly SourceItem[]): Item[] {
  const epochs = epochsOf(items);
  return items
    .filter(({key}) => !staysBehind(key))
    .map((item) => ({key: item.key, value: withToken(item, epochs)}));
}

/** Epoch by service, and by app for what the service governs. */
function epochsOf(items: readonly SourceItem[]): Map<string, number> {
  const epochs = new Map<string, number>();
  for (const {key, value} of items) {
    if (!isCluster(key)) continue;
    const cluster = decodeCluster(value.toString('utf8'));
    if (cluster.ok) epochs.set(partsOf(key)?.[0] ?? '', cluster.value.epoch);
  }
  for (const {key, value} of items) {
    const parts = partsOf(key);
    const epoch = epochs.get(value.toString('utf8'));
    if (parts?.length === 2 && parts[1] === 'governedBy' && epoch !== undefined)
      epochs.set(parts[0] ?? '', epoch);
  }
  return epochs;
}

/** Right after a claim the record's revision stands for its token; revisions do not move along, so it is written out. */
function withToken({key, value, mod}: SourceItem, epochs: ReadonlyMap<string, number>): Buffer {
  const parts = partsOf(key);
  if (parts?.length !== 3 || parts[1] !== 'own') return value;
  const record = decodeOwnership(value.toString('utf8'));
  if (!record.ok || record.value.token !== '') return value;
  if (record.value.state !== 'owned' && record.value.state !== 'dropping') return value;
  const token = formatToken({epoch: epochs.get(parts[0] ?? '') ?? 1, revision: mod});
  return Buffer.from(encodeRecord({...record.value, token}));
}

/**
 * Entries of the audit are named by revision, and a new store counts from the beginning: as of revision 0, in their order, they
 * stay older than whatever comes.
 */
export function renamedForNewStore(items: readonly Item[]): Item[] {
  const counts = new Map<string, number>();
  return items.map((item) => {
    const parts = partsOf(item.key);
    if (parts?.length !== 3 || parts[1] !== 'audit') return item;
    const [service = ''] = parts;
    const count = counts.get(service) ?? 0;
    counts.set(service, count + 1);
    return {...item, key: Buffer.from(`app/${service}/audit/${auditId(0, count)}`)};
  });
}
