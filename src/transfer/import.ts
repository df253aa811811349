/**
 * `sm store import`: writes an export below a prefix. While it writes, the cluster record says so and no daemon starts there; its epoch
 * is a step above all before, so that fencing tokens go on growing though revisions begin anew.
 */
import {chunksBySize, chunksOf} from '../model/chunks.ts';
import {counted} from '../model/counted.ts';
import type {RawEntry} from '../etcd/raw-keys.ts';
import {silenceMs} from '../model/container.ts';
import {SmError} from '../model/errors.ts';
import {TTL_MAX_MS, UNWATCHED_CLOCK_EXCESS} from '../model/limits.ts';
import {RECORD_VERSION} from '../model/ownership.ts';
import {nextEpoch} from '../model/token.ts';
import type {ClusterRecord} from '../model/status.ts';
import {decodeCluster, encodeRecord} from '../protocol/records.ts';
import type {Clock} from '../runtime/clock.ts';
import {isCluster, partsOf, refuseHalf, renamedForNewStore} from './contents.ts';
import type {Item} from './contents.ts';
import {refuseLiving} from './export.ts';
import type {ExportFile} from './file.ts';
import {withLocation} from './store-location.ts';
import type {StoreLocation, StoreLocationOptions} from './store-location.ts';
import {livingBelow} from './liveness-check.ts';
import {BYTES_PER_TRANSACTION, ITEMS_PER_TRANSACTION} from './limits.ts';

export interface ImportOptions {
  readonly file: ExportFile;
  readonly location: StoreLocation;
  readonly clock: Clock;
  /** Replace what lies below the prefix; take an export that was made while containers lived. */
  readonly force: boolean;
  readonly say: (text: string) => void;
}

export interface ImportResult {
  readonly prefix: string;
  readonly keys: number;
  readonly replacedKeys: number;
  /** By service: what its fencing tokens begin with from now on. */
  readonly epochs: Readonly<Record<string, number>>;
}

async function importPrefix(options: ImportOptions): Promise<ImportResult> {
  const {file, location, clock} = options;
  const prefix = location.prefix ?? file.header.prefix;
  const {clusterId} = await location.keys.status();
  const present = await presentEntries(options, prefix);
  await oldRightsEnd(
    options,
    present.some((entry) => saysRestored(entry, prefix)),
  );
  const clusters = clusterRecords(file, present, prefix, clock.wallMs());
  const marks = await markAll(location, prefix, clusters, present);
  const old = present.filter(({key}) => !marks.has(key.toString('utf8')));
  await removeAll(location, old);
  const items = renamedForNewStore(file.items).filter(({key}) => !isCluster(key));
  await putAll(location, prefix, items);
  await finish(location, clusterId, marks, clusters, prefix);
  return {
    prefix,
    keys: items.length + clusters.size,
    replacedKeys: present.length,
    epochs: Object.fromEntries([...clusters].map(([service, {epoch}]) => [service, epoch])),
  };
}

/**
 * Into the store at `where`; a file that is refused opens none, and makes no data directory. Cut short, it leaves a prefix in which no daemon
 * starts; run it again with `force`.
 * @throws SmError CONFLICT when something lies there, or the file holds half an import; CHECK_FAILED when somebody lives there or lived in the exported one;
 * STORE_UNAVAILABLE, STORE_AUTH, and what opening the store throws.
 */
export async function importFile(
  options: Omit<ImportOptions, 'location'>,
  where: StoreLocationOptions,
): Promise<ImportResult & {readonly storeName: string}> {
  refuseUnfit(options);
  return withLocation(where, async (location) => ({
    ...(await importPrefix({...options, location})),
    storeName: location.name,
  }));
}

function refuseUnfit({file, force}: Pick<ImportOptions, 'file' | 'force'>): void {
  refuseHalf(file.items, 'the export');
  refuseLiveExport(file, force);
}

function refuseLiveExport({header}: ExportFile, force: boolean): void {
  if (header.living.length === 0 || force) return;
  throw new SmError(
    'CHECK_FAILED',
    `the export was made with --live, while containers or daemons ran: ${header.living.length}`,
    {
      hint: 'stop them and export again; if the original store is gone for good: --force',
    },
  );
}

/**
 * Of an export that was made while containers lived, heartbeats stay behind: a daemon takes their absence for a leave, and gives away at once what
 * such a container may still act for, by a right from the store that is gone. How long its T is, nobody knows any more. The same holds below a prefix
 * that was restored or wiped: the import takes that mark away, as sm store accept-restore does.
 */
async function oldRightsEnd({file, clock, say}: ImportOptions, isRestored: boolean): Promise<void> {
  if (file.header.living.length === 0 && !isRestored) return;
  const ms = silenceMs(TTL_MAX_MS, UNWATCHED_CLOCK_EXCESS);
  say(
    `waiting ${Math.ceil(ms / 1000)} s: until then a container may still act by a right from the original store; if this is interrupted, run the command again`,
  );
  await clock.sleep(ms);
}

function saysRestored({key, value}: RawEntry, prefix: string): boolean {
  if (!isCluster(key.subarray(prefix.length + 1))) return false;
  const cluster = decodeCluster(value.toString('utf8'));
  return cluster.ok && cluster.value.restored !== undefined;
}

async function presentEntries(
  {location, clock, force, say}: ImportOptions,
  prefix: string,
): Promise<RawEntry[]> {
  const {entries} = await location.keys.list(`${prefix}/`);
  if (entries.length === 0) return entries;
  if (!force)
    throw new SmError(
      'CONFLICT',
      `${location.name} already has ${counted(entries.length, 'key')} below ${prefix}`,
      {
        hint: 'pass another --etcd-prefix, or --force to replace all of them',
      },
    );
  refuseLiving(await livingBelow({keys: location.keys, prefix, clock, say}), location.name);
  return (await location.keys.list(`${prefix}/`)).entries;
}

/** By service; each a step above what the export and the prefix hold. */
function clusterRecords(
  {items}: ExportFile,
  present: readonly RawEntry[],
  prefix: string,
  wallMs: number,
): Map<string, ClusterRecord> {
  const records = new Map<string, ClusterRecord>();
  const here = present.map(({key, value}) => ({key: key.subarray(prefix.length + 1), value}));
  for (const {key, value} of [...items, ...here]) {
    if (!isCluster(key)) continue;
    const service = partsOf(key)?.[0] ?? '';
    const found = decodeCluster(value.toString('utf8'));
    const epoch = nextEpoch(found.ok ? found.value.epoch : 0, wallMs);
    const known = records.get(service);
    const rest: Partial<ClusterRecord> = {...(known ?? (found.ok ? found.value : {}))};
    // Its revision is one of the store that it comes from.
    delete rest.accepted;
    records.set(service, {
      ...rest,
      v: RECORD_VERSION,
      epoch: Math.max(epoch, known?.epoch ?? 0),
      clusterId: '',
      maxRevision: 0,
      importing: true,
    });
  }
  return records;
}

/** First of all; returns the marks' keys. From then on no daemon starts here. */
async function markAll(
  location: StoreLocation,
  prefix: string,
  clusters: ReadonlyMap<string, ClusterRecord>,
  present: readonly RawEntry[],
): Promise<Map<string, string>> {
  const marks = new Map<string, string>();
  for (const [service, record] of clusters) {
    const key = `${prefix}/app/${service}/cluster`;
    const mod = present.find((entry) => entry.key.toString('utf8') === key)?.mod ?? 0;
    const put = {key: Buffer.from(key), value: Buffer.from(encodeRecord(record))};
    await must(location, {expected: [{key: put.key, mod}], puts: [put]});
    marks.set(key, service);
  }
  return marks;
}

async function removeAll(location: StoreLocation, old: readonly RawEntry[]): Promise<void> {
  for (const some of chunksOf(old, ITEMS_PER_TRANSACTION))
    await must(location, {expected: some, deletes: some.map(({key}) => key)});
}

async function putAll(
  location: StoreLocation,
  prefix: string,
  items: readonly Item[],
): Promise<void> {
  const chunks = chunksBySize(items, {
    most: ITEMS_PER_TRANSACTION,
    mostSize: BYTES_PER_TRANSACTION,
    sizeOf: ({key, value}) => key.length + value.length,
  });
  for (const chunk of chunks) {
    const puts = chunk.map(({key, value}) => ({
      key: Buffer.concat([Buffer.from(`${prefix}/`), key]),
      value,
    }));
    await must(location, {expected: puts.map(({key}) => ({key, mod: 0})), puts});
  }
}

/** Last of all: daemons may start. */
async function finish(
  location: StoreLocation,
  clusterId: string,
  marks: ReadonlyMap<string, string>,
  clusters: ReadonlyMap<string, ClusterRecord>,
  prefix: string,
): Promise<void> {
  const {entries} = await location.keys.list(`${prefix}/`);
  const {revision} = await location.keys.status();
  for (const entry of entries) {
    const service = marks.get(entry.key.toString('utf8'));
    const record = service === undefined ? undefined : clusters.get(service);
    if (record === undefined) continue;
    const {importing: _importing, ...rest} = record;
    const value = Buffer.from(encodeRecord({...rest, clusterId, maxRevision: revision}));
    await must(location, {expected: [entry], puts: [{key: entry.key, value}]});
  }
}

async function must(
  {keys, name}: StoreLocation,
  transaction: Parameters<StoreLocation['keys']['transact']>[0],
): Promise<void> {
  if (await keys.transact(transaction)) return;
  throw new SmError('CONFLICT', `another process is writing below the prefix in ${name}`, {
    hint: 'stop daemons, containers and other imports there, then import again with --force',
  });
}
