/** Reads the records and specs that the session asks for, and the cluster record with them: nothing is claimed without having looked at it. */
import type {ShardAction} from '../ownership/shard-actions.ts';
import type {ContainerSession} from '../ownership/session.ts';
import {versionedRecord} from '../store/ownership-transactions.ts';
import type {KeyValue} from '../store/port.ts';
import {takeCluster} from './cluster-look.ts';
import type {SessionDriverOptions} from './session-driver-options.ts';
import type {StoreFaults} from './store-faults.ts';
import {orderedReadTransaction, readableSpec} from './transactions.ts';
import {READS_PER_CALL} from './limits.ts';

export type RecordRead = Extract<ShardAction, {type: 'read'}>;

export interface RecordReadsOptions extends Pick<
  SessionDriverOptions,
  'app' | 'keys' | 'store' | 'clock'
> {
  readonly session: ContainerSession;
  readonly faults: Pick<StoreFaults, 'of' | 'note'>;
}

interface Reply {
  readonly revision: number;
  readonly entries: readonly (KeyValue | undefined)[];
}

/** Reads that wait for a call. */
export class WaitingReads {
  private readonly plain: RecordRead[] = [];
  private readonly ordered: RecordRead[] = [];

  push(read: RecordRead): void {
    (read.ordered ? this.ordered : this.plain).push(read);
  }

  /** Those of the next call; empty when none wait. Ordered ones go apart, since each of their calls is a proposal in etcd's log, and first, since a claim waits for them. */
  take(): RecordRead[] {
    const from = this.ordered.length > 0 ? this.ordered : this.plain;
    return from.splice(0, READS_PER_CALL);
  }
}

/** One call for the whole batch; the session gets each answer, or that there was none. */
export async function readRecords(
  options: RecordReadsOptions,
  batch: readonly RecordRead[],
): Promise<void> {
  const {keys, app, clock, session} = options;
  const paths = batch.flatMap(({shard}) => [
    keys.ownership(app, shard),
    keys.shardSpec(app, shard),
  ]);
  const reply = await read(options, [...paths, keys.cluster()], batch[0]?.ordered === true);
  if (reply !== undefined) takeCluster(session, reply.entries[paths.length], clock.ownerMs());
  const nowMs = clock.ownerMs();
  for (const [index, {shard, op}] of batch.entries()) {
    const reading = reply && {
      revision: reply.revision,
      own: versionedRecord(reply.entries[2 * index]),
      spec: readableSpec(shard, reply.entries[2 * index + 1]),
    };
    session.readAnswered(shard, op, reading, nowMs);
  }
}

async function read(
  {store, keys, app, session, faults}: RecordReadsOptions,
  paths: readonly string[],
  ordered: boolean,
): Promise<Reply | undefined> {
  if (!ordered) return store.getMany(paths).catch((error: unknown) => void faults.note(error));
  const heartbeat = keys.heartbeat(app, session.incarnation);
  const outcome = await faults.of(store.transact(orderedReadTransaction(heartbeat, paths)));
  if (outcome.kind !== 'refused') return undefined;
  return {revision: outcome.revision, entries: outcome.answers};
}

/** Says to the session which records name it, whatever it knows of them. Only for apps with few shards: all records are listed. */
export async function findRecords(
  {keys, app, store, onRecords}: Pick<SessionDriverOptions, 'keys' | 'app' | 'store' | 'onRecords'>,
  session: ContainerSession,
): Promise<void> {
  const {incarnation} = session;
  const prefix = keys.ownershipPrefix(app);
  const listed = await store.list([prefix]).catch(() => undefined);
  if (listed === undefined) return;
  const shards: string[] = [];
  for (const entry of listed.entries) {
    const parsed = keys.parse(entry.key);
    if (parsed?.kind !== 'ownership') continue;
    shards.push(parsed.shard);
    const own = versionedRecord(entry);
    if (own?.value.incarnation === incarnation) session.hint(incarnation, parsed.shard, own.mod);
  }
  onRecords?.(shards, listed.revision);
}
